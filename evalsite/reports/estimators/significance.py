"""Do two systems differ, and which cannot be told apart? Paired two-way tests, Holm, ranks and groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from evalsite.reports.estimators.clusters import Ratios
from evalsite.reports.estimators.intervals import TINY, degrees, wilson
from evalsite.reports.estimators.results import LEVEL, NOTHING, Estimate, too_few
from evalsite.reports.estimators.tails import beyond_student, student

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """Column `a` against column `b`: `difference` = a - b with interval, raw and Holm-corrected p-value."""

    a: int
    b: int
    difference: float | None
    low: float | None = None
    high: float | None = None
    se: float | None = None
    df: int | None = None
    p: float | None = None
    p_holm: float | None = None
    method: str = ""
    reason: str | None = None

    @property
    def interval(self) -> list[float] | None:
        """[low, high] or None."""
        return None if self.low is None or self.high is None else [self.low, self.high]

    def differs(self, alpha: float = ALPHA) -> bool:
        """Whether the pair differs at `alpha` after the correction."""
        return self.p_holm is not None and self.p_holm <= alpha


def difference(table: Ratios, a: int, b: int, level: float = LEVEL) -> Comparison:
    """The paired difference ratio[a] - ratio[b] of proportions: two-way interval and t-test.

    In each (rater, sample) cell the residuals of the two are subtracted before they are squared, so what a
    rater or a sample does to both cancels. p = 2 P(T > |d| / se), T Student with min(raters, samples) - 1
    degrees of freedom. Where no cluster varies (both are 0 or 1 everywhere), the interval is Newcombe's
    (1998, method 10) of two Wilson intervals with n = raters, and p is the exact sign test over raters, 2^(1 - raters).
    """
    if table.trials[a] <= 0 or table.trials[b] <= 0:
        return Comparison(a, b, None, reason=NOTHING)
    d = float(table.ratio[a] - table.ratio[b])
    raters, samples = table.clusters(a, b)
    reason = too_few(raters, samples)
    if reason:
        return Comparison(a, b, d, reason=reason)
    variance, df = table.variance({a: 1.0, b: -1.0}), degrees(raters, samples)
    if variance <= TINY:
        low, high = newcombe(float(table.ratio[a]), float(table.ratio[b]), raters, level)
        p = 1.0 if abs(d) < 1e-12 else 2.0 ** (1 - raters)
        return Comparison(a, b, d, low, high, 0.0, df, p, None, "sign-raters")
    se = math.sqrt(variance)
    half = student(level, df) * se
    p = float(beyond_student(d / se, df))
    return Comparison(a, b, d, max(-1.0, d - half), min(1.0, d + half), se, df, p, None, "two-way")


def newcombe(p: float, q: float, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Newcombe's hybrid score interval (1998, method 10) for p - q, both of `n`."""
    low_p, high_p = wilson(p * n, n, level) or (0.0, 1.0)
    low_q, high_q = wilson(q * n, n, level) or (0.0, 1.0)
    return p - q - math.hypot(p - low_p, high_q - q), p - q + math.hypot(high_p - p, q - low_q)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's (1979) step-down correction: max over j <= i of min(1, (m - j) p_(j)), j from 0; None stays None."""
    known = [i for i, p in enumerate(p_values) if p is not None]
    p = np.array([p_values[i] for i in known], dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order]), 1.0)
    corrected: list[float | None] = [None] * len(p_values)
    for i, value in zip(known, adjusted, strict=True):
        corrected[i] = float(value)
    return corrected


def compare(table: Ratios, columns: Sequence[int] | None = None, level: float = LEVEL) -> list[Comparison]:
    """All pairs of `columns` (default: every column), Holm-corrected over these pairs."""
    chosen = range(len(table.ratio)) if columns is None else columns
    found = [difference(table, a, b, level) for a, b in combinations(chosen, 2)]
    corrected = holm([pair.p for pair in found])
    return [replace(pair, p_holm=p) for pair, p in zip(found, corrected, strict=True)]


def rank_ranges(comparisons: Sequence[Comparison], alpha: float = ALPHA) -> dict[int, tuple[int, int]]:
    """Ranks each column may hold: from 1 + (those significantly above it) to n - (those significantly below it).

    Columns of pairs that could not be tested count as not separable.
    """
    columns = sorted({k for pair in comparisons for k in (pair.a, pair.b)})
    above = dict.fromkeys(columns, 0)
    below = dict.fromkeys(columns, 0)
    for pair in comparisons:
        if pair.differs(alpha) and pair.difference is not None:
            winner, loser = (pair.a, pair.b) if pair.difference > 0 else (pair.b, pair.a)
            above[loser] += 1
            below[winner] += 1
    return {k: (1 + above[k], len(columns) - below[k]) for k in columns}


def not_separable(comparisons: Sequence[Comparison], alpha: float = ALPHA) -> list[tuple[int, ...]]:
    """The maximal sets of columns in which no pair differs significantly, in order of their members.

    Insert-and-absorb (Piepho 2004, the letters of a compact display): start with one set; a pair that differs
    splits each set that holds both; sets within others are dropped. Sets may overlap, for "not
    separable" is not transitive.
    """
    columns = frozenset(k for pair in comparisons for k in (pair.a, pair.b))
    groups = [columns] if columns else []
    for pair in comparisons:
        if pair.differs(alpha):
            split = [part for group in groups for part in _split(group, pair.a, pair.b)]
            unique = list(dict.fromkeys(split))
            groups = [group for group in unique if not any(group < other for other in unique)]
    return sorted(tuple(sorted(group)) for group in groups)


def _split(group: frozenset[int], a: int, b: int) -> list[frozenset[int]]:
    return [group - {a}, group - {b}] if a in group and b in group else [group]


def independent_difference(first: Estimate, second: Estimate, level: float = LEVEL) -> Comparison:
    """A proportion in one campaign minus the same in another, with other raters: Welch's interval and t-test.

    se^2 = se_1^2 + se_2^2; degrees of freedom of Welch and Satterthwaite, rounded down. Source: Welch (1947).
    """
    if first.value is None or second.value is None:
        return Comparison(0, 1, None, reason=first.reason or second.reason or NOTHING)
    d = first.value - second.value
    if first.se is None or second.se is None or first.df is None or second.df is None:
        return Comparison(0, 1, d, reason=first.reason or second.reason)
    v1, v2 = first.se**2, second.se**2
    if v1 + v2 <= TINY:
        n = min(first.df, second.df) + 1
        low, high = newcombe(first.value, second.value, n, level)
        return Comparison(0, 1, d, low, high, 0.0, n - 1, None, None, "newcombe-raters")
    df = max(1, int((v1 + v2) ** 2 / (v1**2 / first.df + v2**2 / second.df)))
    half = student(level, df) * math.sqrt(v1 + v2)
    p = float(beyond_student(d / math.sqrt(v1 + v2), df))
    return Comparison(0, 1, d, max(-1.0, d - half), min(1.0, d + half), math.sqrt(v1 + v2), df, p, p, "welch")
