"""Do automatic metrics rank as people do? Correlation with the human measure, between systems and between outputs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from evalsite.reports.estimators.clusters import Crossing, cross, sum_by, two_way
from evalsite.reports.estimators.codes import encode
from evalsite.reports.estimators.intervals import TINY, degrees
from evalsite.reports.estimators.jackknife import LeaveOuts, jackknife, leave_outs, one_way
from evalsite.reports.estimators.kendall import kendall
from evalsite.reports.estimators.results import (
    CONSTANT,
    FEW_SYSTEMS,
    LEVEL,
    NO_SPREAD,
    ONE_CLUSTER_DECIDES,
    Estimate,
    Floats,
    Ints,
    finite,
    too_few,
    undefined,
)
from evalsite.reports.estimators.tails import student

NO_INTERVAL_OF_RANKS = "Kendall's tau of so few systems takes only a few values, so it has a p-value but no interval."
GROUPS = 20
"""Groups of raters (and of samples) left out for Kendall's tau, which has no additive sums."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """Pearson's r and Kendall's tau-b of `n` systems or outputs. `tau_p` is the exact p-value of tau between systems
    (None between outputs, which are not independent: the interval says what can be said).
    """

    n: int
    pearson: Estimate
    kendall: Estimate
    tau_p: float | None = None


def between_systems(
    crossing: Crossing, successes: Floats, trials: Floats, metric: npt.ArrayLike, level: float = LEVEL
) -> Correlation:
    """Correlation of `metric` (K,), one number a system (NaN: none), with the human measure successes / trials.

    `successes` and `trials` are (C, K) cell totals. The interval of r is a two-way jackknife over raters and samples:
    how sure r of *these* systems is, not how it would be among other systems. Tau gets the exact permutation p-value.
    """
    values = np.asarray(metric, dtype=np.float64)
    known = np.isfinite(values) & (trials.sum(axis=0) > 0)
    n = int(known.sum())
    if n < 3:
        return Correlation(n, undefined(FEW_SYSTEMS), undefined(FEW_SYSTEMS))
    x = values[known]
    sums = leave_outs(crossing, np.concatenate([successes[:, known], trials[:, known]], axis=1))

    def statistic(totals: Floats) -> Floats:
        return _pearson_rows(x, totals[:, :n] / totals[:, n:])

    pearson = jackknife(statistic, sums, bounds=(-1.0, 1.0), level=level)
    if pearson.value is None:
        return Correlation(n, undefined(CONSTANT), undefined(CONSTANT))
    tau = kendall(x, sums.total[:n] / sums.total[n:])
    return Correlation(n, pearson, Estimate(finite(tau[0]), reason=NO_INTERVAL_OF_RANKS), finite(tau[1]))


def _pearson_rows(x: Floats, y: Floats) -> Floats:
    """Pearson's r of `x` (K,) with each row of `y` (B, K), NaN where one is constant."""
    dx, dy = x - x.mean(), y - y.mean(axis=1, keepdims=True)
    norm = np.sqrt((dx**2).sum() * (dy**2).sum(axis=1))
    return np.where(norm > 1e-12, dy @ dx / np.maximum(norm, 1e-12), np.nan)


def between_outputs(
    rater: npt.ArrayLike,
    sample: npt.ArrayLike,
    output: npt.ArrayLike,
    metric: npt.ArrayLike,
    judged: npt.ArrayLike,
    level: float = LEVEL,
) -> Correlation:
    """Correlation over outputs of `metric` with the mean judgment.

    One row (N,) for each judgment: `metric` is the output's (the same in each of its rows; NaN rows are left out),
    `judged` what the rater said (1 escaped or chosen); no rater judges an output twice. r has a two-way delete-one
    jackknife; tau a jackknife over at most 20 groups of raters and 20 of samples, without the cell term (so never
    narrower). The mean of few judgments is noisy, which draws both towards 0.
    """
    x = np.asarray(metric, dtype=np.float64)
    used = np.isfinite(x)
    crossing = cross(np.asarray(rater)[used], np.asarray(sample)[used])
    unit, names = encode(np.asarray(output)[used])
    if len(names) < 3:
        return Correlation(len(names), undefined(CONSTANT), undefined(CONSTANT))
    data = _Outputs(crossing, unit, x[used], np.asarray(judged, dtype=np.float64)[used], len(names))
    pearson = jackknife(_pearson_sums, data.sums(), bounds=(-1.0, 1.0), level=level)
    if pearson.value is None:
        return Correlation(len(names), undefined(CONSTANT), undefined(CONSTANT))
    return Correlation(len(names), pearson, _kendall(data, level))


