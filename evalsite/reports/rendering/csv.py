"""The systems' numbers as CSV, exact: one row a system, intervals as two columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Letters with which spreadsheets begin a formula (OWASP, CSV injection)."""


def safe(value: Any) -> Any:
    """Text that a spreadsheet would run gets an apostrophe in front; numbers stay numbers, nothing is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return int(value)
    return safe_text(value) if isinstance(value, str) else value


@lru_cache(maxsize=8192)
def safe_text(text: str) -> str:
    """`safe` of a text; most cells of an export repeat, so answers are kept."""
    return f"'{text}" if text.lstrip(" ").startswith(DANGEROUS) else text


def lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Header and rows, formula-safe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([safe(value) for value in row] for row in rows)
    return buffer.getvalue()


def render(report: dict[str, Any]) -> str:
    """One row a system, and in preference one for none of them; of a blinded report, one row a rater."""
    if report.get("blinded"):
        rows = report["raters"]
    else:
        none = report.get("none")
        rows = [*report["systems"], *([{"system": "none", **none}] if none else [])]
    flat = [_flat({"campaign": report["campaign"], **row}) for row in rows]
    header = list(dict.fromkeys(key for row in flat for key in row))
    return lines(header, [[row.get(key) for key in header] for row in flat])


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if key.endswith(("ci95", "wilson95", "rank_range")):
            low, high = value or (None, None)
            flat |= {f"{key}_low": low, f"{key}_high": high}
        elif isinstance(value, list):
            flat[key] = " ".join(map(str, value))
        elif not isinstance(value, dict):
            flat[key] = value
    return flat
