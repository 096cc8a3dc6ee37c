"""What an estimator returns: a point, an interval, and a reason where there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LEVEL = 0.95
LEAST_CLUSTERS = 3
"""Below three raters or three samples a variance between them says nothing one could stand by."""

# Reasons are whole English sentences, so that pages can translate them as they stand.
NOTHING = "There are no judgments to compute this from."
FEW_RATERS = "An interval needs judgments by at least 3 raters."
FEW_SAMPLES = "An interval needs judgments on at least 3 samples."
NO_CONTROLS = "There are no real comments among the judged cards to compare with."
NEVER_ESCAPED = "The ratio is undefined because real comments never escaped."
NO_LOG_INTERVAL = "A ratio of 0 has no interval on the logarithmic scale."
NO_OVERLAP = "No comment was judged by two or more raters."
ONE_CATEGORY = "All raters always gave the same answer, so agreement beyond chance is undefined."
NOT_COMPLETE = "Fleiss' kappa needs comments that every rater judged."
ONE_CLUSTER_DECIDES = "The value is undefined when one rater or sample is left out, so it has no interval."
NO_SPREAD = "The values show no variance between raters or samples, so there is no interval."
CONSTANT = "A correlation needs values that differ."
FEW_SYSTEMS = "A correlation between systems needs at least 3 systems."
NEVER_COMPETED = "There are no choices between these systems."


def finite(value: float | np.floating[Any]) -> float | None:
    """The number as a Python float, or None where it is not finite (JSON has no NaN)."""
    number = float(value)
    return number if math.isfinite(number) else None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval.

    `se` is on the scale of `value`; `df` are the degrees of freedom of Student's t; `method` names how the
    interval was made ("two-way", "jackknife", "wilson-raters", ...; "" where there is none); `reason` says why the
    value or the interval is missing. Every number is finite or None.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    se: float | None = None
    df: int | None = None
    method: str = ""
    reason: str | None = None

    @property
    def interval(self) -> list[float] | None:
        """[low, high] as the report prints it, or None."""
        return None if self.low is None or self.high is None else [self.low, self.high]

    @property
    def half_width(self) -> float | None:
        """Half the length of the interval, or None."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


def undefined(reason: str) -> Estimate:
    """An estimate that cannot be made, and why."""
    return Estimate(None, reason=reason)


def too_few(raters: int, samples: int) -> str | None:
    """Why these numbers of clusters allow no interval, or None where they do."""
    if raters < LEAST_CLUSTERS:
        return FEW_RATERS
    return FEW_SAMPLES if samples < LEAST_CLUSTERS else None
