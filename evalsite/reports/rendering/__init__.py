"""One report in many forms: each a pure function from the report's data to text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evalsite.reports.rendering import csv, json, latex, text


def _html(report: dict[str, Any]) -> str:
    """Loaded on use: the figures' library takes as long to load as all other forms to write."""
    from evalsite.reports.rendering import html

    return html.render(report)


FORMATS: dict[str, Callable[[dict[str, Any]], str]] = {
    "text": text.render,
    "json": json.render,
    "html": _html,
    "latex": latex.render,
    "csv": csv.render,
}


def ready(form: str) -> None:
    """Loads what the form needs, so that it may be done while something else is waited for."""
    if form == "html":
        from evalsite.reports.rendering import html  # noqa: F401
