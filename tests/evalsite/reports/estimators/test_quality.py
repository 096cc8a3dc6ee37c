"""Raters one by one, and the rules that exclude them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import theilslopes

from evalsite.reports.estimators.quality import (
    RULES,
    RaterQuality,
    Rule,
    broken_rules,
    excluded_by,
    group_quantiles,
    group_rates,
    kept,
    response_times,
)

GOOD = RaterQuality(20, 6.0, 0.4, checks=2, checks_failed=0, longest_run=3, majority_agreement=0.8)
HASTY = RaterQuality(20, 0.8, 0.4, checks=2, checks_failed=2, longest_run=18, majority_agreement=0.5)


def test_each_rule_excludes_beyond_its_threshold_and_not_at_it():
    for name, (field, sign) in RULES.items():
        value = getattr(GOOD, field)
        assert broken_rules(GOOD, [Rule(name, value)]) == []
        assert broken_rules(GOOD, [Rule(name, value - sign * 0.01)]) == [name]
        assert broken_rules(GOOD, [Rule(name, value + sign * 0.01)]) == []


def test_excluded_raters_are_named_with_their_rules():
    rules = [Rule("checks_failed_above", 1), Rule("median_seconds_below", 2)]
    raters = {"R-0001": GOOD, "R-0002": HASTY}
    assert excluded_by(raters, rules) == {"R-0002": ["checks_failed_above", "median_seconds_below"]}
    assert excluded_by(raters, []) == {}


def test_exclusion_is_a_mask_over_all_judgments():
    rater = np.array(["R-0002", "R-0001", "R-0002", "R-0003"])
    assert kept(rater, {"R-0002": ["x"]}).tolist() == [False, True, False, True]
    assert kept(np.zeros(0), {}).tolist() == []


def test_what_is_not_known_excludes_nobody():
    unknown = RaterQuality(0)
    assert unknown.checks_failed_share is None
    rules = [Rule(name, 0.5) for name in RULES if name != "items_below"]
    assert broken_rules(unknown, rules) == []


def test_an_unknown_rule_is_an_error_that_names_the_rules():
    with pytest.raises(ValueError, match=r"'too_slow'.*checks_failed_above"):
        broken_rules(GOOD, [Rule("too_slow", 1)])


@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(0, 100)), min_size=1, max_size=50),
    st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]),
)
@settings(max_examples=100, deadline=None)
def test_quantiles_of_groups_are_numpys(rows, share):
    group, value = np.array([g for g, _ in rows]), np.array([v for _, v in rows])
    found = group_quantiles(group, value, share)
    assert found == pytest.approx({g: float(np.quantile(value[group == g], share)) for g in set(group.tolist())})


def test_unknown_times_are_left_out():
    assert group_quantiles(["a", "a", "b"], [1.0, np.nan, np.nan]) == {"a": 1.0}
    assert response_times([np.nan]).items == 0
    assert response_times([]).quantiles == {}


def test_rates_of_groups_are_means():
    assert group_rates(["a", "b", "a"], [1, 0, 0]) == {"a": 0.5, "b": 0.0}


def test_response_times_are_quantiles_and_a_robust_slope():
    rng = np.random.default_rng(0)
    position = np.tile(np.arange(20), 30)
    seconds = 8 * np.exp(-0.02 * position + 0.3 * rng.normal(size=600))
    found = response_times(seconds, position)
    assert found.quantiles["p50"] == pytest.approx(np.median(seconds))
    assert found.slope == pytest.approx(theilslopes(np.log(seconds), position)[0])
    assert found.slope == pytest.approx(-0.02, abs=0.005)
    assert response_times([3.0, 4.0], [1, 1]).slope is None
