"""Raters crossed with samples: the totals from which every two-way variance is made.

Judgments are reduced once to one row for each (rater, sample) cell; after that no estimator touches a
judgment again, so a million of them cost little more than the cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from evalsite.reports.estimators.codes import encode
from evalsite.reports.estimators.results import Bools, Floats, Ints


@dataclass(frozen=True)
class Crossing:
    """The (rater, sample) cells that hold judgments.

    `cell` (N,) is the cell of each judgment; `rater` and `sample` (C,) are dense codes of each cell, 0 to
    `raters` - 1 and 0 to `samples` - 1; `rater_ids` and `sample_ids` give back the caller's ids.
    """

    cell: Ints
    rater: Ints
    sample: Ints
    rater_ids: npt.NDArray[Any]
    sample_ids: npt.NDArray[Any]

    @property
    def cells(self) -> int:
        return len(self.rater)

    @property
    def raters(self) -> int:
        return len(self.rater_ids)

    @property
    def samples(self) -> int:
        return len(self.sample_ids)

    def among(self, cells: Bools) -> tuple[int, int]:
        """How many raters and samples the cells of a mask (C,) hold."""
        raters, samples = np.bincount(self.rater[cells]), np.bincount(self.sample[cells])
        return int(np.count_nonzero(raters)), int(np.count_nonzero(samples))

    def by_rater(self, totals: Floats) -> Floats:
        """Cell totals (C, K) summed to raters (R, K)."""
        return sum_by(self.rater, self.raters, totals)

    def by_sample(self, totals: Floats) -> Floats:
        """Cell totals (C, K) summed to samples (S, K)."""
        return sum_by(self.sample, self.samples, totals)


def cross(rater: npt.ArrayLike, sample: npt.ArrayLike) -> Crossing:
    """The cells of judgments by `rater` (N,) of `sample` (N,); ids are any integers or strings."""
    rater_code, rater_ids = encode(rater)
    sample_code, sample_ids = encode(sample)
    width = max(len(sample_ids), 1)
    cell, keys = encode(rater_code * width + sample_code)
    return Crossing(cell, keys // width, keys % width, rater_ids, sample_ids)


def sum_by(codes: Ints, size: int, values: Floats, rows: Ints | None = None) -> Floats:
    """Rows (N, K) summed by code: (size, K). With `rows` (N,), code n takes `values[rows[n]]`, which is not copied out.

    One column is counted by numpy; several go through a sparse indicator matrix, which adds whole rows in one pass.
    """
    if rows is None and values.shape[1] == 1:
        return np.bincount(codes, weights=values[:, 0], minlength=size).astype(np.float64)[:, None]
    ones, whole = np.ones(len(codes)), np.ascontiguousarray(values)
    if rows is None:
        indicator = sparse.csc_array((ones, codes, np.arange(len(codes) + 1)), shape=(size, len(codes)))
        return np.asarray(indicator @ whole, dtype=np.float64)
    chosen = sparse.coo_array((ones, (codes, rows)), shape=(size, len(values))).tocsr()
    return np.asarray(chosen @ whole, dtype=np.float64)


def tabulate(crossing: Crossing, system: npt.ArrayLike, systems: int, weight: npt.ArrayLike | None = None) -> Floats:
    """Totals (C, systems) of judgments by cell and `system` (N,) code; `weight` (N,) counts 1 each by default."""
    key = crossing.cell * systems + np.asarray(system, dtype=np.int64)
    weights = None if weight is None else np.asarray(weight, dtype=np.float64)
    counts = np.bincount(key, weights=weights, minlength=crossing.cells * systems)
    return counts.reshape(crossing.cells, systems).astype(np.float64)


def two_way(rater: Floats, sample: Floats, cell: Floats) -> Floats:
    """V = V_rater + V_sample - V_cell, never below the larger one-way term.

    Source: Cameron, Gelbach & Miller (2011), Robust inference with multiway clustering, section 2.3. The floor is
    ours: the difference may be negative in small campaigns, and no variance of a crossed design is less
    than that of either crossing factor alone.
    """
    return np.maximum(rater + sample - cell, np.maximum(rater, sample))


def small_sample(clusters: npt.NDArray[Any] | int) -> Floats:
    """G / (G - 1), the factor of a sum of squared cluster totals; 1 where G < 2 (no interval is made then)."""
    count = np.asarray(clusters, dtype=np.float64)
    return np.divide(count, count - 1, out=np.ones_like(count), where=count > 1)


def residual_variances(crossing: Crossing, residuals: Floats) -> Floats:
    """Two-way variances (K,) of K statistics with influence values `residuals` (C, K) by cell."""
    by_rater = (crossing.by_rater(residuals) ** 2).sum(axis=0) * small_sample(crossing.raters)
    by_sample = (crossing.by_sample(residuals) ** 2).sum(axis=0) * small_sample(crossing.samples)
    return two_way(by_rater, by_sample, (residuals**2).sum(axis=0))


@dataclass(frozen=True)
class Ratios:
    """K ratios of totals, `ratio` = successes / trials (NaN without trials), with all that their joint two-way
    covariance needs: Gram matrices (K, K) of scaled residual totals by rater, sample and cell, and
    the numbers (K, K) of raters and samples with trials of either of two columns.
    """

    successes: Floats
    trials: Floats
    ratio: Floats
    rater_gram: Floats
    sample_gram: Floats
    cell_gram: Floats
    raters: Ints
    samples: Ints

    def clusters(self, a: int, b: int | None = None) -> tuple[int, int]:
        """Raters and samples that judged column `a` (or `a` or `b`)."""
        other = a if b is None else b
        return int(self.raters[a, other]), int(self.samples[a, other])

    def variance(self, weights: dict[int, float]) -> float:
        """Two-way variance of the sum of weights[k] * ratio[k], over one or two columns."""
        columns = list(weights)
        w = np.array([weights[k] for k in columns])
        grid = np.ix_(columns, columns)
        raters, samples = self.clusters(columns[0], columns[-1])
        by_rater = w @ self.rater_gram[grid] @ w * small_sample(raters)
        by_sample = w @ self.sample_gram[grid] @ w * small_sample(samples)
        return float(two_way(by_rater, by_sample, w @ self.cell_gram[grid] @ w))


def ratios(crossing: Crossing, successes: Floats, trials: Floats) -> Ratios:
    """Ratios of totals with residuals u = (successes - ratio * trials) / total trials by cell.

    `successes` and `trials` are (C, K) cell totals. Ratio estimator linearised as usual (Cochran 1977, chapter 6),
    clustered both ways (see `two_way`). Different K need not have the same trials: a contrast of two columns sums
    their residuals in each cell, which is what pairs them.
    """
    total, total_trials = successes.sum(axis=0), trials.sum(axis=0)
    ratio = np.divide(total, total_trials, out=np.full(len(total), np.nan), where=total_trials > 0)
    scale = np.where(total_trials > 0, total_trials, 1.0)
    residuals = (successes - np.nan_to_num(ratio) * trials) / scale
    by_rater, by_sample = crossing.by_rater(residuals), crossing.by_sample(residuals)
    return Ratios(
        total,
        total_trials,
        ratio,
        by_rater.T @ by_rater,
        by_sample.T @ by_sample,
        residuals.T @ residuals,
        _either(crossing.by_rater(trials)),
        _either(crossing.by_sample(trials)),
    )


def _either(trials: Floats) -> Ints:
    """Clusters (G, K) with trials of column a or b: (K, K)."""
    present = (trials > 0).astype(np.float64)
    count = present.sum(axis=0)
    either: Floats = count[:, None] + count[None, :] - present.T @ present
    return either.round().astype(np.int64)
