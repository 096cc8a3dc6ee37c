"""The report for programs; docs name its keys. Numbers are JSON numbers, null where undefined."""

from __future__ import annotations

import json
from typing import Any


def render(report: dict[str, Any]) -> str:
    """Indented JSON in UTF-8, the same text for the same report."""
    return json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
