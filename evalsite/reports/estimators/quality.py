"""Raters one by one: how they worked, and which frozen rule excludes them. Exclusion is a mask, never a deletion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evalsite.reports.estimators.codes import encode
from evalsite.reports.estimators.results import Floats, Ints


@dataclass(frozen=True, slots=True)
class RaterQuality:
    """How one rater worked. `pick_rate` is the share of cards marked fake, or of items answered "none"."""

    items: int
    median_seconds: float | None = None
    pick_rate: float | None = None
    checks: int = 0
    checks_failed: int = 0
    longest_run: int | None = None
    majority_agreement: float | None = None

    @property
    def checks_failed_share(self) -> float | None:
        """Failed checks of all checks seen."""
        return self.checks_failed / self.checks if self.checks else None


@dataclass(frozen=True, slots=True)
class Rule:
    """An exclusion rule: `name` (a key of `RULES`) with its threshold, e.g. Rule("median_seconds_below", 2.0)."""

    name: str
    threshold: float


RULES: Mapping[str, tuple[str, int]] = {
    "checks_failed_above": ("checks_failed", 1),
    "checks_failed_share_above": ("checks_failed_share", 1),
    "median_seconds_below": ("median_seconds", -1),
    "median_seconds_above": ("median_seconds", 1),
    "items_below": ("items", -1),
    "pick_rate_above": ("pick_rate", 1),
    "pick_rate_below": ("pick_rate", -1),
    "longest_run_above": ("longest_run", 1),
    "majority_agreement_below": ("majority_agreement", -1),
}
"""Name of a rule -> (field of RaterQuality, +1: excluded above the threshold, -1: below)."""


def broken_rules(rater: RaterQuality, rules: Sequence[Rule]) -> list[str]:
    """Names of the rules that exclude a rater, in the order of the rules; what is not known excludes nobody."""
    broken = []
    for rule in rules:
        if rule.name not in RULES:
            raise ValueError(f"Unknown exclusion rule {rule.name!r}; there are: {', '.join(sorted(RULES))}.")
        field, sign = RULES[rule.name]
        value = getattr(rater, field)
        if value is not None and sign * (value - rule.threshold) > 0:
            broken.append(rule.name)
    return broken


def excluded_by(raters: Mapping[int | str, RaterQuality], rules: Sequence[Rule]) -> dict[int | str, list[str]]:
    """The raters whom rules exclude, each with the names of the rules."""
    found = {name: broken_rules(rater, rules) for name, rater in raters.items()}
    return {name: broken for name, broken in found.items() if broken}


def kept(rater: npt.ArrayLike, excluded: Mapping[int | str, list[str]]) -> npt.NDArray[np.bool_]:
    """Mask (N,) of the judgments by raters who are not excluded."""
    codes, names = encode(rater)
    stays = np.array([name not in excluded for name in names.tolist()], dtype=bool)
    return stays[codes] if len(codes) else np.zeros(0, dtype=bool)


def group_quantiles(group: npt.ArrayLike, value: npt.ArrayLike, share: float = 0.5) -> dict[int | str, float]:
    """The `share` quantile (linear interpolation, as numpy's default) of `value` (N,) in each group, by one sort."""
    codes, names = encode(group)
    values = np.asarray(value, dtype=np.float64)
    known = np.isfinite(values)
    codes, values = codes[known], values[known]
    ordered = values[np.lexsort((values, codes))]
    count = np.bincount(codes, minlength=len(names))
    start = np.cumsum(count) - count
    here = np.flatnonzero(count)
    place = start[here] + share * (count[here] - 1)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, start[here] + count[here] - 1)
    found = ordered[low] + (place - low) * (ordered[high] - ordered[low])
    return dict(zip(names[here].tolist(), found.tolist(), strict=True))


def group_rates(group: npt.ArrayLike, picked: npt.ArrayLike) -> dict[int | str, float]:
    """The mean of `picked` (N,) in each group."""
    codes, names = encode(group)
    total = np.bincount(codes, weights=np.asarray(picked, dtype=np.float64), minlength=len(names))
    return dict(zip(names.tolist(), (total / np.bincount(codes, minlength=len(names))).tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Times:
    """Response times in seconds of `items` answers: quantiles, and the mean change from one item to the next."""

    items: int
    quantiles: dict[str, float]
    slope: float | None


def response_times(seconds: npt.ArrayLike, position: npt.ArrayLike | None = None) -> Times:
    """The 5, 25, 50, 75 and 95 % quantiles of `seconds` (N,), unknown ones (NaN) left out.

    `slope` is Theil and Sen's median slope of log seconds over `position` (N,), on at most 2,000 evenly taken
    answers: -0.01 says that each next item takes about 1 % less time.
    """
    values = np.asarray(seconds, dtype=np.float64)
    known = np.isfinite(values)
    if not known.any():
        return Times(0, {}, None)
    shares = (0.05, 0.25, 0.5, 0.75, 0.95)
    quantiles = {
        f"p{round(100 * q)}": float(v) for q, v in zip(shares, np.quantile(values[known], shares), strict=True)
    }
    slope = None if position is None else _slope(np.asarray(position, dtype=np.int64)[known], values[known])
    return Times(int(known.sum()), quantiles, slope)


def _slope(position: Ints, seconds: Floats) -> float | None:
    rows = np.linspace(0, len(seconds) - 1, min(len(seconds), 2000)).round().astype(np.int64)
    x, y = position[rows].astype(np.float64), np.log(np.maximum(seconds[rows], 1e-3))
    x, y = x[order := np.argsort(x, kind="stable")], y[order]
    later = np.searchsorted(x, x, side="right")  # the first answer at a later position
    if later[0] == len(x):
        return None
    return float(np.median(np.concatenate([(y[k:] - y[i]) / (x[k:] - x[i]) for i, k in enumerate(later.tolist())])))
