"""Simulated raters: apart from people, repeatable, and true to the world they are given."""

from __future__ import annotations

import pytest
from django.db.models import Avg

from evalsite.rating import sessions, simulation
from evalsite.rating.models import Campaign, Item, Judgment, Rater
from evalsite.rating.simulation import World
from evalsite.testsets.models import Run, TestSet

from .conftest import make_campaign, make_people, make_rater, make_run, make_testset
from .test_sessions import sit

pytestmark = pytest.mark.django_db
EVEN = World(recall={"human": 0.75, "ut": 0.5, "klvcg": 0.5})


@pytest.mark.parametrize("slug", ["recall", "preference"])
def test_it_works(slug: str, request: pytest.FixtureRequest) -> None:
    campaign: Campaign = request.getfixturevalue(slug)
    made = simulation.simulate(campaign=campaign, raters=3, world=EVEN)
    assert [rater.pseudonym for rater in made] == ["S-0001", "S-0002", "S-0003"]
    assert all(rater.simulated and rater.skill and rater.completion_code for rater in made)
    assert not Item.objects.filter(revision=0).exists()


def test_they_leave_no_mark_on_what_people_are_given(testset: TestSet, runs: list[Run]) -> None:
    campaigns = [make_campaign(testset, "preference", runs, slug=slug, raters=3) for slug in ("with", "without")]
    simulation.simulate(campaign=campaigns[0], raters=3, world=EVEN)
    drawn = []
    for campaign in campaigns:
        rater = make_rater(campaign)
        assert rater.pseudonym == "R-0001"
        assignment = sit(rater)
        drawn.append((assignment.seat, list(assignment.items.order_by("position").values_list("sample", "seed"))))
    assert drawn[0] == drawn[1]


def test_the_same_seed_gives_the_same_answers(testset: TestSet, runs: list[Run]) -> None:
    make_people(testset)
    said = []
    for slug, seed in (("one", 5), ("two", 5), ("three", 6)):
        campaign = make_campaign(testset, "human_recall", runs, slug=slug, items_per_sitting=5)
        simulation.simulate(campaign=campaign, raters=3, world=EVEN, seed=seed)
        rows = Judgment.objects.filter(item__assignment__campaign=campaign).order_by("pk")
        said.append(list(rows.values_list("output", "criterion", "value")))
    assert said[0] == said[1] != said[2]


def test_those_who_find_nothing_left_are_not_made(preference: Campaign) -> None:
    assert len(simulation.simulate(campaign=preference, raters=9, world=EVEN)) == 3
    with pytest.raises(sessions.NothingLeft):
        simulation.simulate(campaign=preference, raters=1, world=EVEN)
    assert Rater.objects.count() == 3


@pytest.fixture
def wide(db: None) -> Campaign:
    """Nothing shared, no nulls, much to judge."""
    testset = make_testset(30)
    runs = [make_run(testset, name, lambda n, r, name=name: f"{name}{n}", 1) for name in ("ut", "klvcg")]
    return make_campaign(testset, "human_recall", [*runs, make_people(testset)], items_per_sitting=30)


def test_what_passes_for_real_is_what_was_asked_for(wide: Campaign) -> None:
    """Without spread between raters, samples and texts the shares are the world's, but for chance and skill."""
    world = World(recall={"human": 0.9, "ut": 0.3, "klvcg": 0.6}, rater_sd=0, sample_sd=0, text_sd=0, taste_sd=0)
    made = simulation.simulate(campaign=wide, raters=6, world=world)
    assert len(made) == 6
    rows = Judgment.objects.filter(criterion="fake").values_list("output__run__system__slug").annotate(Avg("value"))
    skill = [rater.skill["skill"] for rater in made if rater.skill]
    assert 0.5 < sum(skill) / 6 < 1.5
    escaped = {system: 1 - fake for system, fake in rows}
    assert escaped["human"] == pytest.approx(0.9, abs=0.06)
    assert escaped["ut"] == pytest.approx(0.3, abs=0.15)
    assert escaped["klvcg"] == pytest.approx(0.6, abs=0.15)


def test_without_skill_machines_pass_as_people_do(wide: Campaign) -> None:
    world = World(recall={"human": 0.8, "ut": 0.1, "klvcg": 0.1}, skill=0, rater_sd=0, taste_sd=0)
    simulation.simulate(campaign=wide, raters=4, world=world)
    rows = Judgment.objects.filter(criterion="fake").values_list("output__run__system__slug").annotate(Avg("value"))
    escaped = {system: 1 - fake for system, fake in rows}
    assert escaped["ut"] == pytest.approx(escaped["human"], abs=0.15)


def test_attention_checks_are_mostly_passed(recall: Campaign) -> None:
    simulation.simulate(campaign=recall, raters=6, world=EVEN)
    checks = list(Judgment.objects.filter(criterion="check").values_list("value", flat=True))
    assert len(checks) == 6
    assert sum(checks) >= 5


def test_the_default_world_tells_systems_apart() -> None:
    recall = simulation.default_recall(["human", "ut", "klvcg", "e_ga"], 1)
    assert recall["human"] == 0.75
    assert sorted(recall.values()) == [0.35, 0.5, 0.65, 0.75]
