"""The two-way jackknife: its parts equal known one-way results, its leave-outs equal recomputation."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from evalsite.reports.estimators import results
from evalsite.reports.estimators.clusters import cross, sum_by, tabulate
from evalsite.reports.estimators.intervals import mean_of
from evalsite.reports.estimators.jackknife import DeleteOne, LeaveOuts, from_values, jackknife, leave_outs, one_way


def test_one_way_is_the_squared_standard_error_of_a_mean():
    values = np.random.default_rng(0).normal(size=30)
    without = (values.sum() - values) / 29
    assert one_way(without) == pytest.approx(stats.sem(values) ** 2)


def test_counts_stand_for_repeated_values():
    values, count = np.array([1.0, 4.0, 2.0]), np.array([2.0, 1.0, 3.0])
    assert one_way(values, count) == pytest.approx(one_way(np.repeat(values, count.astype(int))))


def test_of_a_mean_in_a_complete_design_it_is_the_closed_form():
    rng = np.random.default_rng(1)
    rater, sample = np.indices((9, 14)).reshape(2, -1)
    value = rng.normal(size=9)[rater] + rng.normal(size=14)[sample] + rng.normal(size=126)
    crossing = cross(rater, sample)
    sums = leave_outs(crossing, np.stack([value, np.ones(126)], axis=1))
    found = jackknife(lambda t: t[:, 0] / t[:, 1], sums)
    closed = mean_of(rater, sample, value)
    assert found.value == pytest.approx(closed.value)
    # the closed form has no G / (G - 1) on cells
    assert found.se == pytest.approx(closed.se, rel=0.005)
    assert found.df == closed.df == 8


def test_leave_outs_are_the_sums_without_the_cluster():
    rng = np.random.default_rng(2)
    rater, sample, value = rng.integers(0, 5, 60), rng.integers(0, 8, 60), rng.random((60, 3))
    crossing = cross(rater, sample)
    sums = leave_outs(crossing, sum_by(crossing.cell, crossing.cells, value))
    for r in range(5):
        assert sums.without_rater[r] == pytest.approx(value[rater != r].sum(axis=0))
    for s in range(8):
        assert sums.without_sample[s] == pytest.approx(value[sample != s].sum(axis=0))
    for c in range(crossing.cells):
        assert sums.without_cell[c] == pytest.approx(value[crossing.cell != c].sum(axis=0))


def deletes(values, raters=5, samples=6):
    spread = np.linspace(-0.01, 0.01, raters), np.linspace(-0.02, 0.02, samples), np.linspace(-0.001, 0.001, 30)
    return DeleteOne(values, *(values + part for part in spread))


@pytest.mark.parametrize("scale", ["identity", "logit", "log"])
def test_each_scale_gives_nearly_the_same_short_interval(scale):
    found = from_values(deletes(0.4), scale=scale)
    plain = from_values(deletes(0.4))
    assert found.se == pytest.approx(plain.se, rel=0.01)
    assert found.low < 0.4 < found.high
    assert found.low == pytest.approx(plain.low, abs=0.02)


def test_the_logit_scale_stays_within_0_and_1_and_bounds_clip():
    found = from_values(deletes(0.03), scale="logit")
    assert 0 < found.low < 0.03 < found.high < 1
    assert from_values(deletes(0.99), bounds=(-1.0, 1.0)).high == 1.0


def test_the_variance_is_never_below_the_larger_one_way_term():
    cells = 0.4 + np.linspace(-1, 1, 30)
    values = DeleteOne(0.4, 0.4 + np.linspace(-0.1, 0.1, 5), 0.4 + np.linspace(-0.2, 0.2, 6), cells)
    assert from_values(values).se == pytest.approx(math.sqrt(max(one_way(values.raters), one_way(values.samples))))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (deletes(0.4, raters=2), results.FEW_RATERS),
        (deletes(0.4, samples=2), results.FEW_SAMPLES),
        (deletes(float("nan")), results.NOTHING),
        (DeleteOne(0.4, np.array([0.4, np.nan, 0.4]), np.full(3, 0.4), np.full(3, 0.4)), results.ONE_CLUSTER_DECIDES),
        (DeleteOne(0.4, np.full(3, 0.4), np.full(3, 0.4), np.full(3, 0.4)), results.NO_SPREAD),
    ],
)
def test_where_there_is_no_interval_there_is_a_reason(values, reason):
    found = from_values(values)
    assert (found.interval, found.reason) == (None, reason)


def test_a_statistic_that_one_rater_decides_has_no_interval():
    rater, sample = np.indices((5, 5)).reshape(2, -1)
    crossing = cross(rater, sample)
    only = tabulate(crossing, np.zeros(25, dtype=int), 1, rater == 0)
    sums = leave_outs(crossing, np.concatenate([only, only], axis=1))
    assert isinstance(sums, LeaveOuts)
    found = jackknife(lambda t: t[:, 0] / t[:, 1], sums)
    assert (found.value, found.reason) == (1.0, results.ONE_CLUSTER_DECIDES)


def test_independent_judgments_give_about_the_binomial_interval():
    rng = np.random.default_rng(3)
    rater, sample = rng.integers(0, 200, 4000), np.arange(4000)
    success = rng.random(4000) < 0.3
    crossing = cross(rater, sample)
    totals = np.stack([success[np.argsort(crossing.cell)].astype(float), np.ones(4000)], axis=1)
    found = jackknife(lambda t: t[:, 0] / t[:, 1], leave_outs(crossing, totals))
    assert (found.low, found.high) == pytest.approx(proportion_confint(success.sum(), 4000), abs=0.004)
