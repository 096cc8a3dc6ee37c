"""A study from the pages: set up, edited while a draft, started, invited to, watched, closed, cloned."""

import csv
import io
import re
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from evalsite.rating import campaigns, invitations, protocols
from evalsite.rating.models import Campaign
from evalsite.staff.campaign_forms import CampaignForm, NewCampaignForm
from evalsite.testsets.models import Run, TestSet
from tests.evalsite.cast import answer_all

ENGLISH = {"Accept-Language": "en"}
PAGE = "/staff/campaigns/of/first/"


def filled(form: CampaignForm, **changes: Any) -> dict[str, Any]:
    """What a browser sends of a form in which only the changes were typed."""
    values = {field.html_name: field.value() for field in form}
    sent = {name: value for name, value in values.items() if value or (value == 0 and value is not False)}
    return {name: value for name, value in (sent | changes).items() if value is not None}


def new_form(testset: TestSet, protocol: str = "preference") -> NewCampaignForm:
    return NewCampaignForm(rules=protocols.load(protocol), testset=testset)


def send(client: Client, testset: TestSet, protocol: str = "preference", **changes: Any) -> Any:
    data = filled(new_form(testset, protocol), **({"slug": "fresh"} | changes))
    return client.post(f"/staff/campaigns/new/?protocol={protocol}&testset={testset.slug}", data, headers=ENGLISH)


class TestSettingUp:
    def test_it_works(self, alice_client: Client, harbour: TestSet, ut: Run, cvae: Run) -> None:
        answer = send(alice_client, harbour, title="Fresh", **{"set.raters": "2", "set.raters_per_sample": "2"})
        assert answer["Location"] == "/staff/campaigns/of/fresh/"
        campaign = Campaign.objects.get()
        assert (campaign.title, campaign.state, campaign.protocol) == ("Fresh", "draft", "preference")
        assert set(campaign.runs.all()) == {ut, cvae}
        assert campaign.settings == {"raters": 2, "raters_per_sample": 2}
        assert campaign.seed is not None
        assert campaign.events.get().actor == "alice"

    @pytest.mark.parametrize("protocol", protocols.names())
    def test_the_form_of_every_protocol_says_its_defaults(
        self, alice_client: Client, harbour: TestSet, ut: Run, protocol: str
    ) -> None:
        body = alice_client.get(f"/staff/campaigns/new/?protocol={protocol}&testset=harbour").content.decode()
        for key in protocols.load(protocol).Settings.fields():
            assert f'name="set.{key}' in body
        assert send(alice_client, harbour, protocol, slug=f"as-is-{protocol.replace('_', '-')}").status_code == 302
        made = Campaign.objects.get()
        assert {key for key in made.settings if key != "controls"} == set()
        assert set(made.consent) == set(made.instructions) == {"zh-hans", "en"}

    def test_first_come_protocol_and_test_set(self, alice_client: Client, harbour: TestSet) -> None:
        body = alice_client.get("/staff/campaigns/new/").content.decode()
        for slug in protocols.names():
            assert f'value="{slug}"' in body
        assert 'value="harbour"' in body

    def test_of_each_system_the_newest_finished_run_is_ticked(self, harbour: TestSet, ut: Run) -> None:
        newer = Run.objects.create(testset=harbour, system=ut.system, source="imported", state="finished")
        Run.objects.create(testset=harbour, system=ut.system, source="imported", state="failed")
        assert new_form(harbour).fields["runs"].initial == [newer.pk]

    def test_rules_of_exclusion_can_be_set_and_left_out(self, alice_client: Client, harbour: TestSet, ut: Run) -> None:
        rules = {"set.exclusions.checks_failed_over": None, "set.exclusions.median_seconds_under": "2.5"}
        send(alice_client, harbour, **rules)
        assert Campaign.objects.get().options.exclusions == {"median_seconds_under": 2.5}

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("slug", "Not A Slug", "lower-case"),
            ("set.raters", "0", "greater than or equal to 1"),
            ("set.raters", "many", "whole number"),
            ("set.raters_per_sample", "99", "cannot exceed"),
            ("set.samples", "99", "samples=99"),
            ("runs", "9999", "valid"),
            ("seed", "-1", "greater than or equal to 0"),
            ("completion_url", "not an address", "URL"),
        ],
    )
    def test_what_cannot_be_is_refused_and_nothing_is_made(
        self, alice_client: Client, harbour: TestSet, ut: Run, field: str, value: str, said: str
    ) -> None:
        answer = send(alice_client, harbour, **{field: value})
        assert answer.status_code == 200
        assert said in answer.content.decode()
        assert not Campaign.objects.exists()

    def test_a_taken_slug_is_refused(self, alice_client: Client, draft: Campaign) -> None:
        assert "already a campaign" in send(alice_client, draft.testset, slug="first").content.decode()

    def test_a_draft_is_edited(self, alice_client: Client, draft: Campaign) -> None:
        form = CampaignForm(rules=draft.rules, campaign=draft)
        texts = {"consent.en": "Please help.", "consent.zh-hans": "请帮忙。"}
        data = filled(form, title="Renamed", seed="11", **{"set.raters": "3"}, **texts)
        assert alice_client.post(f"{PAGE}edit/", data)["Location"] == PAGE
        draft.refresh_from_db()
        assert (draft.title, draft.seed, draft.settings) == ("Renamed", 11, {"raters": 3})
        assert draft.consent == {"en": "Please help.", "zh-hans": "请帮忙。"}

    def test_an_edit_that_cannot_be_changes_nothing(self, alice_client: Client, draft: Campaign) -> None:
        form = CampaignForm(rules=draft.rules, campaign=draft)
        answer = alice_client.post(f"{PAGE}edit/", filled(form, title="Renamed", **{"set.samples": "99"}))
        assert answer.status_code == 200
        draft.refresh_from_db()
        assert draft.title == "First study"

    def test_a_started_campaign_is_not_edited(self, alice_client: Client, running: Campaign) -> None:
        data = filled(CampaignForm(rules=running.rules, campaign=running), **{"set.raters": "3"})
        answer = alice_client.post(f"{PAGE}edit/", data, follow=True, headers=ENGLISH)
        assert "is frozen; clone it" in answer.content.decode()
        running.refresh_from_db()
        assert running.settings == {}


