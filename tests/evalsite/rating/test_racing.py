"""Many at once: threads with connections of their own, on the database the tests run on."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection, connections

from evalsite.rating import campaigns, invitations, sessions
from evalsite.rating.models import Assignment, Campaign, Item, Judgment, Rater, Submission
from evalsite.rating.sessions import Conflict, Timing

from .conftest import make_campaign, make_people, make_rater, make_run, make_testset

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")


def race(count: int, act: Callable[[int], T]) -> list[T]:
    """Do it so many times at the same moment."""
    ready = Barrier(count)

    def run(number: int) -> T:
        try:
            connection.ensure_connection()
            ready.wait()
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def recall(db: None) -> Campaign:
    testset = make_testset(30)
    runs = [make_run(testset, "ut", lambda n, r: f"优{n}"), make_people(testset)]
    return make_campaign(testset, "human_recall", runs, items_per_sitting=10, anchor_items=0)


@pytest.fixture
def preference(db: None) -> Campaign:
    testset = make_testset(30)
    runs = [make_run(testset, "ut", lambda n, r: f"优{n}"), make_run(testset, "klvcg", lambda n, r: f"知{n}")]
    return make_campaign(testset, "preference", runs, raters=6, raters_per_sample=2, checks_per_sitting=0)


def first_item(campaign: Campaign) -> Item:
    return sessions.assign(rater=make_rater(campaign)).items.get(position=1)


def record(item: Item, key: str, marked: list[str]) -> Submission | Conflict:
    try:
        return sessions.record(
            item=Item.objects.get(pk=item.pk), key=key, revision=0, answer={"marked": marked}, timing=Timing()
        )
    except Conflict as conflict:
        return conflict


def test_twenty_retries_of_one_answer_store_one(recall: Campaign) -> None:
    item = first_item(recall)
    replies = race(20, lambda _number: record(item, "the key", []))
    assert {reply.pk for reply in replies if isinstance(reply, Submission)} == {Submission.objects.get().pk}
    assert not any(isinstance(reply, Conflict) for reply in replies)


def test_twenty_different_answers_store_one_and_tell_the_others_which(recall: Campaign) -> None:
    item = first_item(recall)
    ids = [card["id"] for card in item.cards]
    answers = [list(part) for n in range(len(ids) + 1) for part in itertools.combinations(ids, n)][:20]
    assert len(ids) >= 4
    replies = race(len(answers), lambda number: record(item, f"tab {number}", answers[number]))
    stored = Submission.objects.get()
    assert [reply for reply in replies if isinstance(reply, Submission)] == [stored]
    assert {reply.stored.pk for reply in replies if isinstance(reply, Conflict)} == {stored.pk}
    rows = Judgment.objects.filter(item=item, criterion="fake")
    assert rows.count() == sum(len(card["outputs"]) for card in item.cards)
    assert Item.objects.get(pk=item.pk).revision == 1


def test_the_same_key_for_two_revisions_is_stored_once(recall: Campaign) -> None:
    item = first_item(recall)
    record(item, "first", [])

    def go_back(number: int) -> Submission | Conflict:
        try:
            return sessions.record(
                item=Item.objects.get(pk=item.pk), key="second", revision=1, answer={"marked": []}, timing=Timing()
            )
        except Conflict as conflict:
            return conflict

    replies = race(8, go_back)
    assert len({reply.pk for reply in replies if isinstance(reply, Submission)}) == 1
    assert Submission.objects.count() == 2


def test_a_rater_who_opens_two_tabs_gets_one_sitting(recall: Campaign) -> None:
    rater = make_rater(recall)
    assert len({assignment.pk for assignment in race(8, lambda _n: sessions.assign(rater=rater))}) == 1
    assert Assignment.objects.count() == 1


def test_raters_who_come_at_once_are_spread_evenly(recall: Campaign) -> None:
    raters = [make_rater(recall) for _rater in range(6)]
    race(6, lambda number: sessions.assign(rater=raters[number]))
    loads = Counter(Item.objects.values_list("sample", flat=True))
    assert set(loads.values()) == {2}


def test_raters_who_come_at_once_take_different_seats(preference: Campaign) -> None:
    raters = [make_rater(preference) for _rater in range(6)]
    race(6, lambda number: sessions.assign(rater=raters[number]))
    assert sorted(Assignment.objects.values_list("seat", flat=True)) == list(range(6))
    assert set(Counter(Item.objects.values_list("sample", flat=True)).values()) == {2}


def test_pseudonyms_are_given_once(recall: Campaign) -> None:
    race(6, lambda _n: invitations.invite(campaign=recall, count=3))
    assert sorted(Rater.objects.values_list("pseudonym", flat=True)) == [f"R-{n:04d}" for n in range(1, 19)]


def test_a_participant_who_enrols_in_two_tabs_is_one_rater(recall: Campaign) -> None:
    raters = race(6, lambda _n: invitations.enrol(campaign=recall, external_id="5f3c"))
    assert len({rater.pk for rater in raters}) == Rater.objects.count() == 1


def test_two_people_who_close_a_campaign_close_it_once(recall: Campaign) -> None:
    def close(_number: int) -> bool:
        try:
            campaigns.close(campaign=Campaign.objects.get(pk=recall.pk))
        except campaigns.CampaignError:
            return False
        return True

    assert sorted(race(4, close)) == [False, False, False, True]
    assert recall.events.filter(action="closed").count() == 1


def test_one_completion_code_is_made(recall: Campaign) -> None:
    rater = make_rater(recall)
    assignment = sessions.assign(rater=rater)
    while item := sessions.next_item(assignment):
        record(item, f"key {item.pk}", [])
    codes = race(6, lambda _n: invitations.complete(rater=rater))
    assert len(set(codes)) == 1
    assert Rater.objects.get(pk=rater.pk).completion_code == codes[0]


def test_a_draft_started_twice_at_once_is_frozen_once(recall: Campaign) -> None:
    draft = campaigns.clone(campaign=recall, slug="copy")

    def start(_number: int) -> bool:
        try:
            campaigns.start(campaign=Campaign.objects.get(pk=draft.pk))
        except campaigns.CampaignError:
            return False
        return True

    assert sorted(race(4, start)) == [False, False, False, True]
