"""Small words for the report's templates: numbers and names as the active language writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from evalsite.reports import presentation
from evalsite.reports.presentation import Column, Sheet

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
def body(sheet: Sheet) -> SafeString:
    """The rows of a table. Not a template, which takes a second for the ten thousand cells of a thousand raters."""
    return mark_safe("\n".join(_row(sheet.columns, cells) for cells in sheet.written))  # noqa: S308 - cells are escaped


def _row(columns: Sequence[Column], cells: Sequence[str]) -> str:
    first, *others = zip(columns, cells, strict=True)
    told = "".join(f"<td{_class(column)}>{_spanned(cell, column)}</td>" for column, cell in others)
    return f'<tr><th scope="row">{escape(first[1])}</th>{told}</tr>'


def _class(column: Column) -> str:
    if column.numeric:
        return ' class="number"'
    return ' class="short-text"' if column.key == "wilson95" else ""


def _spanned(cell: str, column: Column) -> str:
    """The cell as HTML: its interval in quieter letters, and never torn from its brackets."""
    value, bracket, rest = cell.partition(" [")
    if not column.interval or not bracket:
        return escape(cell)
    return f'{escape(value)} <span class="span">[{escape(rest)}</span>'


@register.filter
def named(group: list[str], report: dict[str, Any]) -> str:
    """Display names of systems."""
    names = {row["system"]: row["name"] for row in report["systems"]}
    return gettext(", ").join(names.get(slug, slug) for slug in group)
