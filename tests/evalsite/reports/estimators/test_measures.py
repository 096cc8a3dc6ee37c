"""Human Recall and preference shares, from judgments to every number printed."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.reports.estimators import results
from evalsite.reports.estimators.intervals import proportion_of, wilson
from evalsite.reports.estimators.measures import human_recall, preference
from evalsite.reports.estimators.significance import compare


def recall_rows(seed=0, raters=6, samples=20):
    rng = np.random.default_rng(seed)
    rater, sample, system = np.indices((raters, samples, 3)).reshape(3, -1)
    escaped = (rng.random(len(rater)) < np.array([0.4, 0.6, 0.8])[system]).astype(float)
    return rater, sample, system, escaped


def test_human_recall_is_escaped_of_shown():
    rater, sample, system, escaped = recall_rows()
    found = human_recall(rater, sample, system, escaped, 3)
    for k in range(3):
        own = system == k
        row = found.systems[k]
        assert (row.shown, row.escaped) == (120, int(escaped[own].sum()))
        alone = proportion_of(rater[own], sample[own], escaped[own])
        assert row.recall.interval == pytest.approx(alone.interval)
        assert row.recall.value == pytest.approx(alone.value)
        assert row.wilson == wilson(row.escaped, 120)
        assert row.ratio is None
        assert row.strict.value == pytest.approx(row.recall.value)
    assert found.raters == ()


def test_nulls_count_as_caught_in_the_strict_variant_alone():
    rater, sample, system, escaped = recall_rows()
    null = (system == 0) & (sample % 4 == 0)
    found = human_recall(rater, sample, system, escaped, 3, null=null).systems[0]
    shown = (system == 0) & ~null
    assert (found.nulls, found.shown) == (30, 90)
    assert found.recall.value == pytest.approx(escaped[shown].mean())
    assert found.strict.value == pytest.approx(escaped[shown].sum() / 120)


def test_people_are_the_measure_of_the_humanness_ratio_and_of_d_prime():
    rater, sample, system, escaped = recall_rows()
    found = human_recall(rater, sample, system, escaped, 3, human=2)
    people = found.systems[2].recall.value
    for row in found.systems:
        assert row.ratio.value == pytest.approx(row.recall.value / people)
    assert found.systems[0].detection.d_prime.low > 0
    assert found.systems[2].ratio.interval is None
    assert len(found.raters) == 6
    assert [round(pair.difference, 6) for pair in compare(found.table, [0, 1])] == [
        round(found.systems[0].recall.value - found.systems[1].recall.value, 6)
    ]


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_caught_and_all_escaped_are_campaigns_too(value):
    rater, sample, system, escaped = recall_rows()
    found = human_recall(rater, sample, system, np.full_like(escaped, value), 3, human=2)
    row = found.systems[0]
    assert row.recall.value == value
    assert row.recall.method == "wilson-raters"
    assert row.detection.d_prime.value == pytest.approx(0)
    assert "NaN" not in json.dumps([asdict(s) for s in found.systems])


def test_of_an_empty_campaign_everything_is_undefined_and_nothing_fails():
    empty = np.zeros(0, dtype=int)
    found = human_recall(empty, empty, empty, empty, 2, human=1)
    assert [row.recall.reason for row in found.systems] == [results.NOTHING] * 2
    shares = preference(empty, empty, np.zeros((0, 3), dtype=int), empty)
    assert [row.share.reason for row in (*shares.systems, shares.none)] == [results.NOTHING] * 4
    assert [pair.reason for pair in compare(shares.table)] == [results.NOTHING] * 6


def test_one_rater_gives_points_and_a_reason():
    rater, sample, system, escaped = recall_rows(raters=1)
    found = human_recall(rater, sample, system, escaped, 3, human=2)
    assert {row.recall.reason for row in found.systems} == {results.FEW_RATERS}
    assert all(row.recall.value is not None for row in found.systems)


def test_shares_and_none_add_to_1_with_credit_split_among_systems_that_share_a_card():
    card = np.array([[0, 1, 2], [0, 0, 1], [0, -1, -1], [5, 5, 5]])
    found = preference([0, 1, 2, 3], [0, 1, 2, 3], card, [1, 0, -1, 5])
    third = 1 / 3
    assert [row.credit for row in found.systems] == pytest.approx([0.5 + third, 1.5 + third, third])
    assert (found.none.credit, found.none.answered) == (1.0, 4)
    assert [row.present for row in found.systems] == [4, 3, 3]
    assert found.systems[1].when_present.value == pytest.approx((1.5 + third) / 3)
    assert found.systems[1].present_rate == 0.75


def test_items_without_any_card_are_unanswerable_and_count_nowhere_else():
    card = np.array([[0, 1], [-1, -1], [0, 1]])
    found = preference([0, 1, 2], [0, 1, 2], card, [0, -1, 1])
    assert (found.unanswerable, found.none.answered, found.none.credit) == (1, 2, 0.0)


def test_all_none_is_a_campaign_too():
    rater, sample = np.divmod(np.arange(40), 10)
    found = preference(rater, sample, np.tile([0, 1], (40, 1)), np.full(40, -1))
    assert found.none.share.value == 1.0
    assert found.systems[0].share.low == 0.0
    assert compare(found.table)[0].p == 1.0


rows = st.lists(
    st.tuples(
        st.integers(0, 4), st.integers(0, 9), st.lists(st.integers(-1, 2), min_size=3, max_size=3), st.integers(0, 3)
    ),
    min_size=1,
    max_size=40,
)


@given(rows, st.permutations(range(3)))
@settings(max_examples=100, deadline=None)
def test_shares_sum_to_1_whatever_is_shown_and_chosen(data, order):
    card = np.array([c for _, _, c, _ in data])
    pick = np.array([p for *_, p in data])
    chosen = np.where(pick < 3, np.take_along_axis(card, np.minimum(pick, 2)[:, None], axis=1)[:, 0], -1)
    rater, sample = [r for r, *_ in data], [s for _, s, *_ in data]
    found = preference(rater, sample, card, chosen)
    if found.none.answered:
        assert sum(row.share.value for row in (*found.systems, found.none)) == pytest.approx(1)
    swapped = preference(rater, sample, card[:, order], chosen)
    assert [row.credit for row in swapped.systems] == pytest.approx([found.systems[k].credit for k in order])
