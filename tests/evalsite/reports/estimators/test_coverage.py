"""Simulated campaigns: intervals cover and tests hold their level; benchmarks/estimators.py prints the figures."""

import pytest
from scipy.stats import binom

from benchmarks.estimators import DESIGNS, rates, recall_run, share_run, true_shares

RUNS = 300


def plausible(rate, nominal):
    """Whether this is no surprise (one in ten thousand) of an estimator within 0.01 of what it promises."""
    low = binom.ppf(0.0001, RUNS, nominal - 0.01)
    high = binom.ppf(0.9999, RUNS, nominal + 0.01)
    return low <= round(rate * RUNS) <= high


@pytest.fixture(scope="module")
def shares():
    return true_shares(400_000)


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_of_human_recall_intervals_cover_and_a_true_null_is_seldom_rejected(design):
    found = rates(lambda rng: recall_run(design, rng), RUNS, seed=11)
    size = found.pop("rejects a true null")
    assert all(plausible(rate, 0.95) for rate in found.values()), found
    assert plausible(size, 0.05), size


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_of_preference_intervals_cover_and_a_true_null_is_seldom_rejected(design, shares):
    found = rates(lambda rng: share_run(design, rng, shares), RUNS, seed=12)
    size = found.pop("rejects a true null")
    assert all(plausible(rate, 0.95) for rate in found.values()), found
    assert plausible(size, 0.05), size
