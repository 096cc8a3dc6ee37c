"""Two-way intervals: equal to formulas written out plainly, and honest at the edges."""

import json
import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.proportion import proportion_confint

from evalsite.reports.estimators import results
from evalsite.reports.estimators.clusters import cross, ratios, sum_by, tabulate
from evalsite.reports.estimators.codes import encode
from evalsite.reports.estimators.intervals import mean_of, proportion, proportion_of, relative, wilson


def plain_two_way(rater, sample, success):
    """The formula of the protocol, written with dictionaries."""
    n, p = len(success), sum(success) / len(success)
    by_rater, by_sample, by_cell = {}, {}, {}
    for r, s, y in zip(rater, sample, success, strict=True):
        by_rater[r] = by_rater.get(r, 0) + y - p
        by_sample[s] = by_sample.get(s, 0) + y - p
        by_cell[r, s] = by_cell.get((r, s), 0) + y - p
    v_rater = sum(u * u for u in by_rater.values()) / n**2 * len(by_rater) / (len(by_rater) - 1)
    v_sample = sum(u * u for u in by_sample.values()) / n**2 * len(by_sample) / (len(by_sample) - 1)
    v_cell = sum(u * u for u in by_cell.values()) / n**2
    return p, max(v_rater + v_sample - v_cell, v_rater, v_sample), min(len(by_rater), len(by_sample)) - 1


