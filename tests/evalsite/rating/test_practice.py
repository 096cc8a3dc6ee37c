"""The practice round shows nothing that will be judged, and stores nothing."""

from __future__ import annotations

import pytest

from evalsite.rating import manifest, practice
from evalsite.rating.models import Campaign, Item
from evalsite.testsets.models import Run, Sample, TestSet

from .conftest import make_campaign

pytestmark = pytest.mark.django_db


def test_moments_the_campaign_never_shows_are_practised_on(testset: TestSet, runs: list[Run]) -> None:
    campaign = make_campaign(testset, "preference", runs, samples=5)
    items = practice.items(campaign)
    plan = manifest.plan(campaign)
    assert len(items) == 3
    assert {item.sample.pk for item in items} == set(plan.practice)
    assert not {item.sample.pk for item in items} & {*plan.samples, *plan.spare}
    assert not Item.objects.exists()
    assert [item.answers == ["none"] for item in items] == [False, False, True]


def test_where_all_is_judged_scenes_written_for_it_serve(preference: Campaign) -> None:
    items = practice.items(preference)
    assert len(items) == 3
    assert all(item.sample.pk is None for item in items)
    real = {text for sample in Sample.objects.all() for text in sample.references}
    assert not real & {card["text"] for item in items for card in item.cards}


def test_it_is_the_same_for_everybody(recall: Campaign) -> None:
    assert [item.cards for item in practice.items(recall)] == [item.cards for item in practice.items(recall)]


def test_right_answers_are_the_right_ones(recall: Campaign) -> None:
    for item in practice.items(recall):
        kinds = {card["id"]: card["kind"] for card in item.cards}
        assert {kinds[card] for card in item.answers} == {"decoy", "check"}
