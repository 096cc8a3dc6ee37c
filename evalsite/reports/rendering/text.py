"""The report for a terminal."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.utils.translation import get_language, gettext

from evalsite.reports import presentation
from evalsite.reports.presentation import Sheet, count, heading, percent

WIDTH = 100
MOST_RATERS = 40


def render(report: dict[str, Any]) -> str:
    """Findings first, then every table."""
    lines = list(_head(report))
    if report.get("blinded"):
        lines += _progress(report)
    else:
        for sentence in findings(report):
            lines += textwrap.wrap(sentence, WIDTH, initial_indent="* ", subsequent_indent="  ")
        for sheet in presentation.sheets(report):
            lines += ["", *table(sheet)]
    return "\n".join(lines) + "\n"


def findings(report: dict[str, Any]) -> list[str]:
    """The sentences in the active language, in English where there are none in it."""
    found: dict[str, list[str]] = report["findings"]
    return found.get((get_language() or "en").lower()) or found["en"]


def _head(report: dict[str, Any]) -> Iterator[str]:
    counts = report["counts"]
    title = report["title"] or report["campaign"]
    yield f"{title} ({report['campaign']}, {report['protocol']}, {report['state']})"
    yield "=" * width(f"{title} ({report['campaign']}, {report['protocol']}, {report['state']})")
    yield gettext(
        "%(raters)s raters, %(items)s items answered, %(judgments)s judgments, %(samples)s samples judged"
    ) % {
        "raters": count(counts["raters"]),
        "items": count(counts["items_answered"]),
        "judgments": count(counts["judgments"]),
        "samples": count(counts["samples_judged"]),
    }
    yield f"manifest {report['manifest'] or '-'}   software {report['software']}   seed {report['seed']}"
    yield ""


def _progress(report: dict[str, Any]) -> Iterator[str]:
    """What may be told while the campaign runs."""
    yield gettext("The campaign is not closed: progress and precision are shown, not which system leads.")
    widths = report["half_widths"]
    if widths:
        yield gettext("Half-widths of the systems' 95%% intervals: %(narrowest)s to %(widest)s.") % {
            "narrowest": percent(widths["narrowest"]),
            "widest": percent(widths["widest"]),
        }
    yield ""
    yield from table(presentation.raters(report))


def table(sheet: Sheet) -> Iterator[str]:
    """A title, headings, rows aligned by how wide they show: Chinese letters take two places."""
    yield str(sheet.title)
    rows = sheet.written if sheet.name != "raters" else sheet.written[:MOST_RATERS]
    cells = [[heading(column) for column in sheet.columns], *rows]
    widths = [max(width(row[k]) for row in cells) for k in range(len(sheet.columns))]
    yield "-" * (sum(widths) + 2 * (len(widths) - 1))
    for row in cells:
        padded = [
            _pad(cell, size, right=column.numeric)
            for cell, size, column in zip(row, widths, sheet.columns, strict=True)
        ]
        yield "  ".join(padded).rstrip()
    if len(rows) < len(sheet.rows):
        yield gettext("... and %(count)d more") % {"count": len(sheet.rows) - len(rows)}
    if sheet.note:
        yield str(sheet.note)


def width(text: str) -> int:
    """Columns a terminal gives the text."""
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text
    )


def _pad(text: str, size: int, *, right: bool) -> str:
    blanks = " " * (size - width(text))
    return blanks + text if right else text + blanks
