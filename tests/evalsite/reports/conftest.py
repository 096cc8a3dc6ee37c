"""Campaigns that were really judged, through the functions the pages call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from evalsite.rating import campaigns, sessions
from evalsite.rating.models import Campaign, Item, Rater
from tests.evalsite.cast import make_user
from tests.evalsite.rating.conftest import make_campaign, make_people, make_rater, make_run, make_testset

Say = Callable[[Item], dict[str, Any]]


def work(rater: Rater, say: Say, *, items: int | None = None, seconds: float = 6.0) -> int:
    """The rater takes a sitting and answers so many of its items; returns how many."""
    assignment = sessions.assign(rater=rater)
    done = 0
    while (items is None or done < items) and (item := sessions.next_item(assignment)):
        sessions.serve(item=item)
        sessions.record(
            item=item,
            key=f"{rater.pseudonym}-{item.pk}",
            revision=0,
            answer=say(item),
            timing=sessions.Timing(visible_ms=int(1000 * seconds), first_action_ms=900, elapsed_ms=int(1100 * seconds)),
        )
        done += 1
    return done


def mark_machines(item: Item) -> dict[str, Any]:
    """Marks every second card, and the nonsense."""
    marked = [card["id"] for place, card in enumerate(item.cards) if place % 2 or card["kind"] == "check"]
    return {"marked": marked}


def choose_first(item: Item) -> dict[str, Any]:
    """Chooses the first card; of a check the right one; none where the first card is short."""
    if item.purpose == "check":
        return {"chosen": next(card["id"] for card in item.cards if card["kind"] == "check")}
    first = item.cards[0]
    return {"chosen": "none" if len(first["text"]) == 3 else first["id"]}


@pytest.fixture
def study(db: None) -> tuple[Any, list[Any]]:
    """A test set, and three systems of which one is often silent and two sometimes say the same."""
    testset = make_testset(12)
    runs = [
        make_run(testset, "ut", lambda n, r: "" if (n + r) % 4 == 0 else "哈哈哈" if n % 3 == 0 else f"优秀{n}-{r}", 3),
        make_run(testset, "klvcg", lambda n, r: "哈哈哈" if n % 3 == 0 else f"知道{n}-{r}", 3),
        make_run(testset, "e_ga", lambda n, r: f"=1+{n}" if r == 1 else f"对抗{n}-{r}", 3),
    ]  # fmt: skip
    return testset, runs


@pytest.fixture
def judged(study: tuple[Any, list[Any]]) -> Campaign:
    """Human Recall by four people; the last one leaves in the middle."""
    testset, runs = study
    make_people(testset)
    campaign = make_campaign(testset, "human_recall", runs, slug="judged", items_per_sitting=6)
    for number in range(4):
        work(make_rater(campaign), mark_machines, items=3 if number == 3 else None, seconds=5 + number)
    return campaign


@pytest.fixture
def closed(judged: Campaign) -> Campaign:
    return campaigns.close(campaign=judged)


@pytest.fixture
def chosen(study: tuple[Any, list[Any]]) -> Campaign:
    """Preference by four people, each sample by two; closed."""
    testset, runs = study
    campaign = make_campaign(testset, "preference", runs, slug="chosen", raters=4, raters_per_sample=2)
    for number in range(4):
        work(make_rater(campaign), choose_first, items=2 if number == 3 else None)
    return campaigns.close(campaign=campaign)


@pytest.fixture
def alice(db: None) -> Client:
    """Staff."""
    client = Client()
    client.force_login(make_user("alice", is_staff=True))
    return client


@pytest.fixture
def bob(db: None) -> Client:
    """Has an account, but runs no study."""
    client = Client()
    client.force_login(make_user("bob"))
    return client
