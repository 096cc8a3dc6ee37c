"""The planner agrees with campaigns simulated one by one and analysed by the report's own estimators."""

import dataclasses

import numpy as np
import pytest

from evalsite.reports.estimators.clusters import cross, ratios, tabulate
from evalsite.reports.estimators.effects import (
    PreferenceEffects,
    RecallEffects,
    location_of,
    logistic_mean,
    pilot_preference,
    pilot_recall,
    shared_covariance,
    utilities_of,
)
from evalsite.reports.estimators.intervals import proportion
from evalsite.reports.estimators.measures import preference
from evalsite.reports.estimators.significance import difference
from evalsite.reports.planning import (
    PlanError,
    PreferenceDesign,
    RecallDesign,
    cheapest,
    plan_preference,
    plan_recall,
)

EFFECTS = RecallEffects(rater=0.9, rater_system=0.5, sample=0.6, comment=0.7)
TASTES = PreferenceEffects(rater=0.6, sample=0.8)


def draw_recall(rng, rater, sample, mean, outputs, effects=EFFECTS):
    """One campaign, drawn plainly: rater, sample, system, output, escaped of every judgment."""
    raters, samples, systems = rater.max() + 1, sample.max() + 1, len(mean)
    click, ease = rng.normal(0, effects.rater, raters), rng.normal(0, effects.sample, samples)
    favour = rng.normal(0, effects.rater_system, (raters, systems))
    comment = rng.normal(0, effects.comment, (samples, systems, outputs))
    cell, system, place = np.indices((len(rater), systems, outputs)).reshape(3, -1)
    r, s = rater[cell], sample[cell]
    eta = np.asarray(mean)[system] + click[r] + favour[r, system] + ease[s] + comment[s, system, place]
    escaped = rng.random(len(eta)) < 1 / (1 + np.exp(-eta))
    return r, s, system, (s * systems + system) * outputs + place, escaped.astype(float)


def draw_choices(rng, rater, sample, utility, effects=TASTES):
    """One preference campaign, drawn plainly with Gumbel noise: the card of each item's choice, -1 for none."""
    taste = rng.normal(0, effects.rater, (rater.max() + 1, len(utility)))
    merit = rng.normal(0, effects.sample, (sample.max() + 1, len(utility)))
    value = utility + taste[rater] + merit[sample] + rng.gumbel(size=(len(rater), len(utility)))
    best = value.argmax(axis=1)
    return np.where(best == len(utility) - 1, -1, best)


def draw_without_replacement(rng, raters, items, samples):
    return np.repeat(np.arange(raters), items), np.concatenate(
        [rng.permutation(samples)[:items] for _ in range(raters)]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("raters", "items", "samples", "outputs", "gap"),
    [(10, 15, 120, 2, 0.15), (25, 8, 300, 3, 0.08), (6, 20, 30, 1, 0.2)],
)
def test_power_and_width_of_human_recall_agree_with_brute_force(raters, items, samples, outputs, gap):
    design = RecallDesign(raters, items, samples, outputs, anchors=0)
    row = plan_recall([design], recall=0.45, difference=gap, effects=EFFECTS, simulations=2000, seed=1)[0]
    mean = [location_of(p, EFFECTS.spread) for p in (0.45, 0.45 + gap)]
    rng, runs = np.random.default_rng(2), 1200
    rejected, widths = 0, []
    for _ in range(runs):
        dealt = draw_without_replacement(rng, raters, items, samples)
        rater, sample, system, _, escaped = draw_recall(rng, *dealt, mean, outputs)
        crossing = cross(rater, sample)
        table = ratios(crossing, tabulate(crossing, system, 2, escaped), tabulate(crossing, system, 2))
        rejected += difference(table, 0, 1).p <= 0.05
        widths.append(proportion(table, 0).half_width)
    assert row.power == pytest.approx(rejected / runs, abs=0.05)
    assert row.half_width == pytest.approx(np.median(widths), rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("raters", "samples", "each"), [(12, 240, 1), (20, 120, 3)])