def campaign(seed=0, raters=12, samples=30, rows=300):
    rng = np.random.default_rng(seed)
    rater, sample = rng.integers(0, raters, rows), rng.integers(0, samples, rows)
    logit = 0.8 * rng.standard_normal(raters)[rater] + 0.6 * rng.standard_normal(samples)[sample]
    return rater, sample, (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(float)


def test_the_interval_is_the_formula_written_out_plainly():
    rater, sample, success = campaign()
    p, variance, df = plain_two_way(rater.tolist(), sample.tolist(), success.tolist())
    half = stats.t.ppf(0.975, df) * math.sqrt(variance) / (p * (1 - p))
    centre = math.log(p / (1 - p))
    found = proportion_of(rater, sample, success)
    assert found.value == pytest.approx(p)
    assert found.se == pytest.approx(math.sqrt(variance))
    assert (found.low, found.high) == pytest.approx([1 / (1 + math.exp(-centre - s * half)) for s in (-1, 1)])
    assert (found.df, found.method, found.reason) == (df, "two-way", None)


def test_each_one_way_term_is_the_clustered_variance_of_statsmodels():
    rater, sample, success = campaign(3)
    crossing = cross(rater, sample)
    ones = tabulate(crossing, np.zeros(len(success), dtype=int), 1)
    table = ratios(crossing, tabulate(crossing, np.zeros(len(success), dtype=int), 1, success), ones)
    model = OLS(success, np.ones(len(success)))
    for groups, gram in ((rater, table.rater_gram), (sample, table.sample_gram)):
        fit = model.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
        assert gram[0, 0] == pytest.approx(fit.cov_params()[0, 0])


def test_the_two_way_variance_is_that_of_statsmodels_but_for_its_small_sample_factors():
    rater, sample, success = campaign(4)
    fit = OLS(success, np.ones(len(success))).fit(
        cov_type="cluster", cov_kwds={"groups": np.stack([rater, sample], axis=1), "use_correction": False}
    )
    crossing = cross(rater, sample)
    column = np.zeros(len(success), dtype=int)
    table = ratios(crossing, tabulate(crossing, column, 1, success), tabulate(crossing, column, 1))
    ours = table.rater_gram + table.sample_gram - table.cell_gram
    assert ours[0, 0] == pytest.approx(np.asarray(fit.cov_params())[0, 0])


@pytest.mark.parametrize(("count", "n"), [(0, 10), (3, 10), (10, 10), (81, 263), (1, 29)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilson_equals_statsmodels(count, n, level):
    assert wilson(count, n, level) == pytest.approx(
        proportion_confint(count, n, alpha=1 - level, method="wilson"), abs=1e-12
    )


def test_wilson_equals_newcombes_published_example():
    """Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) is None


def test_of_a_proportion_of_one_the_interval_is_wilsons_with_the_number_of_raters():
    rater, sample = np.divmod(np.arange(50), 10)
    found = proportion_of(rater, sample, np.ones(50))
    assert (found.low, found.high) == pytest.approx(wilson(5, 5))
    assert found.method == "wilson-raters"
    zero = proportion_of(rater, sample, np.zeros(50))
    assert (zero.value, zero.low) == (0.0, 0.0)
    assert zero.high == pytest.approx(wilson(0, 5)[1])


def test_where_every_cluster_shows_the_same_share_the_interval_is_not_a_point():
    rater, sample = np.divmod(np.arange(16), 4)
    found = proportion_of(rater, sample, (rater + sample) % 2)
    assert found.value == 0.5
    assert (found.low, found.high) == pytest.approx(wilson(2, 4))


def test_two_raters_or_two_samples_give_no_interval_but_a_reason():
    rater, sample = np.divmod(np.arange(20), 10)
    few = proportion_of(rater, sample, np.arange(20) % 3 == 0)
    assert (few.interval, few.reason) == (None, results.FEW_RATERS)
    assert few.value == pytest.approx(0.35)
    assert proportion_of(sample, rater, np.arange(20) % 3 == 0).reason == results.FEW_SAMPLES


def test_of_no_judgments_nothing_is_said_and_nothing_fails():
    empty = np.zeros(0, dtype=int)
    assert proportion_of(empty, empty, empty).reason == results.NOTHING
    assert mean_of(empty, empty, empty).reason == results.NOTHING


def test_a_system_judged_by_two_of_many_raters_has_no_interval():
    rater, sample, success = campaign()
    system = np.where(rater < 2, 0, 1)
    crossing = cross(rater, sample)
    table = ratios(crossing, tabulate(crossing, system, 2, success), tabulate(crossing, system, 2))
    assert proportion(table, 0).reason == results.FEW_RATERS
    assert proportion(table, 1).interval is not None


def test_a_mean_has_the_interval_of_its_formula():
    rater, sample, success = campaign(5)
    value = 3 * success + 7
    p, variance, df = plain_two_way(rater.tolist(), sample.tolist(), success.tolist())
    half = stats.t.ppf(0.975, df) * 3 * math.sqrt(variance)
    found = mean_of(rater, sample, value)
    assert (found.low, found.high) == pytest.approx((3 * p + 7 - half, 3 * p + 7 + half))


def test_the_interval_of_a_ratio_agrees_with_a_jackknife_of_its_logarithm():
    from evalsite.reports.estimators.jackknife import jackknife, leave_outs

    rng = np.random.default_rng(2)
    rater, sample, success = campaign(6, raters=60, samples=200, rows=6000)
    system = rng.integers(0, 2, len(success))
    crossing = cross(rater, sample)
    hits, shown = tabulate(crossing, system, 2, success), tabulate(crossing, system, 2)
    delta = relative(ratios(crossing, hits, shown), 0, 1)
    sums = leave_outs(crossing, np.concatenate([hits, shown], axis=1))
    other = jackknife(lambda t: t[:, 0] / t[:, 2] / (t[:, 1] / t[:, 3]), sums, scale="log")
    assert delta.value == pytest.approx(other.value)
    assert (delta.low, delta.high) == pytest.approx((other.low, other.high), rel=0.01)


def test_a_ratio_to_people_who_never_escape_is_undefined():
    rater, sample = np.divmod(np.arange(40), 8)
    crossing = cross(np.tile(rater, 2), np.tile(sample, 2))
    system = np.repeat([0, 1], 40)
    escaped = np.where(system == 0, np.tile(np.arange(40) % 3 == 0, 2), 0)
    table = ratios(crossing, tabulate(crossing, system, 2, escaped), tabulate(crossing, system, 2))
    assert relative(table, 0, 1).reason == results.NEVER_ESCAPED
    assert (relative(table, 1, 0).value, relative(table, 1, 0).reason) == (0.0, results.NO_LOG_INTERVAL)


def test_credits_that_are_fractions_are_proportions_too():
    rater, sample, success = campaign(8)
    found = proportion_of(rater, sample, success / 2)
    assert found.value == pytest.approx(success.mean() / 2)
    assert found.low < found.value < found.high


@pytest.mark.parametrize(
    "keys", [[5, 3, 5, 9], [10**12, 0, 10**12], ["b", "a", "b"], [-4, -4, 7], []], ids=lambda k: str(k)[:12]
)
def test_codes_are_dense_and_give_back_the_keys(keys):
    codes, values = encode(keys)
    assert values[codes].tolist() == keys
    assert sorted(set(codes.tolist())) == list(range(len(values)))
    assert values.tolist() == sorted(set(keys))


def test_sums_by_code_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    codes, values = rng.integers(0, 7, 50), rng.random((50, 3))
    expected = np.array([values[codes == g].sum(axis=0) for g in range(9)])
    assert sum_by(codes, 9, values) == pytest.approx(expected)
    assert sum_by(codes, 9, values[:, :1]) == pytest.approx(expected[:, :1])


judgments = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 1)), min_size=1, max_size=80).map(
    lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True))
)


@given(judgments, st.permutations(range(7)), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_neither_names_of_raters_nor_order_of_rows_matter(data, names, random):
    rater, sample, success = data
    order = list(range(len(rater)))
    random.shuffle(order)
    one = proportion_of(rater, sample, success)
    other = proportion_of(np.array(names)[rater][order] * 1000, sample[order], success[order])
    for a, b in ((one.value, other.value), (one.low, other.low), (one.high, other.high)):
        assert (a is None) == (b is None)
        assert a is None or a == pytest.approx(b, abs=1e-9)


@given(judgments)
@settings(max_examples=150, deadline=None)
def test_the_interval_holds_the_point_and_stays_within_0_and_1(data):
    found = proportion_of(*data)
    assert (found.interval is None) == (found.reason is not None)
    if found.low is not None:
        assert 0 <= found.low <= found.value + 1e-12
        assert found.value - 1e-12 <= found.high <= 1
    assert "NaN" not in json.dumps(asdict(found))


@given(judgments)
@settings(max_examples=100, deadline=None)
def test_swapping_success_and_failure_mirrors_the_interval(data):
    rater, sample, success = data
    one, other = proportion_of(rater, sample, success), proportion_of(rater, sample, 1 - success)
    if one.low is not None:
        assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-9)


@given(judgments)
@settings(max_examples=100, deadline=None)
def test_a_higher_level_gives_a_wider_interval(data):
    narrow, wide = proportion_of(*data, level=0.8), proportion_of(*data, level=0.99)
    if narrow.low is not None:
        assert wide.low <= narrow.low + 1e-12
        assert narrow.high <= wide.high + 1e-12
