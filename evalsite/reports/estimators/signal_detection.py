"""How well raters tell generated from real comments, apart from how freely they click.

A generated comment marked fake is a hit, a real one marked fake a false alarm. d' = 0 means that a system cannot be
told from people, whatever the raters' habit; the criterion c is that habit (above 0: slow to mark fake).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from evalsite.reports.estimators.clusters import Crossing
from evalsite.reports.estimators.jackknife import jackknife, leave_outs
from evalsite.reports.estimators.results import LEVEL, NO_CONTROLS, NOTHING, Estimate, Floats, finite, undefined


@dataclass(frozen=True, slots=True)
class Detection:
    """Signal detection of one system (or rater): raw rates, and d' and c with the log-linear correction."""

    shown: int
    controls: int
    hit_rate: float | None
    false_alarm_rate: float | None
    d_prime: Estimate
    criterion: Estimate


def corrected_z(marked: Floats, shown: Floats) -> Floats:
    """z of the log-linearly corrected rate, (marked + 0.5) / (shown + 1), NaN where none was shown.

    Source: Hautus (1995). Always finite, and unlike a correction of 0 and 1 alone it does not depend on the data.
    """
    return np.where(shown > 0, ndtri((marked + 0.5) / (shown + 1)), np.nan)


def d_prime(sums: Floats) -> Floats:
    """z(hit) - z(false alarm) of sums (..., 4): hits, generated shown, false alarms, real shown.

    Source: Green & Swets (1966); Macmillan & Creelman (2005).
    """
    return corrected_z(sums[..., 0], sums[..., 1]) - corrected_z(sums[..., 2], sums[..., 3])


def criterion(sums: Floats) -> Floats:
    """-(z(hit) + z(false alarm)) / 2 of sums as in `d_prime`."""
    return -(corrected_z(sums[..., 0], sums[..., 1]) + corrected_z(sums[..., 2], sums[..., 3])) / 2


def by_system(
    crossing: Crossing, marked: Floats, shown: Floats, human: int | None, level: float = LEVEL
) -> list[Detection]:
    """Detection of each of K columns of cell totals `marked` and `shown` (C, K) against the column `human`.

    Rates are pooled over raters; intervals are two-way jackknives. Pooling over raters of unlike criteria draws
    d' towards 0 (Macmillan & Creelman 2005, chapter 10), for all systems alike; `by_rater` shows the raters one by one.
    The entry of `human` itself compares people with people: d' is 0 by definition and has no interval.
    """
    return [_detect(crossing, marked, shown, k, human, level) for k in range(marked.shape[1])]


def _detect(crossing: Crossing, marked: Floats, shown: Floats, k: int, human: int | None, level: float) -> Detection:
    count = int(shown[:, k].sum())
    hit_rate = _rate(marked[:, k].sum(), shown[:, k].sum())
    if human is None or not shown[:, human].sum():
        reason = undefined(NO_CONTROLS)
        return Detection(count, 0, hit_rate, None, reason, reason)
    real = int(shown[:, human].sum())
    alarm_rate = _rate(marked[:, human].sum(), shown[:, human].sum())
    if not count:
        return Detection(0, real, None, alarm_rate, undefined(NOTHING), undefined(NOTHING))
    totals = np.stack([marked[:, k], shown[:, k], marked[:, human], shown[:, human]], axis=1)
    sums, judges = leave_outs(crossing, totals), crossing.among(shown[:, k] > 0)
    d = Estimate(0.0) if k == human else jackknife(d_prime, sums, clusters=judges, level=level)
    return Detection(count, real, hit_rate, alarm_rate, d, jackknife(criterion, sums, clusters=judges, level=level))


def by_rater(crossing: Crossing, marked: Floats, shown: Floats, human: int) -> list[Detection]:
    """Detection of each rater: all generated columns pooled, against the column `human`; no intervals."""
    marks, cards = crossing.by_rater(marked), crossing.by_rater(shown)
    hits, signals = marks.sum(axis=1) - marks[:, human], cards.sum(axis=1) - cards[:, human]
    sums = np.stack([hits, signals, marks[:, human], cards[:, human]], axis=1)
    d, c = d_prime(sums), criterion(sums)
    return [_point(row, d[r], c[r]) for r, row in enumerate(sums)]


def _point(sums: Floats, d: float, c: float) -> Detection:
    reason = NO_CONTROLS if sums[3] <= 0 else NOTHING if sums[1] <= 0 else None
    return Detection(
        int(sums[1]),
        int(sums[3]),
        _rate(sums[0], sums[1]),
        _rate(sums[2], sums[3]),
        Estimate(finite(d), reason=reason),
        Estimate(finite(c), reason=reason),
    )


def _rate(marked: float, shown: float) -> float | None:
    return float(marked / shown) if shown > 0 else None
