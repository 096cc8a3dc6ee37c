"""Paired tests, Holm's correction, ranks and groups."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from evalsite.reports.estimators import results
from evalsite.reports.estimators.clusters import cross, ratios, tabulate
from evalsite.reports.estimators.intervals import mean_of, proportion_of
from evalsite.reports.estimators.significance import (
    Comparison,
    compare,
    difference,
    holm,
    independent_difference,
    newcombe,
    not_separable,
    rank_ranges,
)


def table_of(rater, sample, system, success, systems):
    crossing = cross(rater, sample)
    return ratios(crossing, tabulate(crossing, system, systems, success), tabulate(crossing, system, systems))


def paired(seed=0, raters=10, samples=25, systems=3):
    rng = np.random.default_rng(seed)
    rater, sample, system = np.indices((raters, samples, systems)).reshape(3, -1)
    logit = rng.normal(size=raters)[rater] + rng.normal(size=samples)[sample] + np.linspace(-1, 1, systems)[system]
    return rater, sample, system, (rng.random(len(rater)) < 1 / (1 + np.exp(-logit))).astype(float)


def test_a_difference_is_the_mean_of_the_paired_differences():
    rater, sample, system, success = paired()
    found = difference(table_of(rater, sample, system, success, 3), 0, 2)
    first, last = system == 0, system == 2
    mean = mean_of(rater[first], sample[first], success[first] - success[last])
    assert found.difference == pytest.approx(mean.value)
    assert (found.low, found.high) == pytest.approx((mean.low, mean.high))
    assert found.p == pytest.approx(2 * stats.t.sf(abs(mean.value) / mean.se, mean.df))


def test_where_each_rater_saw_one_sample_of_his_own_the_test_is_the_paired_t_test():
    rng = np.random.default_rng(1)
    n = 40
    first, second = (rng.random(n) < 0.7).astype(float), (rng.random(n) < 0.4).astype(float)
    rows = np.tile(np.arange(n), 2)
    found = difference(table_of(rows, rows, np.repeat([0, 1], n), np.r_[first, second], 2), 0, 1)
    # The sum of both one-way terms less the cell leaves (2n/(n-1) - 1) of the one-way variance, which the floor lifts.
    classic = stats.ttest_rel(first, second)
    ratio = (2 * n / (n - 1) - 1) / (n / (n - 1))
    assert found.difference / found.se * math.sqrt(max(ratio, 1)) == pytest.approx(classic.statistic)
    assert found.p == pytest.approx(classic.pvalue, abs=0.002)


def test_order_of_the_pair_only_changes_the_sign():
    table = table_of(*paired(2), 3)
    one, other = difference(table, 0, 1), difference(table, 1, 0)
    assert (one.difference, one.low, one.high) == pytest.approx((-other.difference, -other.high, -other.low))
    assert one.p == pytest.approx(other.p)


def test_pairing_takes_out_what_raters_do_to_all_systems():
    rng = np.random.default_rng(5)
    rater, sample, system = np.indices((12, 40, 2)).reshape(3, -1)
    harsh = 2.5 * rng.normal(size=12)[rater]
    success = (rng.random(len(rater)) < 1 / (1 + np.exp(-harsh))).astype(float)
    found = difference(table_of(rater, sample, system, success, 2), 0, 1)
    alone = proportion_of(rater[system == 0], sample[system == 0], success[system == 0])
    assert found.se < alone.se / 2


def test_where_all_raters_always_say_the_same_the_sign_test_over_raters_speaks():
    rater, sample, system = np.indices((6, 10, 2)).reshape(3, -1)
    found = difference(table_of(rater, sample, system, system.astype(float), 2), 1, 0)
    assert found.difference == 1.0
    assert found.p == pytest.approx(stats.binomtest(6, 6).pvalue)
    assert found.low < found.high == 1.0
    same = difference(table_of(rater, sample, system, np.ones(len(rater)), 2), 1, 0)
    assert (same.difference, same.p) == (0.0, 1.0)
    assert same.low < 0 < same.high


@pytest.mark.parametrize(("a", "b", "n"), [(0.9, 0.3, 10), (1.0, 0.0, 10), (0.5, 0.5, 20)])
def test_newcombes_interval_equals_statsmodels(a, b, n):
    expected = confint_proportions_2indep(a * n, n, b * n, n, method="newcomb", compare="diff")
    assert newcombe(a, b, n) == pytest.approx(expected)


def test_newcombes_interval_equals_the_published_example():
    """Newcombe (1998), 9 of 10 against 3 of 10, method 10: 0.1705 to 0.8090."""
    assert newcombe(0.9, 0.3, 10) == pytest.approx((0.1705, 0.8090), abs=5e-5)


def test_few_clusters_give_a_difference_without_a_test():
    rater, sample, system = np.indices((2, 30, 2)).reshape(3, -1)
    found = difference(table_of(rater, sample, system, (sample + system) % 2, 2), 0, 1)
    assert (found.p, found.interval, found.reason) == (None, None, results.FEW_RATERS)


def test_a_system_that_was_never_shown_is_compared_with_nothing():
    rater, sample, system, success = paired()
    found = compare(table_of(rater, sample, system, success, 4))
    assert [pair.reason for pair in found if pair.b == 3] == [results.NOTHING] * 3
    assert all(pair.p_holm is not None for pair in found if pair.b != 3)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None)  # statsmodels takes a tenth of a second for each
def test_holm_equals_statsmodels(p_values):
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1].tolist())


def test_holm_equals_the_textbook_example_and_passes_over_what_is_unknown():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([None, 0.01, None]) == [None, 0.01, None]
    assert holm([]) == []


def pair(a, b, d, p):
    return Comparison(a, b, d, p=p, p_holm=p)


def test_ranks_range_over_what_is_not_separable():
    found = [pair(0, 1, 0.2, 0.01), pair(0, 2, 0.3, 0.001), pair(1, 2, 0.1, 0.4)]
    assert rank_ranges(found) == {0: (1, 1), 1: (2, 3), 2: (2, 3)}
    assert not_separable(found) == [(0,), (1, 2)]


def test_groups_overlap_where_not_separable_is_not_transitive():
    found = [pair(0, 1, 0.1, 0.3), pair(1, 2, 0.1, 0.3), pair(0, 2, 0.2, 0.01)]
    assert not_separable(found) == [(0, 1), (1, 2)]
    assert rank_ranges(found) == {0: (1, 2), 1: (1, 3), 2: (2, 3)}


def test_nothing_separable_is_one_group_and_untested_pairs_are_not_separable():
    found = [pair(0, 1, None, None), pair(0, 2, 0.1, 0.5), pair(1, 2, 0.1, 0.5)]
    assert not_separable(found) == [(0, 1, 2)]
    assert set(rank_ranges(found).values()) == {(1, 3)}
    assert not_separable([]) == []


@given(st.lists(st.booleans(), min_size=15, max_size=15))
@settings(max_examples=100, deadline=None)
def test_groups_are_all_maximal_cliques_of_what_is_not_separable(differ):
    import itertools

    pairs = list(itertools.combinations(range(6), 2))
    found = [pair(a, b, 0.1, 0.001 if d else 0.5) for (a, b), d in zip(pairs, differ, strict=True)]
    apart = {p for p, d in zip(pairs, differ, strict=True) if d}
    cliques = [
        set(c)
        for size in range(1, 7)
        for c in itertools.combinations(range(6), size)
        if not any(p in apart for p in itertools.combinations(c, 2))
    ]
    maximal = [c for c in cliques if not any(c < other for other in cliques)]
    assert sorted(map(set, not_separable(found)), key=sorted) == sorted(maximal, key=sorted)


def test_two_campaigns_are_compared_by_welchs_test():
    rng = np.random.default_rng(0)
    rows_a, rows_b = np.arange(50), np.arange(70)
    a, b = (rng.random(50) < 0.7).astype(float), (rng.random(70) < 0.5).astype(float)
    found = independent_difference(proportion_of(rows_a, rows_a, a), proportion_of(rows_b, rows_b, b))
    classic = stats.ttest_ind(a, b, equal_var=False)
    assert found.difference == pytest.approx(a.mean() - b.mean())
    assert found.p == pytest.approx(classic.pvalue, rel=0.1)
    assert found.low < found.difference < found.high


def test_two_campaigns_of_which_one_has_no_interval_are_not_tested():
    sure, unsure = results.Estimate(0.5, 0.4, 0.6, 0.05, 9), results.Estimate(0.4, reason=results.FEW_RATERS)
    found = independent_difference(sure, unsure)
    assert (found.p, found.reason) == (None, results.FEW_RATERS)
    assert found.difference == pytest.approx(0.1)
    assert independent_difference(sure, results.undefined(results.NOTHING)).difference is None
