"""Quantiles and tail areas of the normal, Student and chi-square distributions.

Straight from `scipy.special`: `scipy.stats` gives the very same numbers, and takes longer to import than the report of
a small campaign takes to compute.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, ndtri, stdtr, stdtrit

from evalsite.reports.estimators.results import Floats


def normal(level: float) -> float:
    """z with P(|Z| <= z) = level."""
    return float(ndtri((1 + level) / 2))


def student(level: float, df: int) -> float:
    """t with P(|T| <= t) = level, T Student with `df` degrees of freedom."""
    return float(stdtrit(df, (1 + level) / 2))


def beyond_student(value: npt.ArrayLike, df: int) -> Floats:
    """P(|T| >= |value|), the two-sided p-value."""
    return np.asarray(2 * stdtr(df, -np.abs(value)))


def beyond_chi_square(value: float, df: int) -> float:
    """P(X >= value), X chi-square with `df` degrees of freedom."""
    return float(chdtrc(df, value))
