"""Figures of a report: each a picture in SVG, PDF or PNG, a sentence that says the same, and its numbers as CSV.

Drawn by Matplotlib from the report's data alone, so a figure can never show other numbers than the tables.
"""

from __future__ import annotations

from typing import Any

from evalsite.reports.figures import conduct, measures
from evalsite.reports.figures.style import NARROW, Chart, canvas, darkened, write
from evalsite.reports.rendering.csv import lines

CHARTS: dict[str, Chart] = {chart.name: chart for chart in (*measures.CHARTS, *conduct.CHARTS)}
FORMATS = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}


def available(report: dict[str, Any]) -> list[Chart]:
    """The charts this report has data for; of a running campaign only those that tell nothing of the systems."""
    open_ = [chart for chart in CHARTS.values() if chart.blind or not report.get("blinded")]
    return [chart for chart in open_ if chart.has(report)]


def draw(name: str, report: dict[str, Any], *, form: str = "svg", theme: str = "light", narrow: bool = False) -> bytes:
    """One figure as a file; `narrow` ones are for phones. Raises LookupError where this report has no such figure."""
    chart = next((chart for chart in available(report) if chart.name == name), None)
    if chart is None or form not in FORMATS:
        raise LookupError(f"There is no figure {name}.{form} of this report.")
    if form == "csv":
        return ("\ufeff" + lines(*chart.table(report))).encode()  # the mark tells Excel that it is UTF-8
    width, height = chart.size(report)
    with canvas((NARROW if narrow else width, height), theme) as (figure, ink):
        chart.draw(figure, report, ink)
        return write(figure, form)


def draw_both(name: str, report: dict[str, Any]) -> tuple[bytes, bytes]:
    """One figure as SVG, light and dark. Without pixels in it, it is drawn once and dyed: drawing takes far longer."""
    light = draw(name, report)
    return light, draw(name, report, theme="dark") if b"<image" in light else darkened(light)
