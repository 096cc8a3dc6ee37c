"""Automatic metrics beside people."""

import numpy as np
import pytest
from scipy import stats

from evalsite.reports.estimators import results
from evalsite.reports.estimators.clusters import cross, tabulate
from evalsite.reports.estimators.correlation import _Outputs, _pearson_sums, between_outputs, between_systems
from evalsite.reports.estimators.correlation import pairs_ordered_alike as ordered_alike


def campaign(seed=0, raters=10, samples=60, systems=5):
    """Two in five of all judgments of a crossed design; the metric is the outputs' quality with noise."""
    rng = np.random.default_rng(seed)
    grid = np.indices((raters, samples, systems)).reshape(3, -1)
    rater, sample, system = grid[:, rng.random(grid.shape[1]) < 0.4]
    output = sample * systems + system
    quality = rng.normal(size=samples * systems) + np.linspace(-1, 1, systems)[np.arange(samples * systems) % systems]
    logit = quality[output] + 0.7 * rng.normal(size=raters)[rater]
    judged = (rng.random(len(rater)) < 1 / (1 + np.exp(-logit))).astype(float)
    metric = quality + rng.normal(size=samples * systems)
    return rater, sample, system, output, metric, judged


def test_between_systems_the_points_are_scipys():
    rater, sample, system, _, _, judged = campaign()
    crossing = cross(rater, sample)
    hits, shown = tabulate(crossing, system, 5, judged), tabulate(crossing, system, 5)
    metric = np.array([0.1, 0.3, 0.2, 0.5, 0.6])
    found = between_systems(crossing, hits, shown, metric)
    human = hits.sum(axis=0) / shown.sum(axis=0)
    assert found.pearson.value == pytest.approx(stats.pearsonr(metric, human)[0])
    tau = stats.kendalltau(metric, human)
    assert (found.kendall.value, found.tau_p) == pytest.approx((tau.statistic, tau.pvalue))
    assert found.pearson.low < found.pearson.value <= found.pearson.high <= 1
    assert (found.kendall.interval, found.n) == (None, 5)


def test_the_interval_between_systems_holds_r_of_the_true_values():
    rater, sample, system, _, _, judged = campaign(3, raters=40, samples=100)
    crossing = cross(rater, sample)
    metric = np.array([0.0, 1.0, 0.5, 2.0, 1.0])
    found = between_systems(crossing, tabulate(crossing, system, 5, judged), tabulate(crossing, system, 5), metric)
    truth = stats.pearsonr(metric, np.linspace(-1, 1, 5))[0]
    assert found.pearson.low - 0.03 < truth < found.pearson.high + 0.03


def test_a_metric_that_is_missing_for_a_system_leaves_it_out():
    rater, sample, system, _, _, judged = campaign()
    crossing = cross(rater, sample)
    hits, shown = tabulate(crossing, system, 5, judged), tabulate(crossing, system, 5)
    found = between_systems(crossing, hits, shown, [0.1, np.nan, 0.2, 0.5, 0.6])
    human = (hits.sum(axis=0) / shown.sum(axis=0))[[0, 2, 3, 4]]
    assert found.n == 4
    assert found.pearson.value == pytest.approx(stats.pearsonr([0.1, 0.2, 0.5, 0.6], human)[0])


def test_two_systems_have_no_correlation_and_a_constant_metric_neither():
    rater, sample, system, _, _, judged = campaign()
    crossing = cross(rater, sample)
    hits, shown = tabulate(crossing, system, 5, judged), tabulate(crossing, system, 5)
    two = between_systems(crossing, hits[:, :2], shown[:, :2], [0.1, 0.2])
    assert two.pearson.reason == two.kendall.reason == results.FEW_SYSTEMS
    flat = between_systems(crossing, hits, shown, np.ones(5))
    assert flat.pearson.reason == flat.kendall.reason == results.CONSTANT


def test_between_outputs_the_points_are_scipys_of_mean_judgments():
    rater, sample, _, output, metric, judged = campaign()
    found = between_outputs(rater, sample, output, metric[output], judged)
    seen = np.unique(output)
    human = np.array([judged[output == o].mean() for o in seen])
    assert found.n == len(seen)
    assert found.pearson.value == pytest.approx(stats.pearsonr(metric[seen], human)[0])
    assert found.kendall.value == pytest.approx(stats.kendalltau(metric[seen], human.round(12))[0])
    for estimate in (found.pearson, found.kendall):
        assert -1 <= estimate.low < estimate.value < estimate.high <= 1
        assert estimate.low > 0


def test_leave_outs_of_outputs_equal_recomputation():
    rater, sample, _, output, metric, judged = campaign(1, raters=5, samples=12, systems=2)
    x = metric[output]

    def data(keep):
        unit = np.unique(output[keep], return_inverse=True)[1]
        return _Outputs(cross(rater[keep], sample[keep]), unit, x[keep], judged[keep], unit.max() + 1)

    def r(keep):
        unit = output[keep]
        seen = np.unique(unit)
        return stats.pearsonr(metric[seen], [judged[keep][unit == o].mean() for o in seen])[0]

    everything = np.ones(len(rater), dtype=bool)
    sums = data(everything).sums()
    crossing = cross(rater, sample)
    assert _pearson_sums(sums.total[None])[0] == pytest.approx(r(everything))
    for g in range(5):
        assert _pearson_sums(sums.without_rater)[g] == pytest.approx(r(rater != crossing.rater_ids[g]))
    for g in range(crossing.samples):
        assert _pearson_sums(sums.without_sample)[g] == pytest.approx(r(sample != crossing.sample_ids[g]))
    for g in range(crossing.cells):
        assert _pearson_sums(sums.without_cell)[g] == pytest.approx(r(crossing.cell != g))


def test_an_unrelated_metric_has_an_interval_around_0():
    rater, sample, _, output, _, judged = campaign(2)
    noise = np.random.default_rng(5).normal(size=output.max() + 1)
    found = between_outputs(rater, sample, output, noise[output], judged)
    assert found.pearson.low < 0 < found.pearson.high
    assert found.kendall.low < 0 < found.kendall.high


def test_scale_and_shift_of_the_metric_do_not_matter():
    rater, sample, _, output, metric, judged = campaign(4)
    one = between_outputs(rater, sample, output, metric[output], judged)
    other = between_outputs(rater, sample, output, 1000 + 3 * metric[output], judged)
    assert other.pearson.low == pytest.approx(one.pearson.low)
    assert other.kendall == one.kendall


def test_few_raters_or_constant_judgments_say_why():
    rater, sample, _, output, metric, judged = campaign()
    few = rater < 2
    found = between_outputs(rater[few], sample[few], output[few], metric[output][few], judged[few])
    assert found.pearson.reason == found.kendall.reason == results.FEW_RATERS
    flat = between_outputs(rater, sample, output, metric[output], np.ones(len(rater)))
    assert flat.pearson.reason == flat.kendall.reason == results.CONSTANT
    gone = between_outputs(rater, sample, output, np.full(len(rater), np.nan), judged)
    assert (gone.n, gone.pearson.reason) == (0, results.CONSTANT)


def test_pairs_ordered_alike_pass_over_ties():
    assert ordered_alike([1, 2, 3], [0.1, 0.3, 0.2]) == (2, 3)
    assert ordered_alike([1, 1, 3], [0.1, 0.3, 0.2]) == (1, 2)
