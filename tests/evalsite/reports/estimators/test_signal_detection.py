"""d' and criterion."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from evalsite.reports.estimators import results
from evalsite.reports.estimators.clusters import cross, tabulate
from evalsite.reports.estimators.signal_detection import by_rater, by_system, criterion, d_prime


def campaign(seed=0, detectable=1.0, raters=12, samples=40):
    """Column 0 generated, column 1 real; raters mark generated comments more readily by `detectable` (in z)."""
    rng = np.random.default_rng(seed)
    rater, sample, system = np.indices((raters, samples, 2)).reshape(3, -1)
    marked = rng.normal(size=len(rater)) + np.where(system == 0, detectable, 0.0) > 0.5
    crossing = cross(rater, sample)
    return crossing, tabulate(crossing, system, 2, marked), tabulate(crossing, system, 2)


def test_d_prime_of_the_textbook_example():
    """Stanislaw & Todorov (1999), table 1: 20 hits of 25, 10 false alarms of 25 give d' 1.0950 and c -0.2941
    without correction.

    With the log-linear correction: z(20.5/26) - z(10.5/26).
    """
    sums = np.array([[20.0, 25.0, 10.0, 25.0]])
    assert norm.ppf(20 / 25) - norm.ppf(10 / 25) == pytest.approx(1.0950, abs=5e-5)
    assert d_prime(sums)[0] == pytest.approx(norm.ppf(20.5 / 26) - norm.ppf(10.5 / 26))
    assert criterion(sums)[0] == pytest.approx(-(norm.ppf(20.5 / 26) + norm.ppf(10.5 / 26)) / 2)
    many = sums * 1e6
    assert d_prime(many)[0] == pytest.approx(1.0950, abs=1e-4)
    assert criterion(many)[0] == pytest.approx(-0.2941, abs=1e-4)


def test_rates_of_0_and_1_are_finite():
    extreme = d_prime(np.array([[10.0, 10.0, 0.0, 10.0], [0.0, 10.0, 10.0, 10.0]]))
    assert extreme[0] == pytest.approx(-extreme[1])
    assert extreme[0] == pytest.approx(2 * norm.ppf(10.5 / 11))


@given(st.integers(1, 50), st.integers(1, 50), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=100, deadline=None)
def test_swapping_generated_and_real_turns_the_sign_of_d_prime_and_keeps_the_criterion(n, m, h, f):
    one = np.array([[round(h * n), n, round(f * m), m]], dtype=float)
    other = one[:, [2, 3, 0, 1]]
    assert d_prime(one)[0] == pytest.approx(-d_prime(other)[0])
    assert criterion(one)[0] == pytest.approx(criterion(other)[0])


def test_the_interval_holds_the_d_prime_the_campaign_was_drawn_with():
    found = by_system(*campaign(detectable=1.0), human=1)[0]
    assert found.d_prime.low < 1.0 < found.d_prime.high
    assert found.d_prime.low > 0
    assert found.criterion.low < 0.0 < found.criterion.high
    assert found.shown == found.controls == 480
    assert 0 < found.false_alarm_rate < found.hit_rate < 1


def test_a_system_like_people_has_an_interval_around_0():
    found = by_system(*campaign(1, detectable=0.0), human=1)[0]
    assert found.d_prime.low < 0 < found.d_prime.high


def test_people_against_people_are_0_by_definition():
    human = by_system(*campaign(), human=1)[1]
    assert (human.d_prime.value, human.d_prime.interval) == (0.0, None)


def test_without_real_comments_only_the_hit_rate_is_said():
    crossing, marked, shown = campaign()
    for human, columns in ((None, [0, 1]), (1, [0])):
        gone = shown.copy()
        if human is not None:
            gone[:, 1] = 0
        for k in columns:
            found = by_system(crossing, np.minimum(marked, gone), gone, human)[k]
            assert (found.d_prime.value, found.d_prime.reason) == (None, results.NO_CONTROLS)
            assert found.hit_rate is not None


def test_a_system_never_shown_is_undefined():
    crossing, marked, shown = campaign()
    marked[:, 0] = shown[:, 0] = 0
    found = by_system(crossing, marked, shown, 1)[0]
    assert (found.d_prime.reason, found.hit_rate) == (results.NOTHING, None)


def test_each_rater_has_the_d_prime_of_his_own_counts():
    crossing, marked, shown = campaign(2)
    found = by_rater(crossing, marked, shown, 1)
    for r in (0, 7):
        own = crossing.rater == r
        sums = np.array([[marked[own, 0].sum(), 40.0, marked[own, 1].sum(), 40.0]])
        assert found[r].d_prime.value == pytest.approx(d_prime(sums)[0])
        assert found[r].hit_rate == pytest.approx(sums[0, 0] / 40)


def test_a_rater_who_saw_no_real_comment_has_no_d_prime():
    crossing, marked, shown = campaign()
    own = crossing.rater == 3
    marked[own, 1] = shown[own, 1] = 0
    found = by_rater(crossing, marked, shown, 1)[3]
    assert (found.d_prime.value, found.d_prime.reason, found.false_alarm_rate) == (None, results.NO_CONTROLS, None)


def test_a_rater_who_clicks_freely_has_a_low_criterion_and_no_other_d_prime():
    rng = np.random.default_rng(4)
    rater, sample, system = np.indices((2, 4000, 2)).reshape(3, -1)
    threshold = np.where(rater == 0, 1.0, -1.0)
    marked = rng.normal(size=len(rater)) + (system == 0) > threshold
    crossing = cross(rater, sample)
    strict, free = by_rater(crossing, tabulate(crossing, system, 2, marked), tabulate(crossing, system, 2), 1)
    assert strict.d_prime.value == pytest.approx(free.d_prime.value, abs=0.15)
    assert strict.criterion.value - free.criterion.value == pytest.approx(2.0, abs=0.1)