@dataclass(frozen=True)
class _Outputs:
    """Judgments (N,) of outputs: `unit` codes below `units`, the unit's metric `x`, the judgment `y`."""

    crossing: Crossing
    unit: Ints
    x: Floats
    y: Floats
    units: int

    def by_group(self, group: Ints, groups: int) -> Floats:
        """Number of judgments, sum of metric and of judgments (groups, U, 3) of each unit in each group of rows."""
        values = np.stack([np.ones_like(self.x), self.x, self.y], axis=1)
        return sum_by(group * self.units + self.unit, groups * self.units, values).reshape(groups, self.units, 3)

    def totals(self) -> Floats:
        """The same (U, 3) of all rows."""
        return np.asarray(self.by_group(np.zeros_like(self.unit), 1)[0])

    def sums(self) -> LeaveOuts:
        """Sums (1, x, y, xx, xy, yy) over units, and without each rater, sample and cell.

        A judgment left out moves the mean of its own unit alone, so the changes of a cluster's judgments add up
        (as in `agreement.sums`); x is centred first, which keeps the sums well conditioned.
        """
        count, x, y = _means(self.totals())
        x = x - x.mean()
        full = _moments(count, x, y)
        n, own, mean = count[self.unit], x[self.unit], y[self.unit]
        change = full[self.unit] - _moments(n - 1, own, (n * mean - self.y) / np.maximum(n - 1, 1))
        out = sum_by(self.crossing.cell, self.crossing.cells, change)
        total = full.sum(axis=0)
        unit_sample = np.zeros(self.units, dtype=np.int64)
        unit_sample[self.unit] = self.crossing.sample[self.crossing.cell]
        without_sample = total - sum_by(unit_sample, self.crossing.samples, full)
        return LeaveOuts(total, total - self.crossing.by_rater(out), without_sample, total - out)


def _means(totals: Floats) -> tuple[Floats, Floats, Floats]:
    """Number of judgments, metric and mean judgment (U,) of unit totals (U, 3)."""
    divisor = np.maximum(totals[:, 0], 1)
    return totals[:, 0], totals[:, 1] / divisor, totals[:, 2] / divisor


def _moments(count: Floats, x: Floats, y: Floats) -> Floats:
    """(U, 6) of units that are judged at least once, else zeros."""
    return np.where((count > 0)[:, None], np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1), 0.0)


def _pearson_sums(sums: Floats) -> Floats:
    """Pearson's r of sums (B, 6), NaN where one of the two is constant."""
    n, x, y, xx, xy, yy = np.maximum(sums[:, 0], 1), *sums[:, 1:].T
    norm = np.maximum(xx - x * x / n, 0) * np.maximum(yy - y * y / n, 0)
    return np.where(norm > 1e-12, (xy - x * y / n) / np.sqrt(np.maximum(norm, 1e-12)), np.nan)


def _kendall(data: _Outputs, level: float) -> Estimate:
    crossing = data.crossing
    value = _tau(data.totals())
    reason = too_few(crossing.raters, crossing.samples)
    if value is None or reason:
        return Estimate(value, reason=reason or CONSTANT)
    raters, samples = min(crossing.raters, GROUPS), min(crossing.samples, GROUPS)
    by_rater = _without_groups(data, crossing.rater[crossing.cell] % raters, raters)
    by_sample = _without_groups(data, crossing.sample[crossing.cell] % samples, samples)
    if by_rater is None or by_sample is None:
        return Estimate(value, reason=ONE_CLUSTER_DECIDES)
    zero = np.asarray(0.0)
    variance = float(two_way(np.asarray(one_way(by_rater)), np.asarray(one_way(by_sample)), zero))
    df = degrees(raters, samples)
    if variance <= TINY:
        return Estimate(value, reason=NO_SPREAD)
    half = student(level, df) * math.sqrt(variance)
    low, high = max(-1.0, value - half), min(1.0, value + half)
    return Estimate(value, low, high, math.sqrt(variance), df, "group-jackknife")


def _tau(totals: Floats) -> float | None:
    count, x, y = _means(totals)
    seen = count > 0.5
    return finite(kendall(x[seen], y[seen].round(12))[0]) if seen.sum() > 1 else None


def _without_groups(data: _Outputs, group: Ints, groups: int) -> Floats | None:
    """Tau without each group of judgments, or None where one is undefined."""
    parts, total = data.by_group(group, groups), data.totals()
    taus = [_tau(total - part) for part in parts]
    known = [tau for tau in taus if tau is not None]
    return np.array(known) if len(known) == groups else None


def pairs_ordered_alike(metric: npt.ArrayLike, human: npt.ArrayLike) -> tuple[int, int]:
    """How many pairs of systems the metric orders as people do, of how many pairs that neither ties."""
    x, y = np.asarray(metric, dtype=np.float64), np.asarray(human, dtype=np.float64)
    signs = [np.sign(x[i] - x[j]) * np.sign(y[i] - y[j]) for i, j in combinations(range(len(x)), 2)]
    return sum(int(s > 0) for s in signs), sum(int(s != 0 and not np.isnan(s)) for s in signs)
