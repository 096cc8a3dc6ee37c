"""The records: to be read, not written; no key among them, and no peeking while a campaign runs."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from rest_framework.authtoken.models import Token

from evalsite.rating import campaigns, invitations
from evalsite.rating.models import Assignment, Campaign, Event, Item, Judgment, Rater, Submission
from evalsite.testsets.models import Frame, Output, Run, Sample, System, TestSet
from tests.evalsite.cast import answer_all, logged_in

RECORDS: list[type[Model]] = [
    TestSet,
    Sample,
    Frame,
    System,
    Run,
    Output,
    Campaign,
    Rater,
    Assignment,
    Item,
    Submission,
    Judgment,
    Event,
]
APPEND_ONLY: list[type[Model]] = [Sample, Run, Output, Rater, Assignment, Item, Submission, Judgment, Event]


def lists(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


@pytest.fixture
def closed(running: Campaign) -> Campaign:
    answer_all(running, raters=2)
    return campaigns.close(campaign=running)


def test_it_works(root_client: Client, closed: Campaign) -> None:
    assert root_client.get("/admin/").status_code == 200
    for model in RECORDS:
        assert model in admin.site._registry
        assert root_client.get(lists(model)).status_code == 200, model
        row = model._default_manager.first()
        assert model is Frame or row is not None, model
        if row:
            assert root_client.get(page(row)).status_code == 200, model


@pytest.mark.parametrize("model", RECORDS)
def test_every_list_can_be_searched(root_client: Client, closed: Campaign, model: type[Model]) -> None:
    assert root_client.get(lists(model), {"q": "灯塔"}).status_code == 200


@pytest.mark.parametrize("model", APPEND_ONLY)
def test_what_happened_is_not_rewritten_even_by_the_superuser(
    root_client: Client, closed: Campaign, model: type[Model]
) -> None:
    row = model._default_manager.first()
    assert row is not None
    before = model._default_manager.values().get(pk=row.pk)
    assert root_client.get(lists(model) + "add/").status_code == 403
    assert root_client.post(page(row), {"value": "1", "text": "other"}).status_code == 403
    assert root_client.post(page(row).replace("change", "delete"), {"post": "yes"}).status_code == 403
    root_client.post(lists(model), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert model._default_manager.values().get(pk=row.pk) == before


def test_a_started_campaign_keeps_all_but_its_title(root_client: Client, running: Campaign) -> None:
    sent = {
        "title": "A better title",
        "completion_url": "",
        "seed": "1",
        "settings": "{}",
        "state": "draft",
        "slug": "x",
    }
    assert root_client.post(page(running), sent).status_code == 302
    now = Campaign.objects.get(pk=running.pk)
    assert now.title == "A better title"
    assert (now.slug, now.seed, now.state) == (running.slug, running.seed, "running")


def test_staff_without_permissions_see_no_records(alice_client: Client, closed: Campaign) -> None:
    for model in RECORDS:
        assert alice_client.get(lists(model)).status_code == 403


@pytest.mark.parametrize("model", [Item, Submission, Judgment])
def test_answers_of_a_running_campaign_stay_out_of_sight(
    root_client: Client, running: Campaign, model: type[Model]
) -> None:
    answer_all(running, raters=1)
    row = model._default_manager.first()
    assert row is not None
    assert page(row) not in root_client.get(lists(model)).content.decode()
    assert running.slug in root_client.get(lists(model)).content.decode()
    assert root_client.get(page(row)).status_code == 302
    campaigns.unblind(campaign=running, actor="root", reason="a rater reports that pictures are missing")
    assert page(row) in root_client.get(lists(model)).content.decode()


def test_no_page_shows_a_key(root_client: Client, draft: Campaign, alice: User) -> None:
    token = invitations.invite(campaign=draft, count=1)[0].token
    invitations.open_link(campaign=draft)
    rater = draft.raters.get()
    draft.refresh_from_db()
    key = Token.objects.create(user=alice).key
    addresses = [lists(Rater), page(rater), lists(Campaign), page(draft), lists(User), page(alice), "/admin/"]
    for address in addresses:
        body = root_client.get(address).content.decode()
        for secret in (token, rater.token_digest, draft.open_enrolment, key):
            assert secret not in body, address
    assert Token not in admin.site._registry
    assert not any(model._meta.model_name == "tokenproxy" for model in admin.site._registry)


def test_the_superuser_makes_a_token_that_is_shown_once(root_client: Client, alice: User, bob: User) -> None:
    chosen = {"action": "make_token", "_selected_action": [alice.pk, bob.pk]}
    body = root_client.post(lists(User), chosen, follow=True).content.decode()
    key = Token.objects.get().key
    assert Token.objects.get().user == alice
    assert key in body
    assert "bob is not active staff" in body
    assert key not in root_client.get(lists(User)).content.decode()
    root_client.post(lists(User), {"action": "take_token", "_selected_action": [alice.pk]})
    assert not Token.objects.exists()


def test_tokens_are_not_made_by_those_who_may_only_look(alice: User, bob: User) -> None:
    alice.user_permissions.add(Permission.objects.get(codename="view_user"))
    chosen = {"action": "make_token", "_selected_action": [alice.pk]}
    logged_in(alice).post(lists(User), chosen, follow=True)
    assert not Token.objects.exists()


@pytest.mark.parametrize("model", [Sample, Run, Output, Campaign, Rater, Assignment, Item, Submission, Judgment, Event])
def test_a_longer_list_asks_no_more_queries(
    root_client: Client, closed: Campaign, model: type[Model], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    root_client.get(lists(model))
    with django_assert_max_num_queries(14):
        assert root_client.get(lists(model)).status_code == 200


def test_a_frame_is_shown_beside_its_sample(root_client: Client, harbour: TestSet) -> None:
    sample = harbour.samples.first()
    assert sample is not None
    Sample.objects.filter(pk=sample.pk).update(frames=["a" * 64])
    assert f'src="/frames/{"a" * 64}"' in root_client.get(page(sample)).content.decode()
