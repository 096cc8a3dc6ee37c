"""How many raters and samples? Interval widths and power of a design, by simulating campaigns before there is one.

Campaigns are drawn from crossed effects on the logit scale (`estimators.effects`), analysed as the report analyses
them, and counted. Pure: no database.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from evalsite.reports.estimators.clusters import Crossing, cross, residual_variances
from evalsite.reports.estimators.effects import PreferenceEffects, RecallEffects, location_of, utilities_of
from evalsite.reports.estimators.intervals import TINY, degrees
from evalsite.reports.estimators.results import LEAST_CLUSTERS, LEVEL, Floats
from evalsite.reports.estimators.significance import ALPHA
from evalsite.reports.estimators.tails import beyond_student, normal, student

SIMULATIONS = 1000
CHUNK = 400_000
"""Random numbers held at once."""


class PlanError(ValueError):
    """A design that cannot be; the message says what to change."""


@dataclass(frozen=True, slots=True)
class RecallDesign:
    """`raters` who judge `items` of `samples` each, `outputs` comments of each system an item; the first `anchors`
    items are the same for everybody, the rest are dealt evenly.
    """

    raters: int
    items: int
    samples: int
    outputs: int = 3
    anchors: int = 2

    def crossing(self) -> Crossing:
        """Who judges what. Raises PlanError where a rater would meet a sample twice."""
        if min(self.raters, self.items, self.samples, self.outputs) < 1:
            raise PlanError("Raters, items, samples and outputs must all be at least 1.")
        if self.items > self.samples:
            raise PlanError(f"A rater cannot judge {self.items} items of {self.samples} samples; use fewer items.")
        shared = min(self.anchors, self.items)
        own = np.arange(self.raters)[:, None] * (self.items - shared) + np.arange(self.items - shared)
        dealt = shared + own % max(self.samples - shared, 1)
        fixed = np.broadcast_to(np.arange(shared), (self.raters, shared))
        sample = np.concatenate([fixed, dealt], axis=1)
        return cross(np.repeat(np.arange(self.raters), self.items), sample.ravel())


@dataclass(frozen=True, slots=True)
class PreferenceDesign:
    """`samples`, each judged by `raters_per_sample` of `raters`, dealt evenly."""

    raters: int
    samples: int
    raters_per_sample: int = 1

    def crossing(self) -> Crossing:
        """Who judges what. Raises PlanError where a rater would meet a sample twice."""
        if min(self.raters, self.samples, self.raters_per_sample) < 1:
            raise PlanError("Raters, samples and raters per sample must all be at least 1.")
        if self.raters_per_sample > self.raters:
            raise PlanError(f"{self.raters_per_sample} raters per sample need at least as many raters.")
        sample = np.repeat(np.arange(self.samples), self.raters_per_sample)
        return cross(np.arange(len(sample)) % self.raters, sample)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One design and what it can be expected to say. `judgments` are those of one system (in preference: the items).

    `half_width`: median half-width of the 95 % interval of the first system's measure; `power`: how often a difference
    of the planned size is found significant (both None where there is no interval); `power_error`: Monte Carlo
    standard error of power; `difference_error`: standard deviation of the estimated difference.
    """

    protocol: str
    raters: int
    samples: int
    samples_judged: int
    items_per_rater: float
    raters_per_sample: float
    judgments: int
    half_width: float | None
    power: float | None
    power_error: float | None
    difference_error: float
    simulations: int


Draw = Callable[[np.random.Generator, int], tuple[Floats, Floats]]
"""Draws B campaigns: mean success of two systems in each cell, each (C, B)."""


def plan_recall(
    designs: Iterable[RecallDesign],
    *,
    recall: float = 0.5,
    difference: float = 0.1,
    effects: RecallEffects | None = None,
    comparisons: int = 1,
    level: float = LEVEL,
    simulations: int = SIMULATIONS,
    seed: int = 0,
) -> list[PlanRow]:
    """A row for each design: a system with Human Recall `recall` against one `difference` higher.

    `comparisons` is the number of pairs of systems that will be tested; power is that of the hardest step of Holm's
    correction (ALPHA / comparisons). Effects are normal on the logit scale; the means are set so that the recalls
    hold for a new rater on a new sample.
    """
    assumed = effects or RecallEffects()
    for value in (recall, recall + difference):
        _check_share(value)
    mean = np.array([location_of(p, assumed.spread) for p in (recall, recall + difference)])
    rows = []
    for design in designs:
        crossing = design.crossing()
        found = _simulate(
            crossing,
            _recall_draw(crossing, mean, assumed, design.outputs),
            2 * crossing.cells * design.outputs,
            ALPHA / comparisons,
            level,
            simulations,
            seed,
        )
        rows.append(_row("human_recall", crossing, design.samples, crossing.cells * design.outputs, found, simulations))
    return rows


def plan_preference(
    designs: Iterable[PreferenceDesign],
    *,
    shares: Sequence[float] = (0.35, 0.25),
    effects: PreferenceEffects | None = None,
    comparisons: int = 1,
    level: float = LEVEL,
    simulations: int = SIMULATIONS,
    seed: int = 0,
) -> list[PlanRow]:
    """A row for each design: the first two of `shares` are compared; what the shares leave of 1 is "none of them"."""
    assumed = effects or PreferenceEffects()
    rest = 1 - sum(shares)
    if len(shares) < 2 or min(shares) <= 0 or rest <= 0:
        raise PlanError("Give at least two shares above 0 that leave something below 1 for none of them.")
    utility = utilities_of(np.array([*shares, rest]), math.hypot(assumed.rater, assumed.sample))
    rows = []
    for design in designs:
        crossing = design.crossing()
        draw = _preference_draw(crossing, utility, assumed)
        size = 2 * crossing.cells * len(utility)
        found = _simulate(crossing, draw, size, ALPHA / comparisons, level, simulations, seed)
        rows.append(_row("preference", crossing, design.samples, crossing.cells, found, simulations))
    return rows


