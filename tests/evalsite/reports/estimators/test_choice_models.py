"""Luce choice and Bradley-Terry against choix, closed forms and the worths campaigns were drawn with."""

import json
from dataclasses import asdict

import choix
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.reports.estimators import results
from evalsite.reports.estimators.choice_models import bradley_terry, canonical, find_patterns, fit, luce
from evalsite.reports.estimators.clusters import cross
from evalsite.reports.estimators.jackknife import DeleteOne, from_values


def draw(theta, items=1500, raters=15, absent=0.25, shared=0.0, seed=0):
    """Choices of `items` samples by `raters` in turn, from exactly the model: rater, sample, card, chosen."""
    rng = np.random.default_rng(seed)
    systems = len(theta)
    card = np.argsort(rng.random((items, systems)), axis=1) + 10  # shuffled letters
    twin = rng.random(items) < shared
    card[twin, 1] = card[twin, 0]
    card[rng.random((items, systems)) < absent] = -1
    chosen = np.full(items, -1)
    for i in range(items):
        cards = [c for c in np.unique(card[i]) if c >= 0]
        utility = [np.mean(np.array(theta)[card[i] == c]) for c in cards] + [0.0]
        best = int(np.argmax(np.array(utility) + rng.gumbel(size=len(utility))))
        chosen[i] = cards[best] if best < len(cards) else -1
    return np.arange(items) % raters, np.arange(items), card, chosen


def as_choix(card, chosen):
    """choix's top-1 lists with "none" as one more item."""
    owner, taken = canonical(card, chosen)
    systems = card.shape[1]
    return [
        (int(t), tuple(k for k in [*np.unique(o[o >= 0]).tolist(), systems] if k != t))
        for o, t in zip(owner, taken, strict=True)
    ]


def test_worths_equal_choix_where_no_card_is_shared():
    rater, sample, card, chosen = draw([0.8, 0.0, -0.5], items=300)
    expected = choix.opt_top1(4, [row for row in as_choix(card, chosen) if row[1]], alpha=0)
    found = luce(rater, sample, card, chosen, prior=0.0)
    assert found.utility == pytest.approx((expected - expected[3])[:3], abs=1e-5)


def test_worths_without_none_equal_choix():
    rater, sample, card, chosen = draw([0.8, 0.0, -0.5, 0.1], items=300, absent=0.2, seed=1)
    owner, taken = canonical(card, chosen)
    rows = [
        (int(t), tuple(np.unique(o[(o >= 0) & (o != t)]).tolist()))
        for o, t in zip(owner, taken, strict=True)
        if t < 4 and len(np.unique(o[o >= 0])) > 1
    ]
    expected = choix.opt_top1(4, rows, alpha=0)
    found = luce(rater, sample, card, chosen, none=False, prior=0.0)
    assert found.none is None
    assert np.array(found.utility) - np.mean(found.utility) == pytest.approx(expected - expected.mean(), abs=1e-5)


def test_where_all_are_always_present_worths_are_shares():
    rater, sample, card, chosen = draw([0.5, 0.0, -0.7], absent=0.0)
    _, taken = canonical(card, chosen)
    found = luce(rater, sample, card, chosen, prior=0.0)
    assert [w.value for w in (*found.worth, found.none)] == pytest.approx(np.bincount(taken, minlength=4) / len(taken))


def test_with_the_prior_they_are_shares_with_its_choices_added():
    rater, sample, card, chosen = draw([0.5, 0.0, -0.7], items=60, absent=0.0)
    _, taken = canonical(card, chosen)
    found = luce(rater, sample, card, chosen, prior=0.5)
    smoothed = (np.bincount(taken, minlength=4) + 0.5) / (60 + 4 * 0.5)
    assert [w.value for w in (*found.worth, found.none)] == pytest.approx(smoothed)


@pytest.mark.parametrize("shared", [0.0, 0.3])
def test_the_worths_a_campaign_was_drawn_with_are_found(shared):
    theta = np.array([0.9, 0.2, -0.8])
    found = luce(*draw(theta, items=6000, raters=30, shared=shared, seed=3), level=0.99)
    expected = np.exp(np.append(theta, 0)) / np.exp(np.append(theta, 0)).sum()
    for estimate, truth in zip((*found.worth, found.none), expected, strict=True):
        assert estimate.low < truth < estimate.high
        assert estimate.half_width < 0.05