def test_power_and_width_of_preference_agree_with_brute_force(raters, samples, each):
    shares = (0.35, 0.2, 0.15)
    design = PreferenceDesign(raters, samples, each)
    row = plan_preference([design], shares=shares, effects=TASTES, simulations=2000, seed=1)[0]
    utility = utilities_of(np.array([*shares, 0.3]), float(np.hypot(TASTES.rater, TASTES.sample)))
    rng, runs = np.random.default_rng(3), 1200
    rejected, widths = 0, []
    for _ in range(runs):
        sample = np.repeat(np.arange(samples), each)
        rater = (np.arange(len(sample)) + rng.integers(raters)) % raters
        chosen = draw_choices(rng, rater, sample, utility)
        found = preference(rater, sample, np.tile(np.arange(3), (len(sample), 1)), chosen)
        rejected += difference(found.table, 0, 1).p <= 0.05
        widths.append(found.systems[0].share.half_width)
    assert row.power == pytest.approx(rejected / runs, abs=0.05)
    assert row.half_width == pytest.approx(np.median(widths), rel=0.05)


def test_without_a_difference_power_is_the_size_of_the_test():
    row = plan_recall([RecallDesign(15, 20, 200)], difference=0.0, simulations=2000)[0]
    assert row.power == pytest.approx(0.05, abs=0.015)
    assert row.power_error == pytest.approx((row.power * (1 - row.power) / 2000) ** 0.5)


def test_more_raters_more_items_and_a_larger_difference_give_more():
    few, many, longer = plan_recall(
        [RecallDesign(8, 20, 400), RecallDesign(32, 20, 400), RecallDesign(8, 80, 400)], simulations=400
    )
    assert many.power > longer.power > few.power
    assert many.half_width < longer.half_width < few.half_width
    assert (many.judgments, many.items_per_rater, many.samples, many.raters) == (32 * 20 * 3, 20, 400, 32)
    wide = plan_recall([RecallDesign(8, 20, 400)], difference=0.2, simulations=400)[0]
    assert wide.power > few.power
    assert wide.half_width == few.half_width


def test_more_pairs_of_systems_cost_power():
    one, six = (plan_recall([RecallDesign(15, 20, 400)], comparisons=n, simulations=400)[0].power for n in (1, 6))
    assert six < one


def test_the_same_seed_gives_the_same_table_and_another_one_nearly():
    designs = [PreferenceDesign(10, 100)]
    one = plan_preference(designs, simulations=400, seed=5)
    assert plan_preference(designs, simulations=400, seed=5) == one
    other = plan_preference(designs, simulations=400, seed=6)[0]
    assert other != one[0]
    assert other.power == pytest.approx(one[0].power, abs=0.12)


def test_two_raters_give_neither_interval_nor_power():
    row = plan_recall([RecallDesign(2, 20, 100)], simulations=50)[0]
    assert (row.half_width, row.power, row.power_error) == (None, None, None)
    assert row.difference_error > 0


def test_no_rater_meets_a_sample_twice_and_samples_are_dealt_evenly():
    crossing = RecallDesign(7, 11, 30, anchors=3).crossing()
    assert crossing.cells == 77
    loads = np.bincount(crossing.sample)
    assert (loads[:3] == 7).all()
    assert loads[3:].max() - loads[3:].min() <= 1
    shares = PreferenceDesign(7, 30, 3).crossing()
    assert shares.cells == 90
    per_rater = np.bincount(shares.rater)
    assert per_rater.max() - per_rater.min() <= 1


@pytest.mark.parametrize(
    "design", [RecallDesign(5, 31, 30), RecallDesign(0, 5, 30), PreferenceDesign(2, 30, 3), PreferenceDesign(3, 0)]
)
def test_a_design_that_cannot_be_is_an_error(design):
    with pytest.raises(PlanError):
        design.crossing()


