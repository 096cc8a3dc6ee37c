"""How much raters agree where several judged the same thing; missing judgments are the rule, not the exception."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evalsite.reports.estimators.clusters import Crossing, cross, sum_by
from evalsite.reports.estimators.codes import encode
from evalsite.reports.estimators.jackknife import LeaveOuts, jackknife
from evalsite.reports.estimators.results import (
    LEVEL,
    NO_OVERLAP,
    NOT_COMPLETE,
    ONE_CATEGORY,
    Bools,
    Estimate,
    Floats,
    Ints,
    undefined,
)


@dataclass(frozen=True, slots=True)
class RaterAgreement:
    """How often a rater sided with the majority of the others: `rate` of `compared` judgments (None of 0)."""

    rate: float | None
    compared: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """All coefficients of one campaign. `overlapping` units were judged by two or more of `raters` raters."""

    krippendorff_alpha: Estimate
    gwet_ac1: Estimate
    fleiss_kappa: Estimate
    pairwise: Estimate
    units: int
    overlapping: int
    raters: int
    by_rater: dict[int | str, RaterAgreement]


@dataclass(frozen=True)
class Ratings:
    """One judgment a row: dense codes of `rater`, `unit`, `value` and of the (rater, sample) cells; `counts`
    (U, C) says how many raters gave each unit each value.
    """

    unit: Ints
    value: Ints
    crossing: Crossing
    unit_sample: Ints
    counts: Floats

    @property
    def per_unit(self) -> Floats:
        """Judgments of each unit (U,)."""
        return np.asarray(self.counts.sum(axis=1))


def ratings(
    rater: npt.ArrayLike,
    unit: npt.ArrayLike,
    value: npt.ArrayLike,
    sample: npt.ArrayLike | None = None,
    *,
    categories: int | None = None,
) -> Ratings:
    """Judgments `value` (N,) of `unit` (N,) by `rater` (N,), ready for the coefficients below.

    A unit is what is judged (a comment; in preference the sample), `sample` (N,) the moment it belongs to
    (default: the unit itself). Of several judgments of one unit by one rater the last counts. `categories`
    states how many values were possible where some were never used (only AC1 depends on it); values are then
    codes below it.
    """
    samples = unit if sample is None else sample
    rater_code, _ = encode(rater)
    unit_code, unit_ids = encode(unit)
    keep = _last(rater_code * max(len(unit_ids), 1) + unit_code)
    value_code = np.asarray(value, dtype=np.int64) if categories is not None else encode(value)[0]
    width = categories or int(value_code.max(initial=-1)) + 1
    crossing = cross(np.asarray(rater)[keep], np.asarray(samples)[keep])
    units, values = unit_code[keep], value_code[keep]
    counts = np.bincount(units * width + values, minlength=len(unit_ids) * width).reshape(len(unit_ids), width)
    unit_sample = np.zeros(len(unit_ids), dtype=np.int64)
    unit_sample[units] = crossing.sample[crossing.cell]
    return Ratings(units, values, crossing, unit_sample, counts.astype(np.float64))


def _last(keys: Ints) -> Ints:
    """Rows (ascending) that hold the last occurrence of each key."""
    codes, values = encode(keys)
    if len(values) == len(keys):
        return np.arange(len(keys))
    last = np.zeros(len(values), dtype=np.int64)
    last[codes] = np.arange(len(keys))  # later rows overwrite earlier ones
    return np.sort(last)


def _contribution(counts: Floats) -> Floats:
    """Additive sums of units with value counts (..., C), last axis C + 5 (nothing here depends on other units).

    C marginal counts n_c of pairable judgments; then sum n_c (n_c - 1) / (m - 1) [Krippendorff's observed
    agreement]; agreeing ordered pairs; all ordered pairs; mean pairwise agreement of the unit; pairable units.
    """
    m = counts.sum(axis=-1, keepdims=True)
    pairable = m >= 2
    agreeing = (counts * (counts - 1)).sum(axis=-1, keepdims=True)
    pairs = m * (m - 1)
    return np.concatenate(
        [
            np.where(pairable, counts, 0.0),
            np.where(pairable, agreeing / np.maximum(m - 1, 1), 0.0),
            agreeing,
            pairs,
            np.where(pairable, agreeing / np.maximum(pairs, 1), 0.0),
            pairable.astype(np.float64),
        ],
        axis=-1,
    )


def _with_shares(counts: Floats) -> Floats:
    """`_contribution`, then the unit's share of each value (C) and whether it was judged at all (AC1's chance term)."""
    m = counts.sum(axis=-1, keepdims=True)
    return np.concatenate([_contribution(counts), counts / np.maximum(m, 1), (m > 0).astype(np.float64)], axis=-1)


def sums(data: Ratings) -> LeaveOuts:
    """Sums for `alpha`, `pairwise` and `ac1`, of all judgments and without each rater, sample and cell.

    Taking one judgment out changes the sums of its own unit alone, and no rater judges a unit twice; so the changes
    of a rater's judgments add up, and all leave-outs follow from one difference for each (unit, value) pair.
    """
    full = _with_shares(data.counts)
    crossing, total = data.crossing, full.sum(axis=0)
    units, width = data.counts.shape
    change = np.empty((units * width, full.shape[1]))
    for value in range(width):
        without = data.counts.copy()
        without[:, value] = np.maximum(without[:, value] - 1, 0)
        change[value::width] = full - _with_shares(without)
    kind = data.unit * width + data.value
    without_sample = total - sum_by(data.unit_sample, crossing.samples, full)
    if crossing.cells < len(kind):
        out = sum_by(crossing.cell, crossing.cells, change, kind)
        return LeaveOuts(total, total - crossing.by_rater(out), without_sample, total - out)
    # Each cell is one judgment: those of the same value of a unit are alike, and there are far fewer kinds than cells.
    without_rater = total - sum_by(crossing.rater[crossing.cell], crossing.raters, change, kind)
    count = data.counts.reshape(-1)
    return LeaveOuts(total, without_rater, without_sample, total - change[count > 0], count[count > 0])


def alpha(sums: Floats) -> Floats:
    """Krippendorff's alpha, nominal, missing data allowed: 1 - (n - 1) (n - A) / (n^2 - sum n_c^2).

    n pairable judgments, n_c of value c, A = sum over units of sum_c n_uc (n_uc - 1) / (m_u - 1); sums (B, 2C + 6).
    NaN where only one value occurs. Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability.
    """
    width = _width(sums)
    marginal, observed = sums[:, :width], sums[:, width]
    n = marginal.sum(axis=1)
    expected = n**2 - (marginal**2).sum(axis=1)
    return np.where(expected > 0.5, 1 - (n - 1) * (n - observed) / np.maximum(expected, 0.5), np.nan)


def pairwise(sums: Floats) -> Floats:
    """Share of agreeing pairs among all pairs of judgments of the same unit; sums (B, 2C + 6)."""
    width = _width(sums)
    agreeing, pairs = sums[:, width + 1], sums[:, width + 2]
    return np.where(pairs > 0.5, agreeing / np.maximum(pairs, 0.5), np.nan)


def ac1(sums: Floats) -> Floats:
    """Gwet's AC1: (pa - pe) / (1 - pe), pe = sum_c pi_c (1 - pi_c) / (C - 1); sums (B, 2C + 6).

    pa averages the pairwise agreement of units judged twice or more, pi_c the share of value c over all judged units.
    Source: Gwet (2008), Computing inter-rater reliability and its variance in the presence of high agreement.
    """
    width = _width(sums)
    if width < 2:
        return np.full(len(sums), np.nan)
    pairable = sums[:, width + 4]
    observed = sums[:, width + 3] / np.maximum(pairable, 1)
    share = sums[:, width + 5 : 2 * width + 5] / np.maximum(sums[:, -1:], 1)
    chance = (share * (1 - share)).sum(axis=1) / (width - 1)
    return np.where(pairable > 0.5, (observed - chance) / (1 - chance), np.nan)


def _width(sums: Floats) -> int:
    return (int(sums.shape[1]) - 6) // 2


def fleiss_kappa(data: Ratings) -> Estimate:
    """Fleiss' kappa over the units that every rater judged (all of them in a complete design, else the anchors).

    (P - Pe) / (1 - Pe), P the mean pairwise agreement of a unit, Pe = sum_c p_c^2. Source: Fleiss (1971). A point
    only: alpha and AC1 use all judgments and carry the intervals.
    """
    m = data.crossing.raters
    counts = data.counts[data.per_unit == m]
    if m < 2 or not len(counts):
        return undefined(NOT_COMPLETE)
    expected = float(((counts.sum(axis=0) / counts.sum()) ** 2).sum())
    if expected > 1 - 1e-12:
        return undefined(ONE_CATEGORY)
    observed = float((counts * (counts - 1)).sum() / (len(counts) * m * (m - 1)))
    return Estimate((observed - expected) / (1 - expected))


def majority(data: Ratings) -> dict[int | str, RaterAgreement]:
    """For each rater, how often he gave the value most of the others gave; units without others or with a tie among
    them are not compared.
    """
    crossing = data.crossing
    clear, sided = _kinds(data.counts)
    kind = data.unit * data.counts.shape[1] + data.value
    rater = crossing.rater[crossing.cell]
    compared = np.bincount(rater[clear[kind]], minlength=crossing.raters)
    agreed = np.bincount(rater[sided[kind]], minlength=crossing.raters)
    return {
        name: RaterAgreement(float(a / n) if n else None, int(n))
        for name, a, n in zip(crossing.rater_ids.tolist(), agreed, compared, strict=True)
    }


def _kinds(counts: Floats) -> tuple[Bools, Bools]:
    """For a judgment of each unit and value (U * C,): whether the others have one majority, and whether it is that."""
    units, width = counts.shape
    clear, sided = np.zeros((units, width), dtype=bool), np.zeros((units, width), dtype=bool)
    for value in range(width):
        others = counts.copy()
        others[:, value] -= 1
        top = others.max(axis=1, initial=0.0)
        clear[:, value] = (top > 0) & ((others == top[:, None]).sum(axis=1) == 1)
        sided[:, value] = clear[:, value] & (others[:, value] == top)
    return clear.reshape(-1), sided.reshape(-1)


def agreement(data: Ratings, level: float = LEVEL) -> Agreement:
    """Every coefficient with its two-way jackknife interval; undefined ones say why.

    Where few units are judged twice the intervals are too wide rather than too narrow: a pair of judgments counts for
    both its raters (in simulated campaigns 95 % intervals covered 94 to 99 %).
    """
    overlapping = data.per_unit >= 2
    judges = data.crossing.among(_overlapping_cells(data, overlapping))
    found = [undefined(NO_OVERLAP)] * 3
    if overlapping.any():
        left_out = sums(data)
        with np.errstate(all="ignore"):
            found = [
                jackknife(statistic, left_out, bounds=(-1.0, 1.0), clusters=judges, level=level)
                for statistic in (alpha, ac1, pairwise)
            ]
        found = [undefined(ONE_CATEGORY) if estimate.value is None else estimate for estimate in found]
    return Agreement(
        found[0],
        found[1],
        fleiss_kappa(data),
        found[2],
        len(data.counts),
        int(overlapping.sum()),
        data.crossing.raters,
        majority(data),
    )


def _overlapping_cells(data: Ratings, overlapping: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Cells (C,) with a judgment of an overlapping unit."""
    cells = np.zeros(data.crossing.cells, dtype=bool)
    cells[data.crossing.cell[overlapping[data.unit]]] = True
    return cells
