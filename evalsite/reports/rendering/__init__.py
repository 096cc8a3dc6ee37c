"""One report in many forms: each a pure function from the report's data to text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evalsite.reports.rendering import csv, html, json, latex, text

FORMATS: dict[str, Callable[[dict[str, Any]], str]] = {
    "text": text.render,
    "json": json.render,
    "html": html.render,
    "latex": latex.render,
    "csv": csv.render,
}
