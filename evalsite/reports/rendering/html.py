"""The report as one file that opens anywhere: style and figures inside, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language

from evalsite.reports import figures
from evalsite.reports.page import context

STYLES = ("css/base.css", "css/reports.css")


def render(report: dict[str, Any]) -> str:
    """A whole HTML document in the active language."""
    style = "\n".join((settings.BASE_DIR / "static" / name).read_text(encoding="utf-8") for name in STYLES)
    found = context(report)
    for chart in found["charts"]:
        chart.source, chart.dark_source = map(_inline, figures.draw_both(chart.name, report))
    return render_to_string("reports/single.html", {**found, "style": style, "language": get_language()})


def _inline(svg: bytes) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
