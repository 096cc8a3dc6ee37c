"""Drafts, failed runs and open links can be taken back, after a question; what is evidence stays."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from evalsite.rating import campaigns, invitations
from evalsite.rating.models import Campaign
from evalsite.testsets.models import Output, Run, TestSet

ENGLISH = {"Accept-Language": "en"}
PAGE = "/staff/campaigns/of/first/"


@pytest.fixture
def first(harbour: TestSet, ut: Run) -> Campaign:
    return campaigns.create(slug="first", protocol="preference", testset=harbour, runs=[ut], seed=1)


def told(client: Client, answer: object) -> str:
    return client.get(answer["Location"], headers=ENGLISH).content.decode()  # type: ignore[index]


class TestADraft:
    def test_it_works(self, alice_client: Client, alice: User, first: Campaign) -> None:
        invitations.invite(campaign=first, count=2)
        assert f"{PAGE}delete/" in alice_client.get(PAGE).content.decode()
        asked = alice_client.get(f"{PAGE}delete/", headers=ENGLISH).content.decode()
        assert "2 links made for it stop working" in asked
        assert Campaign.objects.exists()  # to ask is not to do
        assert "first was deleted" in told(alice_client, alice_client.post(f"{PAGE}delete/", headers=ENGLISH))
        assert not Campaign.objects.exists()
        assert Run.objects.count() == 1
        entry = LogEntry.objects.get()
        assert (entry.user, entry.is_deletion(), entry.change_message) == (alice, True, "campaign first")

    def test_what_was_started_is_evidence(self, alice_client: Client, first: Campaign) -> None:
        campaigns.start(campaign=first)
        for send in (alice_client.get, alice_client.post):
            assert "cannot be deleted" in told(alice_client, send(f"{PAGE}delete/", headers=ENGLISH))
        assert Campaign.objects.exists()
        assert not LogEntry.objects.exists()
        assert f"{PAGE}delete/" not in alice_client.get(PAGE).content.decode()


class TestARun:
    def test_it_works(self, alice_client: Client, harbour: TestSet, ut: Run) -> None:
        failed = Run.objects.create(testset=harbour, system=ut.system, source="generated", state="failed")
        Output.objects.create(run=failed, sample=harbour.samples.first(), rank=1, text="好")
        page = f"/staff/runs/{failed.pk}/delete/"
        assert page in alice_client.get(f"/staff/runs/{failed.pk}/").content.decode()
        assert "its 1 output are deleted" in alice_client.get(page, headers=ENGLISH).content.decode()
        assert f"Run {failed.pk} was deleted" in told(alice_client, alice_client.post(page, headers=ENGLISH))
        assert list(Run.objects.all()) == [ut]
        assert LogEntry.objects.get().is_deletion()

    def test_only_one_that_failed(self, alice_client: Client, ut: Run) -> None:
        page = f"/staff/runs/{ut.pk}/delete/"
        assert page not in alice_client.get(f"/staff/runs/{ut.pk}/").content.decode()
        assert "Only a run that failed" in told(alice_client, alice_client.post(page, headers=ENGLISH))
        assert Run.objects.filter(pk=ut.pk).exists()

    def test_not_one_that_a_campaign_compares(self, alice_client: Client, first: Campaign, ut: Run) -> None:
        Run.objects.filter(pk=ut.pk).update(state="failed")
        answer = alice_client.post(f"/staff/runs/{ut.pk}/delete/", headers=ENGLISH)
        assert "take it out of the campaign first" in told(alice_client, answer)
        assert Run.objects.filter(pk=ut.pk).exists()


class TestAnOpenLink:
    def test_it_works(self, alice_client: Client, first: Campaign) -> None:
        first = campaigns.start(campaign=first)
        alice_client.post(f"{PAGE}open-link/")
        address = f"{PAGE}open-link/off/"
        assert address in alice_client.get(PAGE).content.decode()
        link = invitations.open_link(campaign=first)
        assert invitations.campaign_of_open_link(link) == first
        assert "switched off" in told(alice_client, alice_client.post(address, headers=ENGLISH))
        assert invitations.campaign_of_open_link(link) is None
        assert alice_client.get(address).status_code == 405  # a link that is followed changes nothing
        assert address not in alice_client.get(PAGE).content.decode()
        done = list(first.events.order_by("pk").values_list("action", "actor"))[-2:]
        assert done == [("open_link", "alice"), ("open_link_closed", "alice")]
