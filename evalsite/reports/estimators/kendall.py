"""Kendall's tau-b and its p-value, in O(n log n).

As `scipy.stats.kendalltau` (the tests hold the two together), whose import alone takes longer than forty of these.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from evalsite.reports.estimators.codes import encode
from evalsite.reports.estimators.results import Ints

EXACT = 33
"""Up to so many values without ties the p-value is exact; beyond, the normal approximation is as good."""


def kendall(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[float, float]:
    """tau-b of `x` and `y` (N,), corrected for ties, and the two-sided p-value of no association; NaN where one of them
    is constant. Source: Kendall (1970), Rank Correlation Methods, chapters 3 to 5.
    """
    first, second = np.unique(x, return_inverse=True)[1], np.unique(y, return_inverse=True)[1]
    n = len(first)
    pairs = n * (n - 1) // 2
    x_counts, y_counts = np.bincount(first), np.bincount(second)
    x_ties, y_ties = _tied(x_counts), _tied(y_counts)
    if pairs in (x_ties, y_ties):
        return math.nan, math.nan
    both = _tied(np.bincount(encode(first * len(y_counts) + second)[0]))
    discordant = inversions(second[np.lexsort((second, first))])
    surplus = pairs - x_ties - y_ties + both - 2 * discordant
    tau = min(1.0, max(-1.0, surplus / math.sqrt(pairs - x_ties) / math.sqrt(pairs - y_ties)))
    if not x_ties and not y_ties and n <= EXACT:
        return tau, _exact(n, min(discordant, pairs - discordant))
    return tau, _normal(surplus, n, x_counts, y_counts)


def _tied(counts: Ints) -> int:
    """Pairs with equal values."""
    return int((counts * (counts - 1) // 2).sum())


def inversions(ranks: Ints) -> int:
    """Pairs (i < j) with ranks[i] > ranks[j]; `ranks` (N,) are not negative.

    Bit by bit from the highest: among ranks that agree in all higher bits, a pair is inverted where a 1 comes before
    a 0.
    """
    total = 0
    for bit in reversed(range(int(ranks.max(initial=0)).bit_length())):
        one = (ranks >> bit) & 1
        seen = np.cumsum(one)
        higher = ranks >> (bit + 1)
        start = np.searchsorted(higher, higher)
        total += int(((seen - (seen - one)[start]) * (1 - one)).sum())
        ranks = ranks[np.argsort(ranks >> bit, kind="stable")]
    return total


def _exact(n: int, least: int) -> float:
    """Share of the n! orders with at most `least` inversions, or at least as many as their mirror."""
    shares = np.ones(1)
    for size in range(2, n + 1):
        shares = np.convolve(shares, np.full(size, 1 / size))
    return min(1.0, 2 * float(shares[: least + 1].sum()))


def _normal(surplus: int, n: int, x: Ints, y: Ints) -> float:
    """By the variance of concordant minus discordant pairs under ties (Kendall 1970, chapter 5)."""
    m = n * (n - 1.0)
    ties = [(c * (c - 1.0), c) for c in (x, y)]
    pairs = [float(both.sum()) for both, _ in ties]
    triples = [float((both * (c - 2)).sum()) for both, c in ties]
    weighed = sum(float((both * (2 * c + 5)).sum()) for both, c in ties)
    variance = (m * (2 * n + 5) - weighed) / 18 + pairs[0] * pairs[1] / (2 * m)
    if n > 2:
        variance += triples[0] * triples[1] / (9 * m * (n - 2))
    return float(2 * ndtr(-abs(surplus) / math.sqrt(variance)))
