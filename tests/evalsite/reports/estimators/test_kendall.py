"""Kendall's tau as an independent library computes it, with and without ties."""

import math

import numpy as np
import pytest
from scipy import stats

from evalsite.reports.estimators import tails
from evalsite.reports.estimators.kendall import inversions, kendall


@pytest.mark.parametrize("n", [2, 3, 4, 7, 20, 33, 34, 200])
def test_tau_and_its_p_value_are_those_of_scipy(n: int) -> None:
    rng = np.random.default_rng(n)
    for values in (n, 3, 2):  # no ties, many, more
        for _ in range(10):
            x = rng.permutation(n) if values == n else rng.integers(values, size=n)
            y = x + rng.normal(size=n) * n / 4 if values == n else rng.integers(values, size=n)
            expected = stats.kendalltau(x, y)
            found = kendall(x, y)
            assert found[0] == pytest.approx(expected.statistic, abs=1e-12, nan_ok=True)
            assert found[1] == pytest.approx(expected.pvalue, abs=1e-12, nan_ok=True)


def test_perfect_order_of_four_is_chance_once_in_twelve() -> None:
    assert kendall([1, 2, 3, 4], [10, 20, 30, 40]) == (1.0, pytest.approx(2 / math.factorial(4)))


def test_a_constant_has_no_tau() -> None:
    assert all(map(math.isnan, kendall([1, 1, 1], [1, 2, 3])))


def test_inversions_are_the_pairs_out_of_order() -> None:
    ranks = np.random.default_rng(1).integers(50, size=300)
    assert inversions(ranks) == int(np.triu(ranks[:, None] > ranks[None, :], 1).sum())
    assert inversions(np.zeros(0, dtype=np.int64)) == 0


def test_tails_are_those_of_the_distributions_of_scipy() -> None:
    for df in (1, 2, 7, 39, 5000):
        assert tails.student(0.95, df) == stats.t.ppf(0.975, df)
        assert tails.beyond_chi_square(3.2, df) == stats.chi2.sf(3.2, df)
        np.testing.assert_array_equal(tails.beyond_student([-2.1, 0.0, 3.3], df), 2 * stats.t.sf([2.1, 0.0, 3.3], df))
    assert tails.normal(0.95) == stats.norm.ppf(0.975)
