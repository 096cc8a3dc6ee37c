"""The report as one file that opens anywhere: style and figures inside, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.template import Context, Engine
from django.utils.translation import get_language

from evalsite.reports import aside, figures
from evalsite.reports.page import context

STYLES = ("css/base.css", "css/reports.css")


def render(report: dict[str, Any]) -> str:
    """A whole HTML document in the active language."""
    style = "\n".join((settings.BASE_DIR / "static" / name).read_text(encoding="utf-8") for name in STYLES)
    found = context(report)
    names = [chart.name for chart in found["charts"]]
    half = len(names) // 2
    others = aside.start(lambda: _drawn(names[:half], report))
    drawn = _drawn(names[half:], report) | others()
    for chart in found["charts"]:
        chart.source, chart.dark_source = drawn[chart.name]
    page = _engine().get_template("reports/single.html")
    return page.render(Context({**found, "style": style, "language": get_language()}))


@cache
def _engine() -> Engine:
    """Knows the two libraries of tags that the page uses; the site's own would first load those of every app."""
    libraries = {"i18n": "django.templatetags.i18n", "reports": "evalsite.reports.templatetags.reports"}
    return Engine(dirs=[str(settings.BASE_DIR / "templates")], libraries=libraries)


def _drawn(names: Sequence[str], report: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Figures by name, light and dark, as addresses that hold them."""
    return {name: _inline(figures.draw_both(name, report)) for name in names}


def _inline(svgs: tuple[bytes, bytes]) -> tuple[str, str]:
    light, dark = (f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}" for svg in svgs)
    return light, dark
