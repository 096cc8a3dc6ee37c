"""Agreement coefficients against libraries and published examples."""

import json
from dataclasses import asdict

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import aggregate_raters
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_fleiss

from evalsite.reports.estimators import results
from evalsite.reports.estimators.agreement import ac1, agreement, alpha, pairwise, ratings, sums

GWET = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]
"""Four raters, twelve units, 0 = missing: the worked example of Krippendorff (2011) and of Gwet (2014)."""

FLEISS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]
"""Ten units, fourteen raters, five values: a worked example of Fleiss' kappa, 0.210."""


def from_grid(grid):
    """Ratings of a raters x units grid in which 0 is missing."""
    table = np.array(grid)
    rater, unit = np.nonzero(table)
    return ratings(rater, unit, table[rater, unit])


def reference_alpha(grid):
    table = np.where(np.array(grid) > 0, np.array(grid), np.nan).astype(float)
    return krippendorff.alpha(reliability_data=table, level_of_measurement="nominal")


def grid_of(rater, unit, value, raters, units):
    grid = np.zeros((raters, units), dtype=int)
    grid[rater, unit] = value + 1
    return grid


def test_the_published_example_of_missing_data():
    found = agreement(from_grid(GWET))
    assert found.krippendorff_alpha.value == pytest.approx(0.743421, abs=1e-6)  # Krippendorff (2011): 0.743
    assert found.gwet_ac1.value == pytest.approx(0.77544, abs=5e-6)  # Gwet (2014), chapter on missing ratings
    assert (found.units, found.overlapping, found.raters) == (12, 11, 4)


def test_the_published_example_of_two_raters():
    """Gwet (2014), two abstractors, 100 abstracts, three values: AC1 = 0.8493305, agreement 0.89."""
    counts = {(0, 0): 13, (1, 1): 20, (1, 2): 7, (2, 1): 4, (2, 2): 56}
    pairs = np.array([pair for pair, n in counts.items() for _ in range(n)])
    unit = np.tile(np.arange(100), 2)
    found = agreement(ratings(np.repeat([0, 1], 100), unit, pairs.T.ravel()))
    assert found.gwet_ac1.value == pytest.approx(0.8493305, abs=5e-8)
    assert found.pairwise.value == pytest.approx(0.89)
    assert found.gwet_ac1.reason == results.FEW_RATERS


def test_fleiss_kappa_equals_the_published_example_and_statsmodels():
    table = np.array(FLEISS)
    value = np.concatenate([np.repeat(np.arange(5), row) for row in table])
    unit, rater = np.divmod(np.arange(140), 14)
    found = agreement(ratings(rater, unit, value))
    assert found.fleiss_kappa.value == pytest.approx(0.210, abs=5e-4)
    assert found.fleiss_kappa.value == pytest.approx(statsmodels_fleiss(table))


