"""Two-way delete-one jackknife: intervals for statistics that are no means (d', alpha, worths, correlations).

A statistic is a function of Q additive sums. Leaving out a rater, a sample or a cell only changes the sums, so
all leave-outs are computed at once and no statistic is recomputed from judgments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit, logit

from evalsite.reports.estimators.clusters import Crossing, two_way
from evalsite.reports.estimators.intervals import TINY, degrees
from evalsite.reports.estimators.results import (
    LEVEL,
    NO_SPREAD,
    NOTHING,
    ONE_CLUSTER_DECIDES,
    Estimate,
    Floats,
    finite,
    too_few,
    undefined,
)
from evalsite.reports.estimators.tails import student

Scale = Literal["identity", "logit", "log"]
Statistic = Callable[[Floats], Floats]


@dataclass(frozen=True)
class LeaveOuts:
    """Sums of all judgments, `total` (Q,), and without each rater (R, Q), each sample (S, Q) and each cell (C, Q).

    Where many cells are alike, each kind of cell stands once and `cell_count` (C,) says how many there are.
    """

    total: Floats
    without_rater: Floats
    without_sample: Floats
    without_cell: Floats
    cell_count: Floats | None = None

    def apply(self, statistic: Statistic) -> DeleteOne:
        """The statistic, which maps sums (B, Q) to values (B,), of every set of sums."""
        with np.errstate(all="ignore"):
            return DeleteOne(
                float(statistic(self.total[None, :])[0]),
                statistic(self.without_rater),
                statistic(self.without_sample),
                statistic(self.without_cell),
                self.cell_count,
            )


@dataclass(frozen=True)
class DeleteOne:
    """A statistic of all judgments and its values without each rater (R,), sample (S,) and (kind of) cell (C,)."""

    value: float
    raters: Floats
    samples: Floats
    cells: Floats
    cell_count: Floats | None = None


def leave_outs(crossing: Crossing, totals: Floats) -> LeaveOuts:
    """Leave-outs of sums that are additive over cells: `totals` is (C, Q)."""
    total = totals.sum(axis=0)
    return LeaveOuts(total, total - crossing.by_rater(totals), total - crossing.by_sample(totals), total - totals)


def one_way(values: Floats, count: Floats | None = None) -> float:
    """(G - 1) / G times the sum of squared deviations of G delete-one values (Efron & Stein 1981).

    `count` (like `values`) says how often each value stands; 1 by default.
    """
    weight = np.ones(len(values)) if count is None else count
    size = weight.sum()
    mean = (weight @ values) / size
    return float((size - 1) / size * (weight @ (values - mean) ** 2))


def jackknife(
    statistic: Statistic,
    sums: LeaveOuts,
    *,
    scale: Scale = "identity",
    bounds: tuple[float, float] = (-math.inf, math.inf),
    clusters: tuple[int, int] | None = None,
    level: float = LEVEL,
) -> Estimate:
    """The interval (see `from_values`) of `statistic`, a function from sums (B, Q) to values (B,)."""
    return from_values(sums.apply(statistic), scale=scale, bounds=bounds, clusters=clusters, level=level)


def from_values(
    values: DeleteOne,
    *,
    scale: Scale = "identity",
    bounds: tuple[float, float] = (-math.inf, math.inf),
    clusters: tuple[int, int] | None = None,
    level: float = LEVEL,
) -> Estimate:
    """The interval of a statistic from its delete-one values.

    V = V_rater + V_sample - V_cell with jackknife variances, the same floor and the same t as for proportions
    (`clusters.two_way`). `scale` is where the interval is symmetric (logit keeps it in (0, 1), log above 0);
    `bounds` clips it; `clusters` are the raters and samples that take part where these are fewer than
    the leave-outs. `se` is on the scale of the statistic. Undefined where a leave-out is undefined.
    """
    value = finite(values.value)
    if value is None:
        return undefined(NOTHING)
    raters, samples = clusters or (len(values.raters), len(values.samples))
    reason = too_few(raters, samples)
    if reason:
        return Estimate(value, reason=reason)
    forward, back, slope = _scale(scale, value)
    with np.errstate(all="ignore"):
        centre = float(forward(np.array(value)))
        parts = [one_way(forward(part)) for part in (values.raters, values.samples)]
        parts.append(one_way(forward(values.cells), values.cell_count))
    if not (math.isfinite(centre) and all(map(math.isfinite, parts))):
        return Estimate(value, reason=ONE_CLUSTER_DECIDES)
    variance, df = float(two_way(*map(np.asarray, parts))), degrees(raters, samples)
    if variance <= TINY:
        return Estimate(value, reason=NO_SPREAD)
    half = student(level, df) * math.sqrt(variance)
    low, high = float(back(np.array(centre - half))), float(back(np.array(centre + half)))
    return Estimate(value, max(low, bounds[0]), min(high, bounds[1]), math.sqrt(variance) * slope, df, "jackknife")


def _scale(scale: Scale, value: float) -> tuple[Statistic, Statistic, float]:
    """Forward and backward transformation, and the derivative of the backward one at the value."""
    if scale == "logit":
        return logit, expit, value * (1 - value)
    if scale == "log":
        return np.log, np.exp, value
    return np.asarray, np.asarray, 1.0
