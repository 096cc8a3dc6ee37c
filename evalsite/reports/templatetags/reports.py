"""Small words for the report's templates: numbers and names as the active language writes them."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext

from evalsite.reports import presentation
from evalsite.reports.presentation import Column

register = template.Library()


@register.filter
def heading(column: Column) -> str:
    """The heading of a column."""
    return presentation.heading(column)


@register.filter
def thousands(value: float | None) -> str:
    """1,028,587"""
    return presentation.count(value)


@register.filter
def percent(value: float | None) -> str:
    """62.7%"""
    return presentation.percent(value)


@register.filter
def spanned(cell: str, column: Column) -> str:
    """The interval in quieter letters, and never torn from its brackets."""
    value, bracket, rest = cell.partition(" [")
    if not column.interval or not bracket:
        return cell
    return format_html('{} <span class="span">[{}</span>', value, rest)


@register.filter
def named(group: list[str], report: dict[str, Any]) -> str:
    """Display names of systems."""
    names = {row["system"]: row["name"] for row in report["systems"]}
    return gettext(", ").join(names.get(slug, slug) for slug in group)
