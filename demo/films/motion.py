"""How things move: curves of time, and numbers that look random but are always the same."""

from __future__ import annotations

from functools import lru_cache
from math import pi, sin, tau

import numpy as np


def ramp(t: float, start: float, end: float) -> float:
    """0 before start, 1 after end, a soft rise between."""
    share = min(1.0, max(0.0, (t - start) / (end - start)))
    return share * share * (3 - 2 * share)


def pulse(t: float, start: float, end: float) -> float:
    """A soft bump: 0 outside (start, end), 1 in the middle."""
    return sin(pi * (t - start) / (end - start)) if start < t < end else 0.0


def wave(t: float, period: float, size: float = 1, phase: float = 0) -> float:
    """A swing of a size with a period in seconds; phase in rounds."""
    return size * sin(tau * (t / period + phase))


def between(one: float, two: float, share: float) -> float:
    """The number `share` of the way from one to two."""
    return one + (two - one) * share


@lru_cache(maxsize=512)
def scatter(seed: int, count: int, columns: int = 4) -> tuple[tuple[float, ...], ...]:
    """`count` rows of numbers in [0, 1), the same for the same seed."""
    return tuple(map(tuple, np.random.default_rng(seed).random((count, columns)).tolist()))


@lru_cache(maxsize=512)
def _waves(seed: int, octaves: int) -> tuple[tuple[float, float, float], ...]:
    rows = np.random.default_rng(seed).random((octaves, 2)).tolist()
    return tuple(((0.6 + 0.8 * a) * 1.9**i, b, 0.55**i) for i, (a, b) in enumerate(rows))


def noise(x: float, seed: int, octaves: int = 4) -> float:
    """A smooth hilly line in about [-1, 1]; one hill is about one unit of x wide."""
    parts = _waves(seed, octaves)
    return sum(size * sin(tau * (x * rate + phase)) for rate, phase, size in parts) / sum(p[2] for p in parts)