def cheapest(rows: Iterable[PlanRow], half_width: float | None = None, power: float | None = None) -> PlanRow | None:
    """The row with the fewest judgments (then raters) that has such an interval and such power, or None."""
    meeting = [
        row
        for row in rows
        if (half_width is None or (row.half_width is not None and row.half_width <= half_width))
        and (power is None or (row.power is not None and row.power >= power))
    ]
    return min(meeting, key=lambda row: (row.judgments, row.raters), default=None)


def _check_share(value: float) -> None:
    if not 0 < value < 1:
        raise PlanError(f"A measure of {value:g} is not between 0 and 1; change the value or the difference.")


def _recall_draw(crossing: Crossing, mean: Floats, effects: RecallEffects, outputs: int) -> Draw:
    rater, sample = crossing.rater, crossing.sample

    def draw(rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
        clicks = effects.rater * rng.standard_normal((crossing.raters, size))
        ease = effects.sample * rng.standard_normal((crossing.samples, size))
        both = []
        for system in range(2):
            favour = effects.rater_system * rng.standard_normal((crossing.raters, size))
            base = mean[system] + (clicks + favour)[rater] + ease[sample]
            escaped = np.zeros_like(base)
            for _ in range(outputs):
                comment = effects.comment * rng.standard_normal((crossing.samples, size))
                escaped += rng.random(base.shape) < expit(base + comment[sample])
            both.append(escaped / outputs)
        return both[0], both[1]

    return draw


def _preference_draw(crossing: Crossing, utility: Floats, effects: PreferenceEffects) -> Draw:
    def draw(rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
        worths = []
        for option in range(len(utility)):
            taste = np.exp(utility[option] + effects.rater * rng.standard_normal((crossing.raters, size)))
            merit = np.exp(effects.sample * rng.standard_normal((crossing.samples, size)))
            worths.append(taste[crossing.rater] * merit[crossing.sample])
        place = rng.random(worths[0].shape) * sum(worths)
        first = place < worths[0]
        second = ~first & (place < worths[0] + worths[1])
        return first.astype(np.float64), second.astype(np.float64)

    return draw


@dataclass(frozen=True)
class _Found:
    half_widths: Floats
    rejected: Floats
    differences: Floats


def _simulate(
    crossing: Crossing, draw: Draw, size: int, alpha: float, level: float, simulations: int, seed: int
) -> _Found:
    """Draw and analyse campaigns in chunks of about CHUNK random numbers; `size` is what one campaign takes."""
    rng = np.random.default_rng(seed)
    chunk = max(1, min(simulations, CHUNK // max(size, 1)))
    parts = []
    for start in range(0, simulations, chunk):
        first, second = draw(rng, min(chunk, simulations - start))
        parts.append(_analyse(crossing, first, second, alpha, level))
    return _Found(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _analyse(
    crossing: Crossing, first: Floats, second: Floats, alpha: float, level: float
) -> tuple[Floats, Floats, Floats]:
    """Half-width of the first mean's interval, whether the difference is significant, and the difference: (B,) each.

    The same steps as `intervals.proportion` and `significance.difference`, for many campaigns at once; every cell
    has the same number of trials.
    """
    cells, df = crossing.cells, max(1, degrees(crossing.raters, crossing.samples))
    p, gap = first.mean(axis=0), (first - second).mean(axis=0)
    variance = residual_variances(crossing, (first - p) / cells)
    inner = (variance > TINY) & (p > 0) & (p < 1)
    safe = np.where(inner, p, 0.5)
    reach = student(level, df) * np.sqrt(variance) / (safe * (1 - safe))
    half = (expit(logit(safe) + reach) - expit(logit(safe) - reach)) / 2
    z2 = normal(level) ** 2 / crossing.raters
    edge = np.sqrt(z2 * p * (1 - p) + z2**2 / 4) / (1 + z2)
    spread = residual_variances(crossing, (first - second - gap) / cells)
    p_value = beyond_student(gap / np.sqrt(np.maximum(spread, TINY)), df)
    p_value = np.where(spread > TINY, p_value, np.where(np.abs(gap) < 1e-12, 1.0, 2.0 ** (1 - crossing.raters)))
    return np.where(inner, half, edge), (p_value <= alpha).astype(np.float64), gap


def _row(protocol: str, crossing: Crossing, samples: int, judgments: int, found: _Found, simulations: int) -> PlanRow:
    known = min(crossing.raters, crossing.samples) >= LEAST_CLUSTERS
    power = float(found.rejected.mean())
    return PlanRow(
        protocol,
        crossing.raters,
        samples,
        crossing.samples,
        crossing.cells / crossing.raters,
        crossing.cells / crossing.samples,
        judgments,
        float(np.median(found.half_widths)) if known else None,
        power if known else None,
        math.sqrt(power * (1 - power) / simulations) if known else None,
        float(found.differences.std()),
        simulations,
    )
