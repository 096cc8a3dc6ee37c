"""Position, length and monotony."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest
from statsmodels.stats.contingency_tables import cochrans_q

from evalsite.reports.estimators import results
from evalsite.reports.estimators.bias import NO_CHOICE, length_bias, longest_runs, position_bias, position_bias_by_rater


def cards(sizes):
    """Item and position of every card of items that show so many."""
    item = np.repeat(np.arange(len(sizes)), sizes)
    return item, np.concatenate([np.arange(n) for n in sizes])


def test_of_items_of_one_size_with_one_choice_it_is_pearsons_chi_square():
    rng = np.random.default_rng(0)
    choice = rng.choice(4, 200, p=[0.4, 0.2, 0.2, 0.2])
    item, position = cards([4] * 200)
    found = position_bias(item, position, position == choice[item])
    expected = chisquare(np.bincount(choice, minlength=4))
    assert (found.chi_square, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.df == 3
    assert found.shown == (200,) * 4
    assert found.expected == pytest.approx((50.0,) * 4)


def test_of_complete_items_with_any_number_of_marks_it_is_cochrans_q():
    rng = np.random.default_rng(1)
    marks = (rng.random((60, 5)) < [0.5, 0.4, 0.4, 0.3, 0.3]).astype(int)
    item, position = cards([5] * 60)
    found = position_bias(item, position, marks.ravel())
    expected = cochrans_q(marks)
    assert (found.chi_square, found.p) == pytest.approx((expected.statistic, expected.pvalue))


def test_exposure_is_taken_into_account():
    """Last places are rare: items of three cards never fill place four, and that is no bias."""
    rng = np.random.default_rng(2)
    sizes = rng.integers(2, 6, 3000)
    item, position = cards(sizes)
    choice = (rng.random(3000) * sizes).astype(int)
    found = position_bias(item, position, position == choice[item])
    assert found.p > 0.01
    assert chisquare(found.picked).pvalue < 1e-6
    assert sum(found.expected) == pytest.approx(sum(found.picked)) == pytest.approx(3000)


def test_p_values_are_uniform_without_bias():
    rng = np.random.default_rng(3)
    values = []
    for _ in range(300):
        sizes = rng.integers(2, 6, 80)
        item, position = cards(sizes)
        choice = (rng.random(80) * sizes).astype(int)
        values.append(position_bias(item, position, position == choice[item]).p)
    assert kstest(values, "uniform").pvalue > 0.001


def test_a_first_card_bias_is_seen():
    item, position = cards([3] * 100)
    assert position_bias(item, position, position == np.where(item % 2, 0, item % 3)).p < 0.01


@pytest.mark.parametrize(("sizes", "reason"), [([1, 1, 1], NO_CHOICE), ([], results.NOTHING)])
def test_where_there_was_no_choice_there_is_no_test(sizes, reason):
    item, position = cards(sizes) if sizes else (np.zeros(0, dtype=int),) * 2
    found = position_bias(item, position, np.ones(len(item)))
    assert (found.p, found.reason) == (None, reason)


def test_raters_are_tested_on_their_own_items():
    rng = np.random.default_rng(4)
    sizes = rng.integers(2, 5, 120)
    item, position = cards(sizes)
    rater = np.array(["a", "b", "c"])[item % 3]
    picked = position == (rng.random(120) * sizes).astype(int)[item]
    order = rng.permutation(len(item))
    found = position_bias_by_rater(rater[order], item[order], position[order], picked[order])
    assert list(found) == ["a", "b", "c"]
    for name in found:
        own = rater == name
        alone = position_bias(item[own], position[own], picked[own])
        assert (found[name].chi_square, found[name].p) == pytest.approx((alone.chi_square, alone.p))
        assert found[name].df == alone.df


def draw_lengths(preference, seed, by_system=0.0):
    rng = np.random.default_rng(seed)
    rater, sample, system = np.indices((10, 40, 3)).reshape(3, -1)
    item = rater * 40 + sample
    length = rng.integers(2, 15, len(rater)) + 4 * (system == 2)
    utility = preference * length + by_system * (system == 2) + rng.gumbel(size=len(rater))
    best = utility.reshape(-1, 3).argmax(axis=1)
    return rater, sample, item, length, system == best[item], system


def test_a_liking_for_long_comments_is_measured_in_characters():
    *columns, _system = draw_lengths(0.3, 0)
    found = length_bias(*columns)
    _, _, item, length, picked = columns
    gaps = [length[(item == i) & picked].mean() - length[item == i].mean() for i in range(400)]
    assert found.value == pytest.approx(np.mean(gaps))
    assert found.low > 0


def test_a_good_and_wordy_system_is_not_taken_for_a_bias():
    *columns, system = draw_lengths(0.0, 1, by_system=2.0)
    assert length_bias(*columns).low > 0
    fair = length_bias(*columns, system=system)
    assert fair.low < 0 < fair.high


def test_without_choices_there_is_no_length_bias():
    rater, sample, item, length, _, _ = draw_lengths(0.0, 2)
    assert length_bias(rater, sample, item, length, np.zeros(len(item))).reason == results.NOTHING


def test_the_longest_run_follows_each_raters_own_order():
    rater = ["a", "b", "a", "a", "b", "a", "b"]
    order = [1, 5, 2, 4, 1, 3, 3]
    answer = ["x", "y", "x", "x", "y", "z", "z"]  # a: x x z x; b: y z y
    assert longest_runs(rater, order, answer) == {"a": 2, "b": 1}
    assert longest_runs([], [], []) == {}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=60))
@settings(max_examples=100, deadline=None)
def test_longest_runs_equal_a_plain_count(rows):
    import itertools

    rater, answer = [r for r, _ in rows], [a for _, a in rows]
    expected = {
        r: max(len(list(run)) for _, run in itertools.groupby(a for q, a in rows if q == r)) for r in sorted(set(rater))
    }
    assert longest_runs(rater, list(range(len(rows))), answer) == expected
