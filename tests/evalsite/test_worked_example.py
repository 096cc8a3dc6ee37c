"""Two small studies, judged through the pages by raters of known taste, and worked out by hand beside the report."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from evalsite.rating import campaigns
from evalsite.rating.models import Campaign
from tests.evalsite.rating.conftest import english, make_campaign, make_people, make_run, make_testset  # noqa: F401
from tests.evalsite.rating.test_pages import Visitor, item_at

pytestmark = pytest.mark.django_db


def judge(campaign: Campaign, *, items: int, fake: tuple[str, ...] = (), best: str = "") -> None:
    """One rater comes in by a link and answers so many items: cards that begin with one of `fake` are marked; the
    card that begins with `best` is chosen, or none of them."""
    rater = Visitor()
    path = rater.come_in(campaign)
    for _number in range(items):
        cards = item_at(path).cards
        if campaign.protocol == "human_recall":
            answer: dict[str, Any] = {"marked": [c["id"] for c in cards if fake and c["text"].startswith(fake)]}
        else:
            chosen = [c["id"] for c in cards if best and c["text"].startswith(best)]
            answer = {"chosen": chosen[0] if chosen else "none"}
        reply = rater.post(path, key=f"key of {path}", revision=0, **answer)
        assert reply.status_code == 302, reply.content.decode()
        path = reply.headers["Location"]


def report(campaign: Campaign) -> dict[str, Any]:
    """What `report SLUG --format json` prints of the closed campaign."""
    campaigns.close(campaign=campaign)
    out = StringIO()
    call_command("report", campaign.slug, "--format", "json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def by_system(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["system"]: row for row in found["systems"]}


@pytest.fixture
def recall_study() -> Campaign:
    """Each of four samples: UT says 好看 and 假话, KLVCG says the same 好看 and nothing, and one person's comment."""
    testset = make_testset(4, references=1)
    runs = [
        make_run(testset, "ut", lambda n, rank: f"好看{n}" if rank == 1 else f"假话{n}", 2),
        make_run(testset, "klvcg", lambda n, rank: f"好看{n}" if rank == 1 else "", 2),
    ]
    make_people(testset)
    settings = {"items_per_sitting": 4, "outputs_per_system": 2, "controls": 1}
    return make_campaign(testset, "human_recall", runs, **settings, anchor_items=0, checks_per_sitting=0)


def test_human_recall_is_what_the_hand_computes(recall_study: Campaign) -> None:
    judge(recall_study, items=4, fake=("假话",))  # anna: 好看 escapes
    judge(recall_study, items=4, fake=("假话", "好看"))  # ben: nothing of the machines escapes
    judge(recall_study, items=4)  # carl: everything escapes
    judge(recall_study, items=2, fake=("假话",))  # dora leaves after two items; they count
    found = report(recall_study)
    rows = by_system(found)
    # 14 items. UT shows two texts on each: escaped 4 (anna) + 0 (ben) + 8 (carl) + 2 (dora) of 28.
    assert (rows["ut"]["shown"], rows["ut"]["escaped"], rows["ut"]["nulls"]) == (28, 14, 0)
    assert rows["ut"]["human_recall"] == 14 / 28
    # KLVCG shares the card 好看: escaped 4 + 0 + 4 + 2 of 14; its second output is a null on every item.
    assert (rows["klvcg"]["shown"], rows["klvcg"]["escaped"], rows["klvcg"]["nulls"]) == (14, 10, 14)
    assert rows["klvcg"]["human_recall"] == 10 / 14
    assert rows["klvcg"]["human_recall_strict"] == 10 / 28
    # The person's comment is never marked, so the ratio to people is the recall itself.
    assert rows["human"]["human_recall"] == 1.0
    assert rows["ut"]["humanness_ratio"] == 14 / 28
    low, high = rows["ut"]["ci95"]
    assert low < 14 / 28 < high
    assert found["counts"]["raters"] == 4
    assert found["counts"]["items_answered"] == 14
    assert found["counts"]["simulated"] == 0
    [difference] = found["comparisons"]
    assert (difference["a"], difference["b"]) == ("klvcg", "ut")
    assert difference["difference"] == pytest.approx(10 / 14 - 14 / 28)


@pytest.fixture
def preference_study() -> Campaign:
    """Five samples for two raters who see them all. KLVCG agrees with UT on even ones and is silent on odd ones; on the
    last one every system is silent."""
    testset = make_testset(5)
    runs = [
        make_run(testset, "ut", lambda n, rank: "" if n == 4 else f"好看{n}"),
        make_run(testset, "klvcg", lambda n, rank: "" if n == 4 or n % 2 else f"好看{n}"),
        make_run(testset, "mml_cg", lambda n, rank: "" if n == 4 else f"机器{n}"),
    ]
    return make_campaign(testset, "preference", runs, raters=2, raters_per_sample=2, checks_per_sitting=0)


def test_preference_shares_are_what_the_hand_computes(preference_study: Campaign) -> None:
    judge(preference_study, items=4, best="好看")  # anna: always 好看, which UT shares with KLVCG on two samples
    judge(preference_study, items=2)  # ben: none of them, twice, and leaves
    found = report(preference_study)
    rows = by_system(found)
    # 6 answers. Anna's four choices: UT 1/2 + 1 + 1/2 + 1 = 3, KLVCG 1/2 + 1/2 = 1. Ben's two are for none.
    assert rows["ut"]["credit"] == 3
    assert rows["klvcg"]["credit"] == 1
    assert rows["mml_cg"]["credit"] == 0
    assert {row["answered"] for row in rows.values()} == {6}
    assert rows["ut"]["share"] == 3 / 6
    assert rows["klvcg"]["share"] == pytest.approx(1 / 6)
    assert rows["mml_cg"]["share"] == 0
    assert (found["none"]["count"], found["none"]["share"]) == (2, pytest.approx(2 / 6))
    assert sum(row["share"] for row in rows.values()) + found["none"]["share"] == pytest.approx(1)
    assert rows["ut"]["present"] == rows["mml_cg"]["present"] == 6
    assert found["unanswerable"] == 1
    assert rows["ut"]["ci95"] is None  # two raters: nothing can be said of others