@pytest.mark.parametrize("missing", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("values", [2, 4])
def test_alpha_equals_the_library_with_and_without_missing_data(missing, values):
    rng = np.random.default_rng(values)
    truth = rng.integers(1, values + 1, 40)
    grid = np.where(rng.random((8, 40)) < 0.6, truth, rng.integers(1, values + 1, (8, 40)))
    grid[rng.random(grid.shape) < missing] = 0
    assert agreement(from_grid(grid)).krippendorff_alpha.value == pytest.approx(reference_alpha(grid))


def test_leave_outs_equal_recomputation_without_the_rater_the_sample_and_the_cell():
    rng = np.random.default_rng(9)
    grid = rng.integers(0, 4, (6, 20))
    rater, unit = np.nonzero(grid)
    value, sample = grid[rater, unit], unit // 2  # two units a sample
    data = ratings(rater, unit, value, sample)
    left_out = sums(data)

    def recomputed(keep):
        return sums(ratings(rater[keep], unit[keep], value[keep], sample[keep])).total[None, :]

    for statistic in (alpha, pairwise, ac1):
        for r in range(6):
            assert statistic(left_out.without_rater)[r] == pytest.approx(statistic(recomputed(rater != r))[0])
        for s in range(10):
            assert statistic(left_out.without_sample)[s] == pytest.approx(statistic(recomputed(sample != s))[0])
        for c in range(data.crossing.cells):
            keep = data.crossing.cell != c
            assert statistic(left_out.without_cell)[c] == pytest.approx(statistic(recomputed(keep))[0])


def test_cells_of_one_judgment_are_grouped_without_changing_the_interval():
    rng = np.random.default_rng(10)
    grid = rng.integers(0, 3, (7, 30))
    rater, unit = np.nonzero(grid)
    value = grid[rater, unit]
    grouped = sums(ratings(rater, unit, value))
    assert grouped.cell_count.sum() == len(rater)
    whole = ratings(rater, unit, value, sample=unit)
    assert agreement(whole).krippendorff_alpha == agreement(ratings(rater, unit, value)).krippendorff_alpha
    expanded = np.repeat(alpha(grouped.without_cell), grouped.cell_count.astype(int))
    keep = [alpha(sums(ratings(*(c[np.arange(len(rater)) != i] for c in (rater, unit, value)))).total[None])[0]
            for i in range(len(rater))]  # fmt: skip
    assert np.sort(expanded) == pytest.approx(np.sort(keep))


def test_kappa_uses_the_units_that_all_raters_judged():
    rng = np.random.default_rng(11)
    grid = rng.integers(1, 3, (5, 30))
    grid[1:, 6:] = 0  # six anchors, the rest judged once
    grid[2, 6:20] = rng.integers(1, 3, 14)
    anchors = aggregate_raters(grid[:, :6].T)[0]
    assert agreement(from_grid(grid)).fleiss_kappa.value == pytest.approx(statsmodels_fleiss(anchors))
    assert agreement(from_grid(np.where(np.eye(5, 30) > 0, grid, 0))).fleiss_kappa.reason == results.NOT_COMPLETE


def test_majority_is_that_of_the_others():
    grid = [[1, 1, 2, 1], [1, 2, 2, 0], [1, 2, 2, 2], [2, 2, 0, 0]]
    by_rater = agreement(from_grid(grid)).by_rater
    assert (by_rater[0].rate, by_rater[0].compared) == (0.5, 4)  # others: 1,1,2 | 2,2,2 | 2,2 | 2
    assert (by_rater[3].rate, by_rater[3].compared) == (0.5, 2)  # others: 1,1,1 | 1,2,2


def test_a_tie_among_the_others_is_not_compared():
    found = agreement(from_grid([[1], [1], [2]])).by_rater
    assert (found[0].rate, found[0].compared) == (None, 0)
    assert (found[2].rate, found[2].compared) == (0.0, 1)


def test_without_overlap_nothing_can_be_said():
    found = agreement(ratings([0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 0, 1]))
    assert found.krippendorff_alpha.reason == found.pairwise.reason == results.NO_OVERLAP
    assert found.overlapping == 0


def test_where_all_always_say_the_same_agreement_beyond_chance_is_undefined():
    rater, unit = np.indices((4, 6)).reshape(2, -1)
    found = agreement(ratings(rater, unit, np.ones(24, dtype=int)))
    assert found.krippendorff_alpha.reason == found.fleiss_kappa.reason == results.ONE_CATEGORY
    assert found.pairwise.value == 1.0
    known = agreement(ratings(rater, unit, np.ones(24, dtype=int), categories=2))
    assert known.gwet_ac1.value == 1.0
    assert "NaN" not in json.dumps(asdict(known))


def test_of_no_judgments_nothing_fails():
    empty = np.zeros(0, dtype=int)
    found = agreement(ratings(empty, empty, empty))
    assert found.krippendorff_alpha.reason == results.NO_OVERLAP
    assert (found.units, found.by_rater) == (0, {})


def test_of_two_judgments_of_one_unit_by_one_rater_the_last_counts():
    once = agreement(ratings([0, 1, 2], [0, 0, 0], [1, 0, 1]))
    twice = agreement(ratings([0, 0, 1, 2], [0, 0, 0, 0], [0, 1, 0, 1]))
    assert once == twice


def test_the_interval_narrows_with_more_raters():
    rng = np.random.default_rng(12)

    def drawn(raters):
        rater, unit = np.indices((raters, 60)).reshape(2, -1)
        truth = rng.integers(0, 2, 60)
        value = np.where(rng.random(len(rater)) < 0.8, truth[unit], 1 - truth[unit])
        return agreement(ratings(rater, unit, value)).krippendorff_alpha

    few, many = drawn(4), drawn(30)
    assert few.half_width > many.half_width
    assert many.low < 0.36 < many.high  # 2 (0.8^2 + 0.2^2) - 1 = 0.36


grids = st.lists(st.lists(st.integers(0, 3), min_size=8, max_size=8), min_size=3, max_size=6).map(np.array)


@given(grids)
@settings(max_examples=100, deadline=None)
def test_alpha_equals_the_library_on_any_grid(grid):
    overlapping = (grid > 0).sum(axis=0) >= 2
    assume(overlapping.any() and len(set(grid[:, overlapping].ravel()) - {0}) > 1)
    found = agreement(from_grid(grid))
    assert found.krippendorff_alpha.value == pytest.approx(reference_alpha(grid))
    assert found.krippendorff_alpha.value <= 1
    assert found.gwet_ac1.value <= 1
    assert 0 <= found.pairwise.value <= 1


@given(grids, st.permutations(range(3)))
@settings(max_examples=100, deadline=None)
def test_names_of_raters_and_of_values_do_not_matter(grid, names):
    one = agreement(from_grid(grid))
    renamed = np.where(grid > 0, np.array([0, *[n + 1 for n in names]])[grid], 0)[::-1]
    other = agreement(from_grid(renamed))
    for a, b in (
        (one.krippendorff_alpha, other.krippendorff_alpha),
        (one.gwet_ac1, other.gwet_ac1),
        (one.fleiss_kappa, other.fleiss_kappa),
    ):
        assert a.reason == b.reason
        assert a.value is None or a.value == pytest.approx(b.value)
        assert a.low is None or a.low == pytest.approx(b.low, abs=1e-6)
