"""The raters' pages as plain forms: from the invitation to the code, one answer an item, and nothing for strangers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from evalsite.rating import campaigns, invitations
from evalsite.rating.models import Assignment, Campaign, Item, Judgment, Rater, Submission
from evalsite.testsets.models import Run, Sample, TestSet
from tests.evalsite.rating.conftest import make_campaign

pytestmark = pytest.mark.django_db


class Visitor:
    """A browser without scripts: follows links and sends forms."""

    def __init__(self, language: str = "en") -> None:
        self.client = Client(headers={"accept-language": language})

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers)

    def post(self, path: str, **data: Any) -> Any:
        return self.client.post(path, data)

    def come_in(self, campaign: Campaign, years: str = "5") -> str:
        """Through a personal link, consent and practice; returns the address of the first item."""
        [invitation] = invitations.invite(campaign=campaign, count=1)
        path = f"/r/{invitation.token}/"
        assert self.get(path).status_code == 200
        assert self.post(path, agree="yes", years=years).headers["Location"] == f"{path}instructions/"
        for number in (1, 2, 3):
            assert self.post(f"{path}practice/{number}/", marked="x").status_code == 200
        return self.post(f"{path}start/").headers["Location"]

    def answer(self, path: str, key: str = "", revision: int = 0, **fields: Any) -> Any:
        item = item_at(path)
        ids = [card["id"] for card in item.cards]
        chosen: dict[str, Any] = {"chosen": ids[0]} if "chosen" in fields else {"marked": ids[:1]}
        return self.post(path, **{**chosen, "key": key or f"key of {path}", "revision": revision, **fields})


def item_at(path: str) -> Item:
    _, _rate, public_id, position, _end = path.split("/")
    return Item.objects.get(assignment__public_id=public_id, position=position)


def ids(path: str) -> list[str]:
    return [card["id"] for card in item_at(path).cards]


def json_post(visitor: Visitor, path: str, **data: Any) -> Any:
    return visitor.client.post(path, data, headers={"accept": "application/json"})


def test_it_works_without_any_script(recall: Campaign) -> None:
    anna = Visitor()
    path = anna.come_in(recall)
    for number in range(1, 6):
        page = anna.get(path).content.decode()
        assert f'Item <strong class="number">{number}</strong> of <span class="number">5</span>' in page
        assert all(card["text"] in page for card in item_at(path).cards)
        path = anna.answer(path).headers["Location"]
    assert path.endswith("/done/")
    rater = Rater.objects.get()
    page = anna.get(path).content.decode()
    rater.refresh_from_db()
    assert rater.completion_code
    assert rater.completion_code in page
    recall.refresh_from_db()
    assert recall.manifest_digest in page
    assert Submission.objects.count() == 5


def test_preference_takes_one_choice_or_none(preference: Campaign) -> None:
    anna = Visitor()
    path = anna.come_in(preference)
    assert "None of them" in anna.get(path).content.decode()
    first = anna.answer(path, chosen="none").headers["Location"]
    assert item_at(path).revision == 1
    refused = anna.post(first, key="k", revision=0)
    assert refused.status_code == 400
    assert "Choose one comment" in refused.content.decode()
    assert item_at(first).revision == 0


def test_a_double_click_stores_one_answer_and_gets_the_same_reply(recall: Campaign) -> None:
    anna = Visitor()
    path = anna.come_in(recall)
    replies = [json_post(anna, path, marked=ids(path)[:1], key="once", revision=0) for _click in range(3)]
    assert {(reply.status_code, reply.content) for reply in replies} == {(200, replies[0].content)}
    assert replies[0].json() == {"next": path.replace("/1/", "/2/"), "position": 1, "total": 5}
    assert Submission.objects.count() == 1


def test_two_tabs_store_one_answer_and_the_second_is_told(recall: Campaign) -> None:
    anna = Visitor()
    path = anna.come_in(recall)
    first = json_post(anna, path, marked=ids(path)[:1], key="tab one", revision=0)
    same = json_post(anna, path, marked=ids(path)[:1], key="tab two", revision=0)
    other = json_post(anna, path, marked=ids(path)[1:2], key="tab three", revision=0)
    assert (first.status_code, same.status_code, other.status_code) == (200, 200, 409)
    assert same.content == first.content
    assert other.json() == {**first.json(), "conflict": True}
    assert Submission.objects.get().answer == {"marked": ids(path)[:1]}


def test_one_step_back_is_a_new_revision_and_two_are_refused(recall: Campaign) -> None:
    anna = Visitor()
    first = anna.come_in(recall)
    second = anna.answer(first).headers["Location"]
    page = anna.get(first).content.decode()
    assert "You have answered this item" in page
    assert re.search(rf'value="{ids(first)[0]}" checked', page)
    assert anna.post(first, key="changed", revision=1).headers["Location"] == second
    assert item_at(first).revision == 2
    third = anna.answer(second).headers["Location"]
    assert anna.get(first).headers["Location"] == third
    late = json_post(anna, first, key="too late", revision=2, marked=ids(first))
    assert (late.status_code, late.json()) == (409, {"error": "Only the last item you answered can be changed."})


def test_nobody_skips_ahead_but_the_script_may_fetch_what_comes(recall: Campaign) -> None:
    anna = Visitor()
    first = anna.come_in(recall)
    third = first.replace("/1/", "/3/")
    assert anna.get(third).headers["Location"] == first
    assert anna.get(third, **{"x-ahead": "1"}).status_code == 200
    done = first.replace("/1/", "/done/")
    assert anna.get(done).headers["Location"] == first


def test_answers_bring_their_times_and_remarks(recall: Campaign) -> None:
    anna = Visitor()
    path = anna.come_in(recall)
    anna.answer(path, visible_ms="4100", first_action_ms="900", elapsed_ms="5200", comment="这条像诗")
    stored = Submission.objects.get()
    assert (stored.visible_ms, stored.first_action_ms, stored.elapsed_ms) == (4100, 900, 5200)
    assert stored.comment == "这条像诗"


@pytest.mark.parametrize("nonsense", ["-5", "1e9", "１２", "99999999999999", "x", ""])
def test_times_that_are_no_times_are_left_out(recall: Campaign, nonsense: str) -> None:
    anna = Visitor()
    path = anna.come_in(recall)
    assert anna.answer(path, visible_ms=nonsense).status_code == 302
    assert Submission.objects.get().visible_ms is None


@pytest.mark.parametrize(
    "data",
    [{"marked": "no such card"}, {"marked": "x" * 5000}, {"key": ""}, {"revision": "7"}, {"key": "\x00"}],
    ids=["unknown card", "long card", "no key", "revision from nowhere", "NUL key"],
)
def test_a_bad_answer_stores_nothing_and_says_why(recall: Campaign, data: dict[str, str]) -> None:
    anna = Visitor()
    path = anna.come_in(recall)
    reply = json_post(anna, path, **{"key": "k", "revision": "0", **data})
    assert reply.status_code in {400, 409}
    assert reply.json()["error"]
    assert not Submission.objects.exists()
    assert not Judgment.objects.exists()


def test_strangers_and_other_raters_see_nothing(recall: Campaign) -> None:
    path = Visitor().come_in(recall)
    other = Visitor()
    other.come_in(recall)
    for visitor in (other, Visitor()):
        assert visitor.get(path).status_code == 403
        assert json_post(visitor, path, key="k", revision=0).status_code == 403
        assert visitor.get(path.replace("/1/", "/done/")).status_code == 403
    assert Visitor().get("/my-data/").status_code == 403
    assert not Submission.objects.exists()


def test_an_unknown_link_is_explained(db: None) -> None:
    reply = Visitor().get("/r/nobody-has-this-token/")
    assert reply.status_code == 404
    assert "This link is not known" in reply.content.decode()


def test_states_of_a_campaign_are_explained_and_answers_outlive_a_pause(recall: Campaign) -> None:
    anna = Visitor()
    path = anna.come_in(recall)
    campaigns.pause(campaign=recall)
    assert anna.get(path).status_code == 503
    assert "This study is paused" in anna.get(path).content.decode()
    assert anna.answer(path).status_code == 302
    campaigns.close(campaign=Campaign.objects.get(pk=recall.pk))
    second = path.replace("/1/", "/2/")
    assert anna.get(second).status_code == 410
    late = json_post(anna, second, key="late", revision=0)
    assert (late.status_code, "closed" in late.json()["error"]) == (409, True)
    assert Submission.objects.count() == 1


def test_a_draft_lets_nobody_in(testset: TestSet, runs: list[Run]) -> None:
    draft = campaigns.create(slug="draft", protocol="preference", testset=testset, runs=runs)
    [invitation] = invitations.invite(campaign=draft, count=1)
    reply = Visitor().get(f"/r/{invitation.token}/")
    assert reply.status_code == 403
    assert "has not begun" in reply.content.decode()


def test_consent_comes_first(recall: Campaign) -> None:
    anna = Visitor()
    [invitation] = invitations.invite(campaign=recall, count=1)
    path = f"/r/{invitation.token}/"
    assert anna.get(f"{path}instructions/").headers["Location"] == path
    assert anna.post(f"{path}start/").headers["Location"] == path
    refused = anna.post(path, years="3")
    assert refused.status_code == 400
    assert "needs your consent" in refused.content.decode()
    assert anna.post(path, years="a few", agree="yes").status_code == 400
    assert Rater.objects.get().consented_at is None
    anna.post(path, years="3", agree="yes")
    assert Rater.objects.get().screening == {"years": 3.0}


def test_practice_comes_before_the_first_item(recall: Campaign) -> None:
    anna = Visitor()
    [invitation] = invitations.invite(campaign=recall, count=1)
    path = f"/r/{invitation.token}/"
    anna.post(path, years="3", agree="yes")
    assert anna.post(f"{path}start/").headers["Location"] == f"{path}instructions/"
    solved = anna.post(f"{path}practice/1/").content.decode()
    assert "Leave it unmarked" in solved
    assert "Not quite." in solved
    assert not Submission.objects.exists()


def test_too_few_years_of_danmaku_end_politely(testset: TestSet, runs: list[Run]) -> None:
    campaign = make_campaign(testset, "preference", runs, minimum_years=3)
    anna = Visitor()
    [invitation] = invitations.invite(campaign=campaign, count=1)
    path = f"/r/{invitation.token}/"
    for years in ("1", "10"):  # the first answer stands
        reply = anna.post(path, years=years, agree="yes")
        assert reply.status_code == 403
        assert "at least 3 years" in reply.content.decode()
    assert not Assignment.objects.exists()


def test_the_open_link_enrols_on_consent_and_not_before(recall: Campaign) -> None:
    path = f"/r/{invitations.open_link(campaign=recall)}/"
    anna = Visitor()
    anna.get(path)
    assert not Rater.objects.exists()
    own = anna.post(path, years="3", agree="yes").headers["Location"]
    assert own != f"{path}instructions/"
    assert anna.get(path).status_code == 302
    assert Visitor().get(own).status_code == 200, "the new rater's own link works in another browser"
    Visitor().post(path, years="3", agree="yes")
    assert Rater.objects.count() == 2


def test_a_participant_of_a_recruiting_platform_stays_one_rater(recall: Campaign) -> None:
    path = f"/r/{invitations.open_link(campaign=recall)}/?PROLIFIC_PID=5f0c&STUDY_ID=s&SESSION_ID=t"
    anna, again, berta = Visitor(), Visitor(), Visitor()
    for visitor, address in ((anna, path), (again, path), (berta, path.replace("5f0c", "77aa"))):
        assert visitor.post(address, years="3", agree="yes").status_code == 302
    assert Rater.objects.count() == 2
    assert not Rater.objects.filter(external_id__contains="5f0c").exists()
    # On a shared computer the next participant is somebody else.
    assert anna.get(path).status_code == 302
    assert anna.get(path.replace("5f0c", "77aa")).status_code == 200


def test_the_done_page_leads_back_with_the_code(testset: TestSet, runs: list[Run]) -> None:
    campaign = campaigns.create(
        slug="paid", protocol="preference", testset=testset, runs=runs, settings={"raters": 12}, seed=1,
        completion_url="https://recruiting.example/done?cc={code}",
    )  # fmt: skip
    campaign = campaigns.start(campaign=campaign)
    anna = Visitor()
    path = anna.come_in(campaign)
    while not path.endswith("/done/"):
        path = anna.answer(path, chosen="none").headers["Location"]
    page = anna.get(path).content.decode()
    assert f"https://recruiting.example/done?cc={Rater.objects.get().completion_code}" in page


def test_another_sitting_where_the_campaign_allows_it(recall: Campaign) -> None:
    anna = Visitor()
    path = anna.come_in(recall)
    while not path.endswith("/done/"):
        path = anna.answer(path).headers["Location"]
    assert "Start another sitting" in anna.get(path).content.decode()
    second = anna.post(f"{path}again/").headers["Location"]
    assert Assignment.objects.count() == 2
    seen = set(Item.objects.filter(assignment__number=1).values_list("sample", flat=True))
    assert seen.isdisjoint(Item.objects.filter(assignment__number=2).values_list("sample", flat=True))
    assert anna.get(second).status_code == 200


def test_raters_hold_their_own_data(recall: Campaign) -> None:
    anna = Visitor()
    path = anna.come_in(recall)
    anna.answer(path, comment="meine Meinung")
    rater = Rater.objects.get()
    shown = anna.get("/my-data/").content.decode()
    assert rater.pseudonym in shown
    assert re.search(r"how many years.*?<dd>5</dd>", shown), "what was said about oneself"
    export = anna.get(f"/my-data/{rater.pk}/export/")
    assert "attachment" in export.headers["Content-Disposition"]
    assert export.json()["items"][0]["answers"][0]["comment"] == "meine Meinung"
    assert Visitor().get(f"/my-data/{rater.pk}/export/").status_code == 403
    assert anna.post(f"/my-data/{rater.pk}/withdraw/").status_code == 400
    assert Judgment.objects.exists()
    gone = anna.post(f"/my-data/{rater.pk}/withdraw/", sure="yes").content.decode()
    assert "data-forget-device" in gone
    assert not Judgment.objects.exists()
    assert anna.get(path).status_code == 403
    assert not Assignment.objects.exists()


def test_a_forgotten_rater_is_a_stranger(recall: Campaign) -> None:
    anna = Visitor()
    path = anna.come_in(recall)
    anna.answer(path)
    rater = Rater.objects.get()
    assert anna.post(f"/my-data/{rater.pk}/forget/", sure="yes").status_code == 200
    assert Judgment.objects.exists()
    assert anna.get("/my-data/").status_code == 403
    assert anna.get(path).status_code == 403
    rater.refresh_from_db()
    assert rater.forgotten_at


def test_pages_speak_the_language_of_the_invitation(recall: Campaign) -> None:
    [invitation] = invitations.invite(campaign=recall, count=1, language="en")
    visitor = Visitor("zh-cn")
    page = visitor.client.get(f"/r/{invitation.token}/", follow=True).content.decode()
    assert '<html lang="en"' in page
    assert "You are invited" in page


def test_texts_of_strangers_are_text_and_nothing_else(testset: TestSet, runs: list[Run]) -> None:
    evil = "<script>alert(1)</script>\"'&<b>"
    campaign = make_campaign(testset, "preference", runs, slug="evil", checks_per_sitting=0)
    anna = Visitor()
    path = anna.come_in(campaign)
    item = item_at(path)
    item.cards[0]["text"] = evil
    item.save()
    Sample.objects.filter(pk=item.sample_id).update(title=evil, context=[{"time": 1, "text": evil}])
    page = anna.get(path).content.decode()
    assert "<script>alert" not in page
    assert "<b>" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3


def test_no_page_of_raters_is_kept_or_shared_by_caches(recall: Campaign) -> None:
    anna = Visitor()
    path = anna.come_in(recall)
    for address in (path, "/my-data/"):
        reply = anna.get(address)
        assert "no-store" in reply.headers["Cache-Control"]
        assert "ETag" not in reply.headers
        assert "'unsafe" not in reply.headers["Content-Security-Policy"]


def test_an_item_costs_the_same_few_queries_wherever_it_stands(
    recall: Campaign, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    anna = Visitor()
    path = anna.come_in(recall)
    for _item in range(4):
        with django_assert_max_num_queries(12):
            anna.get(path)
        with django_assert_max_num_queries(34):
            path = anna.answer(path).headers["Location"]
