"""Intervals for proportions, means and ratios of judgments that repeat within raters and within samples."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from evalsite.reports.estimators.clusters import Ratios, cross, ratios, residual_variances, tabulate
from evalsite.reports.estimators.results import (
    LEVEL,
    NEVER_ESCAPED,
    NO_LOG_INTERVAL,
    NO_SPREAD,
    NOTHING,
    Estimate,
    too_few,
    undefined,
)
from evalsite.reports.estimators.tails import normal, student

TINY = 1e-20
"""A variance below this is rounding of zero (shares are of the order of 1e-3 at least)."""


def wilson(successes: float, trials: float, level: float = LEVEL) -> tuple[float, float] | None:
    """Wilson's score interval for `successes` of `trials`, as if every judgment were independent.

    (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n); None without trials. Source: Wilson (1927).
    Printed beside the two-way interval as the naive reference; credits may make `successes` fractional.
    """
    if trials <= 0:
        return None
    z2 = normal(level) ** 2
    p = successes / trials
    centre = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    half = math.sqrt(z2 * max(p * (1 - p) / trials + z2 / (4 * trials**2), 0.0)) / (1 + z2 / trials)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def degrees(raters: int, samples: int) -> int:
    """min(G) - 1: the t reference of multiway clustering (Cameron, Gelbach & Miller 2011)."""
    return min(raters, samples) - 1


def proportion(table: Ratios, k: int, level: float = LEVEL) -> Estimate:
    """Column `k` of `table` as a proportion in [0, 1]: two-way interval on the logit scale.

    logit(p) -+ t * se / (p (1 - p)), with t of min(raters, samples) - 1 degrees of freedom. Where the variance is 0
    (p is 0 or 1, or every cluster shows the very same share) it is Wilson's with n = the number of raters:
    answers of one rater are then taken for one answer.
    """
    if table.trials[k] <= 0:
        return undefined(NOTHING)
    p = float(table.ratio[k])
    raters, samples = table.clusters(k)
    reason = too_few(raters, samples)
    if reason:
        return Estimate(p, reason=reason)
    variance, df = table.variance({k: 1.0}), degrees(raters, samples)
    if variance <= TINY or p <= 0 or p >= 1:
        low, high = wilson(p * raters, raters, level) or (0.0, 1.0)
        return Estimate(p, low, high, math.sqrt(variance), df, "wilson-raters")
    se = math.sqrt(variance)
    half = student(level, df) * se / (p * (1 - p))
    return Estimate(p, float(expit(logit(p) - half)), float(expit(logit(p) + half)), se, df, "two-way")


def proportions(table: Ratios, level: float = LEVEL) -> list[Estimate]:
    """`proportion` of every column."""
    return [proportion(table, k, level) for k in range(len(table.ratio))]


def relative(table: Ratios, k: int, base: int, level: float = LEVEL) -> Estimate:
    """ratio[k] / ratio[base], e.g. the humanness ratio HR(system) / HR(human): two-way interval of its logarithm.

    The influence of a cell on log(a / b) is u_a / a - u_b / b (delta method), clustered both ways;
    `se` is on the scale of the ratio.
    """
    if table.trials[k] <= 0 or table.trials[base] <= 0:
        return undefined(NOTHING)
    a, b = float(table.ratio[k]), float(table.ratio[base])
    if b <= 0:
        return undefined(NEVER_ESCAPED)
    if a <= 0:
        return Estimate(0.0, reason=NO_LOG_INTERVAL)
    raters, samples = table.clusters(k, base)
    reason = too_few(raters, samples)
    if reason or k == base:
        return Estimate(a / b, reason=reason)
    variance, df = table.variance({k: 1 / a, base: -1 / b}), degrees(raters, samples)
    if variance <= TINY:
        return Estimate(a / b, reason=NO_SPREAD)
    se = math.sqrt(variance)
    factor = math.exp(student(level, df) * se)
    return Estimate(a / b, a / b / factor, a / b * factor, se * a / b, df, "two-way-log")


def proportion_of(
    rater: npt.ArrayLike, sample: npt.ArrayLike, success: npt.ArrayLike, level: float = LEVEL
) -> Estimate:
    """The proportion of `success` (N,) in [0, 1] of judgments by `rater` (N,) of `sample` (N,)."""
    crossing = cross(rater, sample)
    column = np.zeros(crossing.cell.shape, dtype=np.int64)
    successes = tabulate(crossing, column, 1, success)
    return proportion(ratios(crossing, successes, tabulate(crossing, column, 1)), 0, level)


def mean_of(rater: npt.ArrayLike, sample: npt.ArrayLike, value: npt.ArrayLike, level: float = LEVEL) -> Estimate:
    """The mean of `value` (N,), any real number, with its two-way interval on the scale of the value."""
    values = np.asarray(value, dtype=np.float64)
    if not values.size:
        return undefined(NOTHING)
    crossing = cross(rater, sample)
    mean = float(values.mean())
    reason = too_few(crossing.raters, crossing.samples)
    if reason:
        return Estimate(mean, reason=reason)
    residuals = np.bincount(crossing.cell, weights=values - mean)[:, None] / values.size
    variance, df = float(residual_variances(crossing, residuals)[0]), degrees(crossing.raters, crossing.samples)
    if variance <= TINY * max(1.0, mean**2):
        return Estimate(mean, se=0.0, df=df, reason=NO_SPREAD)
    half = student(level, df) * math.sqrt(variance)
    return Estimate(mean, mean - half, mean + half, math.sqrt(variance), df, "two-way")
