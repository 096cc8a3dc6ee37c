"""Do raters choose by where a card stands, or by how long it is, rather than by what it says?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evalsite.reports.estimators.clusters import sum_by
from evalsite.reports.estimators.codes import encode
from evalsite.reports.estimators.intervals import mean_of
from evalsite.reports.estimators.results import LEVEL, NOTHING, Bools, Estimate, Floats, Ints
from evalsite.reports.estimators.tails import beyond_chi_square

NO_CHOICE = "No item left a choice between positions."


@dataclass(frozen=True, slots=True)
class PositionBias:
    """Cards `shown`, `picked` and (without bias) `expected` to be picked at each position, first position first;
    chi-square test of no bias (None with a `reason` where there was nothing to test).
    """

    shown: tuple[int, ...]
    picked: tuple[int, ...]
    expected: tuple[float, ...]
    chi_square: float | None = None
    df: int | None = None
    p: float | None = None
    reason: str | None = None


def position_bias(item: npt.ArrayLike, position: npt.ArrayLike, picked: npt.ArrayLike) -> PositionBias:
    """Chi-square of picked positions, given how many cards each item showed and how many were picked of them.

    One row (N,) for each card shown: its `item`, its `position` in the item (0 first) and whether it was `picked`
    (chosen; in Human Recall marked fake). In an item of n cards with k picked, without bias every card is as likely:
    expectation k/n, covariance k (n - k) / (n (n - 1)) (I - 1/n). With O - E and V summed over items,
    chi^2 = (O - E)' V^- (O - E) with rank(V) degrees of freedom. This is the generalised Mantel-Haenszel test with
    items as strata (Mantel & Haenszel 1959; Landis, Heyman & Koch 1978): Pearson's chi-square where all items
    show n cards and one is picked, Cochran's Q where k may be any number.
    """
    return next(iter(_position_tests(np.zeros(np.shape(item), dtype=np.int64), item, position, picked)))


def position_bias_by_rater(
    rater: npt.ArrayLike, item: npt.ArrayLike, position: npt.ArrayLike, picked: npt.ArrayLike
) -> dict[int | str, PositionBias]:
    """`position_bias` of each rater's own items; `rater` (N,) as the other rows."""
    owner, names = encode(rater)
    return dict(zip(names.tolist(), _position_tests(owner, item, position, picked), strict=False))


def _position_tests(
    owner: Ints, item: npt.ArrayLike, position: npt.ArrayLike, picked: npt.ArrayLike
) -> list[PositionBias]:
    """One test for each owner (at least one): counts and covariances of all owners at once."""
    code, _ = encode(item)
    place, pick = np.asarray(position, dtype=np.int64), np.asarray(picked, dtype=np.float64)
    owners, places = int(owner.max(initial=0)) + 1, int(place.max(initial=-1)) + 1
    n, k = sum_by(code, int(code.max(initial=-1)) + 1, np.stack([np.ones_like(pick), pick], axis=1)).T
    share, spread = k / np.maximum(n, 1), np.where(n > 1, k * (n - k) / np.maximum(n * (n - 1), 1), 0.0)
    rows = np.stack([np.ones_like(pick), pick, share[code], spread[code]], axis=1)
    counts = sum_by(owner * places + place, owners * places, rows).reshape(owners, places, 4)
    shape, sets = _shapes(code, place, len(n), places)
    item_owner = np.zeros(len(n), dtype=np.int64)
    item_owner[code] = owner
    weight = (spread / np.maximum(n, 1))[:, None]
    weights = sum_by(item_owner * len(sets) + shape, owners * len(sets), weight).reshape(owners, len(sets))
    covariance = counts[:, :, 3, None] * np.eye(places) - np.einsum("ob,bj,bk->ojk", weights, sets, sets)
    return [_position_test(counts[o, :, :3], covariance[o]) for o in range(owners)]


def _shapes(item: Ints, place: Ints, items: int, places: int) -> tuple[Ints, Floats]:
    """Which set of positions each item shows (I,), and the distinct sets (B, J)."""
    used = np.zeros((items, places), dtype=np.int64)
    used[item, place] = 1
    code = np.zeros(items, dtype=np.int64)
    for j in range(places):
        code, _ = encode(code * 2 + used[:, j])
    first = np.zeros(int(code.max(initial=-1)) + 1, dtype=np.int64)
    first[code] = np.arange(items)
    return code, used[first].astype(np.float64)


def _position_test(columns: Floats, covariance: Floats) -> PositionBias:
    """The chi-square test of one owner's counts (J, 3): cards shown, picked, expected to be picked."""
    shown, observed, expected = columns.T
    counts = tuple(map(round, shown.tolist())), tuple(map(round, observed.tolist())), tuple(expected.tolist())
    if not shown.sum():
        return PositionBias(*counts, reason=NOTHING)
    scale = float(np.abs(covariance).max())
    if scale <= 1e-12:
        return PositionBias(*counts, reason=NO_CHOICE)
    values, vectors = np.linalg.eigh(covariance)
    free = values > scale * 1e-9 * len(values)
    projected = vectors[:, free].T @ (observed - expected)
    chi_square, df = float((projected**2 / values[free]).sum()), int(free.sum())
    return PositionBias(*counts, chi_square, df, beyond_chi_square(chi_square, df))


def length_bias(
    rater: npt.ArrayLike,
    sample: npt.ArrayLike,
    item: npt.ArrayLike,
    length: npt.ArrayLike,
    picked: npt.ArrayLike,
    system: npt.ArrayLike | None = None,
    level: float = LEVEL,
) -> Estimate:
    """How many characters longer a picked card is than the average card of its item, with two-way interval.

    One row (N,) for each card shown. With `system` (N,), lengths count from the mean of their system, so that a good
    and wordy system is not taken for a bias of the raters. Items in which none or all cards were picked say nothing
    and are left out. 0 = no bias.
    """
    code, names = encode(item)
    size = np.asarray(length, dtype=np.float64)
    if system is not None:
        group, _ = encode(system)
        size = size - (np.bincount(group, weights=size) / np.maximum(np.bincount(group), 1))[group]
    pick = np.asarray(picked, dtype=np.float64)
    n = np.bincount(code, minlength=len(names)).astype(np.float64)
    k = np.bincount(code, weights=pick, minlength=len(names))
    total = np.bincount(code, weights=size, minlength=len(names))
    taken = np.bincount(code, weights=size * pick, minlength=len(names))
    told: Bools = (k > 0) & (k < n)
    first = np.zeros(len(names), dtype=np.int64)
    first[code] = np.arange(len(code))
    gap = taken[told] / k[told] - total[told] / n[told]
    rows = first[told]
    return mean_of(np.asarray(rater)[rows], np.asarray(sample)[rows], gap, level)


def longest_runs(rater: npt.ArrayLike, order: npt.ArrayLike, answer: npt.ArrayLike) -> dict[int | str, int]:
    """The longest run of one and the same answer of each rater, his answers (N,) taken in `order` (N,)."""
    owner, names = encode(rater)
    said, _ = encode(answer)
    rows = np.lexsort((np.asarray(order), owner))
    owner, said = owner[rows], said[rows]
    if not len(owner):
        return {}
    fresh = np.concatenate([[True], (owner[1:] != owner[:-1]) | (said[1:] != said[:-1])])
    starts = np.flatnonzero(fresh)
    lengths = np.diff(np.append(starts, len(owner)))
    longest = np.zeros(len(names), dtype=np.int64)
    np.maximum.at(longest, owner[starts], lengths)
    return dict(zip(names.tolist(), longest.tolist(), strict=True))