class TestItsLife:
    def move(self, client: Client, action: str, **data: str) -> str:
        return client.post(f"{PAGE}{action}/", data, follow=True, headers=ENGLISH).content.decode()

    def test_it_works(self, alice_client: Client, draft: Campaign) -> None:
        for action, state in (("start", "running"), ("pause", "paused"), ("resume", "running"), ("close", "closed")):
            self.move(alice_client, action, reason="lunch")
            draft.refresh_from_db()
            assert draft.state == state
        record = list(draft.events.values_list("action", "actor", "reason"))
        assert record == [
            ("started", "alice", ""),
            ("paused", "alice", "lunch"),
            ("resumed", "alice", "lunch"),
            ("closed", "alice", "lunch"),
        ]

    def test_a_step_out_of_turn_is_refused_in_words(self, alice_client: Client, draft: Campaign) -> None:
        body = self.move(alice_client, "pause")
        with translation.override("en"), pytest.raises(campaigns.CampaignError) as refused:
            campaigns.pause(campaign=draft)
        assert escape(refused.value.errors[0]) in body
        draft.refresh_from_db()
        assert draft.state == "draft"

    def test_what_keeps_a_draft_from_starting_is_told(self, alice_client: Client, draft: Campaign, ut: Run) -> None:
        Run.objects.filter(pk=ut.pk).update(state="running")
        body = alice_client.get(PAGE, headers=ENGLISH).content.decode()
        assert "wait until it is finished" in body
        assert re.search(r"<button[^>]*disabled>Start", body)
        assert "wait until it is finished" in self.move(alice_client, "start")

    def test_it_is_cloned_into_a_draft(self, alice_client: Client, running: Campaign) -> None:
        assert 'value="first-2"' in alice_client.get(PAGE).content.decode()
        answer = alice_client.post(f"{PAGE}clone/", {"slug": "first-2"})
        assert answer["Location"] == "/staff/campaigns/of/first-2/"
        copy = Campaign.objects.get(slug="first-2")
        assert (copy.state, copy.seed, list(copy.runs.all())) == ("draft", running.seed, list(running.runs.all()))

    @pytest.mark.parametrize("slug", ["first", "No Slug", ""])
    def test_a_clone_needs_a_slug_of_its_own(self, alice_client: Client, draft: Campaign, slug: str) -> None:
        answer = alice_client.post(f"{PAGE}clone/", {"slug": slug}, follow=True)
        assert "notice--error" in answer.content.decode()
        assert Campaign.objects.count() == 1


