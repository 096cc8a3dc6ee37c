"""What the report's templates need: the page on the site and the one-file report show the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from evalsite.reports import figures, presentation
from evalsite.reports.definitions import DEFINITIONS
from evalsite.reports.figures.style import Chart
from evalsite.reports.presentation import Sheet
from evalsite.reports.rendering.text import findings

AFTER = {
    "systems": ("intervals", "shares", "d_prime"),
    "comparisons": ("map",),
    "agreement": ("agreement",),
    "automatic": (),
    "everybody": (),
    "correlations": (),
    "published": (),
    "raters": (),
}
"""Which figures stand beside which table; the others come under how the study went."""


@dataclass
class Shown:
    """A figure on a page: its addresses are filled in by whoever serves it."""

    name: str
    title: str | Promise
    caption: str | Promise
    says: str
    source: str = ""
    dark_source: str = ""
    narrow_source: str = ""
    narrow_dark_source: str = ""
    files: list[tuple[str, str]] = field(default_factory=list)


def context(report: dict[str, Any]) -> dict[str, Any]:
    """Everything but addresses."""
    charts = [
        Shown(chart.name, chart.title, _caption(chart, report), chart.describe(report))
        for chart in figures.available(report)
    ]
    if report.get("blinded"):
        raters = presentation.raters(report)
        return {"report": report, "charts": charts, "raters": raters, "definitions": used([raters])}
    sheets = {sheet.name: sheet for sheet in presentation.sheets(report)}
    sentences = findings(report)
    placed = [(sheet, [chart for chart in charts if chart.name in AFTER[name]]) for name, sheet in sheets.items()]
    beside = {name for names in AFTER.values() for name in names}
    return {
        "report": report,
        "finding": sentences[0] if sentences else "",
        "remarks": sentences[1:],
        "sheets": [part for part in placed if part[0].name != "raters"],
        "raters": sheets.get("raters"),
        "charts": charts,
        "conduct": [chart for chart in charts if chart.name not in beside],
        "definitions": used(list(sheets.values())),
    }


def _caption(chart: Chart, report: dict[str, Any]) -> str:
    return " ".join(filter(None, (str(chart.caption), chart.note(report))))


def used(sheets: list[Sheet]) -> list[tuple[str, Any]]:
    """Definitions of the numbers on the page, in the order they were written."""
    keys = {column.key for sheet in sheets for column in sheet.columns}
    keys |= {column.interval for sheet in sheets for column in sheet.columns if column.interval}
    if any(sheet.name == "agreement" for sheet in sheets):
        keys |= {"krippendorff_alpha", "gwet_ac1", "fleiss_kappa", "pairwise"}
    return [(key, entry) for key, entry in DEFINITIONS.items() if key in keys]