def test_silence_does_not_lower_worth_as_it_lowers_the_share():
    rater, sample, card, chosen = draw([0.5, 0.5], items=4000, absent=0.0, seed=4)
    rng = np.random.default_rng(0)
    often_silent = card.copy()
    gone = rng.random(4000) < 0.7
    kept = ~gone | (chosen != card[:, 1])  # leave out the choices of a card that is no longer there
    often_silent[gone, 1] = -1
    found = luce(rater[kept], sample[kept], often_silent[kept], chosen[kept])
    _, taken = canonical(often_silent[kept], chosen[kept])
    shares = np.bincount(taken, minlength=3) / kept.sum()
    assert shares[0] > 2 * shares[1]
    assert found.worth[0].value == pytest.approx(found.worth[1].value, abs=0.05)


def test_the_jackknife_equals_refitting_without_each_rater_and_sample():
    rater, sample, card, chosen = draw([0.6, -0.2], items=240, raters=8, seed=5)
    sample = sample // 4
    found = luce(rater, sample, card, chosen)
    crossing = cross(rater, sample)

    def refitted(keep):
        return luce(rater[keep], sample[keep], card[keep], chosen[keep]).worth[0].value

    codes = (rater, sample, crossing.cell)
    parts = [np.array([refitted(code != g) for g in range(code.max() + 1)]) for code in codes]
    exact = from_values(DeleteOne(found.worth[0].value, *parts), scale="logit")
    assert found.worth[0].se == pytest.approx(exact.se, rel=0.02)
    assert found.worth[0].low == pytest.approx(exact.low, abs=0.003)


def test_a_system_never_chosen_has_a_small_worth_and_an_interval():
    rater, sample, card, chosen = draw([0.5, 0.0, 0.0], absent=0.0, seed=6)
    never = np.where(chosen == card[:, 2], -1, chosen)
    found = luce(rater, sample, card, never)
    assert 0 < found.worth[2].value < 0.001
    assert found.utility[2] < -5


def test_a_shared_card_is_one_alternative_not_two():
    card = np.array([[0, 0], [0, 0], [0, 0], [0, 0]] * 10)
    chosen = np.array([0, 0, 0, -1] * 10)
    found = luce(np.arange(40) % 4, np.arange(40), card, chosen, prior=1e-9)
    assert np.mean(found.utility) == pytest.approx(np.log(3), abs=1e-3)
    assert found.utility[0] == pytest.approx(found.utility[1], abs=1e-6)


def test_letters_of_cards_do_not_matter():
    card = np.array([[7, 3, 3, -1], [0, 1, 2, 2]])
    owner, taken = canonical(card, [3, 2])
    assert owner.tolist() == [[0, 1, 1, -1], [0, 1, 2, 2]]
    assert taken.tolist() == [1, 2]
    assert canonical(card, [-1, 0])[1].tolist() == [4, 0]


def test_a_choice_of_a_card_that_was_not_shown_is_an_error():
    with pytest.raises(ValueError, match="belongs to no system"):
        canonical(np.array([[0, 1]]), [2])


def test_patterns_count_every_item_once():
    _, _, card, chosen = draw([0.0, 0.0, 0.0], items=500, shared=0.3)
    owner, taken = canonical(card, chosen)
    code, patterns = find_patterns(owner, taken)
    assert patterns.count.sum() == 500
    assert (patterns.chosen[code] == taken).all()
    rows = {(*o, t) for o, t in zip(owner.tolist(), taken.tolist(), strict=True)}
    assert len(rows) == len(patterns.count)


@pytest.mark.parametrize("none", [True, False])
def test_without_choices_nothing_is_said(none):
    empty = np.zeros(0, dtype=int)
    found = luce(empty, empty, np.zeros((0, 3), dtype=int), empty, none=none)
    assert [w.reason for w in found.worth] == [results.NEVER_COMPETED] * 3
    assert (found.none is None) == (not none)