class TestInviting:
    def invite(self, client: Client, **data: Any) -> Any:
        return client.post(f"{PAGE}invite/", {"count": 3, "nonce": str(uuid4())} | data, follow=True, headers=ENGLISH)

    def test_it_works(self, alice_client: Client, draft: Campaign) -> None:
        body = self.invite(alice_client, language="en").content.decode()
        links = re.findall(r"<code>(\S+/r/\S+/)</code>", body)
        assert len(set(links)) == 3
        raters = [invitations.admit(link.split("/")[-2]) for link in links]
        assert [rater.pseudonym for rater in raters if rater] == ["R-0001", "R-0002", "R-0003"]
        assert {rater.language for rater in raters if rater} == {"en"}

    def test_the_csv_holds_the_same_links(self, alice_client: Client, draft: Campaign) -> None:
        body = self.invite(alice_client).content.decode()
        data = re.search(r'href="data:text/csv;charset=utf-8,([^"]+)"', body)
        assert data
        rows = list(csv.DictReader(io.StringIO(unquote(data[1]).lstrip("\ufeff"))))
        assert [row["link"] for row in rows] == re.findall(r"<code>(\S+/r/\S+/)</code>", body)
        assert rows[0]["rater"] == "R-0001"

    def test_a_page_that_is_reloaded_invites_nobody_twice(self, alice_client: Client, draft: Campaign) -> None:
        nonce = str(uuid4())
        self.invite(alice_client, nonce=nonce)
        again = self.invite(alice_client, nonce=nonce).content.decode()
        assert "made already" in again
        assert draft.raters.count() == 3

    @pytest.mark.parametrize("count", ["0", "1001", "-1", "many", ""])
    def test_no_more_than_a_thousand_at_a_time(self, alice_client: Client, draft: Campaign, count: str) -> None:
        self.invite(alice_client, count=count)
        assert not draft.raters.exists()

    def test_an_open_link_takes_the_place_of_the_last(self, alice_client: Client, draft: Campaign) -> None:
        def make() -> str:
            body = alice_client.post(f"{PAGE}open-link/").content.decode()
            found = re.search(r"/r/([^/]+)/</code>", body)
            assert found
            return found[1]

        first, second = make(), make()
        assert invitations.campaign_of_open_link(first) is None
        assert invitations.campaign_of_open_link(second) == draft

    def test_a_closed_campaign_invites_nobody(self, alice_client: Client, running: Campaign) -> None:
        campaigns.close(campaign=running)
        assert "is closed" in self.invite(alice_client).content.decode()
        assert "is closed" in alice_client.post(f"{PAGE}open-link/", follow=True, headers=ENGLISH).content.decode()
        assert not running.raters.exists()


class TestWatching:
    def test_it_works(self, alice_client: Client, running: Campaign) -> None:
        answer_all(running, raters=1)
        invitations.invite(campaign=running, count=2)
        body = alice_client.get(PAGE, headers=ENGLISH).content.decode()
        assert re.search(r"<dt>Invited</dt><dd>3</dd>", body)
        assert re.search(r"<dt>Began</dt><dd>1</dd>", body)
        answered = running.assignments.get().items.count()
        assert f"{answered} / {answered}" in body
        assert "4.0" in body

    def test_nothing_tells_who_leads(self, alice_client: Client, running: Campaign) -> None:
        before = [alice_client.get(address).content for address in (PAGE, "/", "/staff/campaigns/")]
        assert all(b"share" not in page.lower() or b"preference" in page.lower() for page in before)
        answer_all(running, raters=1)
        for address in (PAGE, "/", "/staff/campaigns/"):
            body = alice_client.get(address).content.decode()
            for text in running.runs.values_list("outputs__text", flat=True):
                assert str(text) not in body

    def test_simulated_raters_are_not_counted_among_people(self, alice_client: Client, running: Campaign) -> None:
        raters = answer_all(running, raters=1)
        type(raters[0]).objects.update(simulated=True)
        body = alice_client.get(PAGE, headers=ENGLISH).content.decode()
        assert re.search(r"<dt>Invited</dt><dd>0</dd>", body)
        assert "R-0001" not in body

    def test_more_raters_and_campaigns_ask_no_more_queries(
        self, alice_client: Client, running: Campaign, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        answer_all(running, raters=4)
        for number in range(4):
            campaigns.clone(campaign=running, slug=f"copy-{number}")
        for address, most in (("/", 10), ("/staff/campaigns/", 6), (PAGE, 14)):
            with django_assert_max_num_queries(most):
                assert alice_client.get(address).status_code == 200
