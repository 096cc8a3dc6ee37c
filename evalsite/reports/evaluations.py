"""Metrics out of the JSON of an evaluation, under the names the report uses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

RANKING = {"R@1": "recall@1", "R@5": "recall@5", "R@10": "recall@10", "MR": "mean_rank", "MRR": "mrr"}


def metrics(result: Mapping[str, Any]) -> dict[str, float]:
    """Fluency and ranking metrics. BLEU-4, Diversity and the non-null rate are computed here from what people saw, so
    those of the file, which are of other outputs, are left where they are.
    """
    found: dict[str, float] = {}
    automatic = result.get("automatic") or {}
    for part in (automatic.get("sampled"), automatic.get("best"), automatic, result):
        if isinstance(part, Mapping) and "fluency" not in found and (value := _number(part.get("fluency"))) is not None:
            found["fluency"] = value
    ranking = (result.get("ranking") or {}).get("metrics") or {}
    for theirs, ours in RANKING.items():
        entry = ranking.get(theirs)
        value = _number(entry.get("estimate") if isinstance(entry, Mapping) else entry)
        if value is not None:
            found[ours] = value
    return found


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if usable else None