def test_all_none_is_a_campaign_too():
    rater, sample = np.divmod(np.arange(40), 10)
    found = luce(rater, sample, np.tile([0, 1], (40, 1)), np.full(40, -1))
    assert found.none.value > 0.99
    assert "NaN" not in json.dumps(asdict(found))
    assert luce(rater, sample, np.tile([0, 1], (40, 1)), np.full(40, -1), none=False).items == 0


def test_without_a_prior_a_system_that_is_never_chosen_does_not_fail():
    rater, sample = np.divmod(np.arange(40), 10)
    found = luce(rater, sample, np.tile([0, 1], (40, 1)), np.where(np.arange(40) % 3, 0, -1), prior=0.0)
    assert found.worth[1].value == pytest.approx(0, abs=1e-6)


def test_bradley_terry_equals_choix():
    rng = np.random.default_rng(7)
    strength = np.array([1.0, 0.3, 0.0, -0.6])
    pairs = np.array([rng.choice(4, 2, replace=False) for _ in range(800)])
    first = rng.random(800) < 1 / (1 + np.exp(strength[pairs[:, 1]] - strength[pairs[:, 0]]))
    winner, loser = np.where(first, pairs[:, 0], pairs[:, 1]), np.where(first, pairs[:, 1], pairs[:, 0])
    expected = choix.ilsr_pairwise(4, list(zip(winner.tolist(), loser.tolist(), strict=True)), alpha=0)
    found = bradley_terry(np.arange(800) % 12, np.arange(800), winner, loser, 4, prior=0.0)
    assert np.array(found.utility) == pytest.approx(expected - expected.mean(), abs=1e-5)
    assert sum(w.value for w in found.worth) == pytest.approx(1)


def test_bradley_terry_of_two_is_the_share_of_wins():
    winner = np.array([0] * 30 + [1] * 10)
    found = bradley_terry(np.arange(40) % 5, np.arange(40), winner, 1 - winner, 2, prior=0.0)
    assert found.worth[0].value == pytest.approx(0.75)


choices = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, 9),
        st.integers(-1, 2),
        st.integers(-1, 2),
        st.integers(-1, 2),
        st.integers(-1, 2),
    ),
    min_size=1,
    max_size=40,
)


@given(choices, st.permutations(range(3)))
@settings(max_examples=60, deadline=None)
def test_worths_sum_to_1_and_do_not_depend_on_the_order_of_systems(rows, order):
    data = np.array(rows)
    card = data[:, 2:5]
    pick = data[:, 5]
    shown = (card == pick[:, None]).any(axis=1) & (pick >= 0)
    chosen = np.where(shown, pick, -1)
    one = luce(data[:, 0], data[:, 1], card, chosen)
    other = luce(data[::-1, 0], data[::-1, 1], card[::-1][:, order], chosen[::-1])
    if one.items == 0:
        return
    assert sum(w.value for w in (*one.worth, one.none)) == pytest.approx(1)
    for k, place in enumerate(order):
        assert other.worth[k].value == pytest.approx(one.worth[place].value, abs=1e-7)
        if one.worth[place].low is not None:
            assert one.worth[place].low <= one.worth[place].value <= one.worth[place].high


def test_the_fit_is_where_the_score_is_0():
    _, _, card, chosen = draw([0.3, -0.4, 1.0], shared=0.2, items=400)
    _, patterns = find_patterns(*canonical(card, chosen))
    theta = fit(patterns, True, 0.1)

    def objective(at):
        utility = np.where(patterns.present, patterns.design @ at, -np.inf)
        log_p = utility - np.log(np.exp(utility).sum(axis=1, keepdims=True))
        everything = np.append(at, 0)
        prior = 0.1 * (everything - np.log(np.exp(everything).sum())).sum()
        return patterns.count @ log_p[np.arange(len(log_p)), patterns.chosen] + prior

    for k in range(3):
        step = 1e-4 * np.eye(3)[k]
        assert abs(objective(theta + step) - objective(theta - step)) / 2e-4 < 1e-3
        assert objective(theta + 10 * step) < objective(theta) > objective(theta - 10 * step)
