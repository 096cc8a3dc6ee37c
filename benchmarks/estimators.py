"""Do the estimators keep their promises? Coverage and size in simulated campaigns, and the cost of a million judgments.

`python -m benchmarks.estimators [--runs 1000] [--rows 1000000]` prints the tables. Campaigns are drawn from crossed
effects on the logit scale: raters (how freely they click, and whom they favour), samples, comments. The interval has to
cover the value of a new rater on a new sample, not that of the raters and samples at hand.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import expit

from evalsite.reports.estimators import agreement, bias, choice_models, correlation, measures, quality, significance
from evalsite.reports.estimators.clusters import cross, ratios, tabulate
from evalsite.reports.estimators.intervals import proportion, relative
from evalsite.reports.estimators.jackknife import jackknife, leave_outs
from evalsite.reports.estimators.results import Estimate
from evalsite.reports.estimators.signal_detection import d_prime

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

RATER, RATER_SYSTEM, SAMPLE, COMMENT = 0.8, 0.4, 0.6, 0.8
"""Standard deviations of the effects on the logit scale."""
BASE, REAL = -0.3, 0.6
"""Logit at the mean of two equally good systems, and of people."""
UTILITY = np.array([0.4, 0.4, -0.3, 0.0])
"""Mean utility of three systems, the first two equally good, and of none of them."""


@dataclass(frozen=True)
class Design:
    """Which rater sees which sample: returns raters and samples of the cells, and how many of each there are."""

    name: str
    deal: Callable[[np.random.Generator], tuple[Ints, Ints]]
    raters: int
    samples: int
    comments: int


def draw_subset(raters: int, items: int, samples: int) -> Callable[[np.random.Generator], tuple[Ints, Ints]]:
    """Each rater sees `items` of `samples`, drawn without replacement."""

    def deal(rng: np.random.Generator) -> tuple[Ints, Ints]:
        seen = np.concatenate([rng.choice(samples, items, replace=False) for _ in range(raters)])
        return np.repeat(np.arange(raters), items), seen

    return deal


def deal_once(raters: int, samples: int) -> Callable[[np.random.Generator], tuple[Ints, Ints]]:
    """Each sample goes to one rater."""

    def deal(rng: np.random.Generator) -> tuple[Ints, Ints]:
        return rng.permutation(np.arange(samples) % raters), np.arange(samples)

    return deal


def everything(raters: int, samples: int) -> Callable[[np.random.Generator], tuple[Ints, Ints]]:
    """Every rater sees every sample."""

    def deal(rng: np.random.Generator) -> tuple[Ints, Ints]:
        return np.repeat(np.arange(raters), samples), np.tile(np.arange(samples), raters)

    return deal


DESIGNS = (
    Design("40 raters x 20 of 900", draw_subset(40, 20, 900), 40, 900, 3),
    Design("15 raters, 900 samples dealt once", deal_once(15, 900), 15, 900, 1),
    Design("15 raters, all the same 300 samples", everything(15, 300), 15, 300, 1),
    Design("8 raters x 20 of 100", draw_subset(8, 20, 100), 8, 100, 3),
)


def normal_mean(mean: float, sd: float) -> float:
    """E[expit(mean + sd Z)] by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    return float(weights @ expit(mean + sd * nodes) / weights.sum())


SPREAD = float(np.sqrt(RATER**2 + RATER_SYSTEM**2 + SAMPLE**2 + COMMENT**2))
TRUE_RECALL = normal_mean(BASE, SPREAD)
TRUE_REAL = normal_mean(REAL, SPREAD)


@dataclass(frozen=True)
class Judged:
    """A simulated Human Recall campaign: one row for each judged comment; systems 0 and 1 are equal, 2 is people."""

    rater: Ints
    sample: Ints
    system: Ints
    output: Ints
    escaped: Floats


def draw_recall(design: Design, rng: np.random.Generator) -> Judged:
    """One Human Recall campaign under the null: systems 0 and 1 have the same mean."""
    rater, sample = design.deal(rng)
    mean = np.array([BASE, BASE, REAL])
    by_rater = RATER * rng.standard_normal((design.raters, 1)) + RATER_SYSTEM * rng.standard_normal((design.raters, 3))
    by_sample = SAMPLE * rng.standard_normal(design.samples)
    by_comment = COMMENT * rng.standard_normal((design.samples, 3, design.comments))
    logit = (mean + by_rater[rater] + by_sample[sample, None])[:, :, None] + by_comment[sample]
    escaped = rng.random(logit.shape) < expit(logit)
    cell, system, place = np.indices(logit.shape).reshape(3, -1)
    output = (sample[cell] * 3 + system) * design.comments + place
    return Judged(rater[cell], sample[cell], system, output, escaped.reshape(-1).astype(np.float64))