def test_measures_that_cannot_be_are_errors():
    with pytest.raises(PlanError, match="not between 0 and 1"):
        plan_recall([], recall=0.95, difference=0.1)
    for shares in [(0.5,), (0.6, 0.4), (0.5, 0.0)]:
        with pytest.raises(PlanError, match="shares"):
            plan_preference([], shares=shares)


def test_the_cheapest_design_that_meets_the_wish_is_named():
    rows = plan_recall([RecallDesign(r, 20, 900) for r in (5, 20, 80)], simulations=300)
    assert cheapest(rows, power=0.8).raters == 20
    assert cheapest(rows, half_width=0.05).raters == 80
    assert cheapest(rows, half_width=0.001) is None
    assert cheapest([], power=0.1) is None


def test_locations_and_utilities_give_the_means_asked_for():
    assert float(logistic_mean(location_of(0.3, 1.7), 1.7)) == pytest.approx(0.3)
    draws = np.random.default_rng(1).normal(size=400_000)
    assert (1 / (1 + np.exp(-(location_of(0.3, 1.7) + 1.7 * draws)))).mean() == pytest.approx(0.3, abs=0.002)
    utility = utilities_of(np.array([0.44, 0.15, 0.11, 0.3]), 1.2)
    value = np.exp(utility + 1.2 * np.random.default_rng(2).normal(size=(200_000, 4)))
    assert (value / value.sum(axis=1, keepdims=True)).mean(axis=0) == pytest.approx([0.44, 0.15, 0.11, 0.3], abs=0.004)


def test_shared_covariance_is_that_of_a_simulation():
    rng = np.random.default_rng(0)
    common = np.sqrt(0.5) * rng.normal(size=400_000)
    one, other = (1 / (1 + np.exp(-(0.4 + common + rng.normal(size=400_000)))) for _ in range(2))
    assert shared_covariance(0.4, 0.5, 1.5) == pytest.approx(np.cov(one, other)[0, 1], rel=0.03)
    assert shared_covariance(0.4, 0.0, 1.5) == pytest.approx(0, abs=1e-12)


def test_a_pilot_gives_back_the_effects_it_was_drawn_with():
    true = RecallEffects(rater=0.8, rater_system=0.4, sample=0.6, comment=0.9)
    found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        dealt = draw_without_replacement(rng, 60, 30, 200)
        found.append(dataclasses.astuple(pilot_recall(*draw_recall(rng, *dealt, [-0.4, 0.2, 0.6], 3, true))))
    assert np.mean(found, axis=0) == pytest.approx(dataclasses.astuple(true), abs=0.1)


def test_what_a_pilot_cannot_show_stays_as_assumed():
    rng = np.random.default_rng(3)
    rater, sample = np.arange(300) % 15, np.arange(300)  # no sample has two raters
    found = pilot_recall(*draw_recall(rng, rater, sample, [0.0, 0.3], 2), assumed=RecallEffects(0.1, 0.1, 0.77, 0.66))
    assert (found.sample, found.comment) == pytest.approx((0.77, 0.66))
    assert found.rater > 0.3


def test_a_preference_pilot_gives_back_its_effects_and_shares():
    true = PreferenceEffects(rater=0.7, sample=1.0)
    found = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        sample = np.repeat(np.arange(400), 3)
        rater = rng.permutation(len(sample)) % 40
        chosen = draw_choices(rng, rater, sample, np.array([0.6, 0.1, -0.2, 0.0]), true)
        effects, shares = pilot_preference(rater, sample, np.tile(np.arange(3), (len(sample), 1)), chosen)
        assert shares == pytest.approx([(chosen == k).mean() for k in range(3)])
        found.append(dataclasses.astuple(effects))
    assert np.mean(found, axis=0) == pytest.approx(dataclasses.astuple(true), abs=0.12)