def draw_choices(design: Design, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints]:
    """One preference campaign under the null: rater, sample, card (I, 3) and chosen card of each item."""
    rater, sample = design.deal(rng)
    by_rater = RATER * rng.standard_normal((design.raters, 4))
    by_sample = SAMPLE * rng.standard_normal((design.samples, 4))
    utility = UTILITY + by_rater[rater] + by_sample[sample] + rng.gumbel(size=(len(rater), 4))
    best = utility.argmax(axis=1)
    card = np.tile(np.arange(3), (len(rater), 1))
    return rater, sample, card, np.where(best == 3, -1, best)


def true_shares(draws: int = 4_000_000) -> Floats:
    """The mean shares of a new rater on a new sample, by Monte Carlo (error below 0.0003)."""
    rng = np.random.default_rng(7)
    total = np.zeros(4)
    for _ in range(8):
        half = np.hypot(RATER, SAMPLE) * rng.standard_normal((draws // 16, 4))
        for effects in (half, -half):
            utility = np.exp(UTILITY + effects)
            total += (utility / utility.sum(axis=1, keepdims=True)).sum(axis=0)
    return total / total.sum()


def covers(estimate: Estimate, truth: float) -> bool:
    """Whether there is an interval and it holds the truth."""
    return estimate.low is not None and estimate.high is not None and estimate.low <= truth <= estimate.high


def recall_run(design: Design, rng: np.random.Generator) -> dict[str, bool]:
    """What one simulated campaign says: which intervals cover, and whether the true null is rejected."""
    data = draw_recall(design, rng)
    crossing = cross(data.rater, data.sample)
    shown = tabulate(crossing, data.system, 3)
    escaped = tabulate(crossing, data.system, 3, data.escaped)
    table = ratios(crossing, escaped, shown)
    marked = shown - escaped
    sums = leave_outs(crossing, np.stack([marked[:, 0], shown[:, 0], marked[:, 2], shown[:, 2]], axis=1))
    true_d = stats.norm.ppf(1 - TRUE_RECALL) - stats.norm.ppf(1 - TRUE_REAL)
    p = significance.difference(table, 0, 1).p
    return {
        "Human Recall": covers(proportion(table, 0), TRUE_RECALL),
        "humanness ratio": covers(relative(table, 0, 2), TRUE_RECALL / TRUE_REAL),
        "d'": covers(jackknife(d_prime, sums), float(true_d)),
        "rejects a true null": p is not None and p <= significance.ALPHA,
    }


def share_run(design: Design, rng: np.random.Generator, truth: Floats) -> dict[str, bool]:
    """The same of one simulated preference campaign."""
    rater, sample, card, chosen = draw_choices(design, rng)
    found = measures.preference(rater, sample, card, chosen)
    worths = choice_models.luce(rater, sample, card, chosen)
    p = significance.difference(found.table, 0, 1).p
    return {
        "share": covers(found.systems[0].share, truth[0]),
        "share of none": covers(found.none.share, truth[3]),
        "worth": covers(worths.worth[0], truth[0]),
        "rejects a true null": p is not None and p <= significance.ALPHA,
    }


def rates(run: Callable[[np.random.Generator], dict[str, bool]], runs: int, seed: int) -> dict[str, float]:
    """Shares of `runs` campaigns, each from its own seed, in which each statement held."""
    found = [run(np.random.default_rng([seed, i])) for i in range(runs)]
    return {key: sum(outcome[key] for outcome in found) / runs for key in found[0]}


def print_rates(protocol: str, design: str, found: dict[str, float], runs: int) -> None:
    """One line for each statement: how often it held in `runs` campaigns of a design."""
    for name, rate in found.items():
        kind, nominal = ("", 0.05) if name.startswith("rejects") else ("interval covers ", 0.95)
        error = (nominal * (1 - nominal) / runs) ** 0.5
        print(f"{protocol}, {design}, {kind}{name}: {rate:.3f} of campaigns (nominal {nominal}, se {error:.3f})")


def simulate_all(runs: int) -> None:
    """Print coverage and size in every design, for both protocols."""
    truth = true_shares()
    for design in DESIGNS:
        found = rates(lambda rng, d=design: recall_run(d, rng), runs, 1)
        print_rates("Human Recall", design.name, found, runs)
    for design in DESIGNS:
        found = rates(lambda rng, d=design: share_run(d, rng, truth), runs, 2)
        print_rates("preference", design.name, found, runs)


def clocked(name: str, work: Callable[[], object]) -> float:
    """Run, print and return the processor seconds it took."""
    start = time.process_time()
    work()
    seconds = time.process_time() - start
    print(f"{name}: {seconds:.2f} s (processor time, one core)")
    return seconds


def measure_recall(rows: int) -> float:
    """Seconds for all Human Recall numbers of `rows` judgments: 5 systems, 1,000 raters, 5,000 samples."""
    rng = np.random.default_rng(3)
    cells = rows // 5
    key = rng.choice(1000 * 5000, cells, replace=False)
    rater, sample = np.repeat(key // 5000, 5), np.repeat(key % 5000, 5)
    system = np.tile(np.arange(5), cells)
    output = sample * 5 + system
    escaped = (rng.random(rows) < 0.5).astype(np.float64)
    item, place = np.repeat(np.arange(cells), 5), np.tile(np.arange(5), cells)
    length, metric = rng.integers(1, 20, rows), rng.random(25_000)[output]
    found: list[measures.RecallTable] = []

    def recall() -> None:
        found.append(measures.human_recall(rater, sample, system, escaped, 5, human=0))
        significance.compare(found[0].table)

    return sum(
        [
            clocked("Human Recall, detection, comparisons", recall),
            clocked("agreement", lambda: agreement.agreement(agreement.ratings(rater, output, escaped, sample))),
            clocked("position bias", lambda: bias.position_bias(item, place, 1 - escaped)),
            clocked("position bias by rater", lambda: bias.position_bias_by_rater(rater, item, place, 1 - escaped)),
            clocked("length bias", lambda: bias.length_bias(rater, sample, item, length, 1 - escaped, system)),
            clocked("longest runs", lambda: bias.longest_runs(rater, item, escaped)),
            clocked("medians of raters", lambda: quality.group_quantiles(rater[::5], rng.random(cells))),
            clocked(
                "correlation of outputs", lambda: correlation.between_outputs(rater, sample, output, metric, escaped)
            ),
        ]
    )


def measure_choices(rows: int) -> float:
    """Seconds for all preference numbers of `rows` choices among 5 systems."""
    rng = np.random.default_rng(4)
    key = rng.choice(1000 * 5000, rows, replace=False)
    rater, sample = key // 5000, key % 5000
    card = np.tile(np.arange(5), (rows, 1))
    card[rng.random(card.shape) < 0.2] = -1
    pick = rng.integers(0, 5, rows)
    chosen = card[np.arange(rows), pick]

    def shares() -> None:
        significance.compare(measures.preference(rater, sample, card, chosen).table)

    return sum(
        [
            clocked("shares, comparisons", shares),
            clocked("worths", lambda: choice_models.luce(rater, sample, card, chosen)),
            clocked("agreement", lambda: agreement.agreement(agreement.ratings(rater, sample, chosen))),
        ]
    )


def measure_speed(rows: int) -> None:
    """Print the time and memory of every estimator at `rows` judgments."""
    recall = measure_recall(rows)
    print(f"all Human Recall numbers of {rows:,} judgments: {recall:.2f} s (sum of the above)")
    choices = measure_choices(rows // 5)
    print(f"all preference numbers of {rows // 5:,} choices among 5 systems: {choices:.2f} s (sum of the above)")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of both: {peak:,.0f} MiB (resident, the simulated judgments included)")


def main(arguments: Sequence[str] = ()) -> None:
    """Print every figure; `--runs` and `--rows` make it shorter."""
    parser = argparse.ArgumentParser(prog="benchmarks.estimators")
    parser.add_argument("--runs", type=int, default=2000, help="simulated campaigns a design; 0: none")
    parser.add_argument("--rows", type=int, default=1_000_000, help="judgments of the speed table; 0: none")
    options = parser.parse_args(arguments)
    if options.rows:
        measure_speed(options.rows)
    if options.runs:
        simulate_all(options.runs)


if __name__ == "__main__":
    main(sys.argv[1:])
