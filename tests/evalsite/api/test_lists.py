"""What programs read, and that only staff's programs may."""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.urls.resolvers import URLPattern
from pytest_django import DjangoAssertNumQueries

from evalsite.api.pagination import Pages
from evalsite.api.urls import urlpatterns
from evalsite.rating.models import Campaign
from evalsite.testsets.models import Run, TestSet

API = "/api/v1"


def every_address(draft: Campaign, run: Run) -> list[str]:
    """One example of each address of the room."""
    values = {"slug": {"testset": "harbour", "samples": "harbour"}, "pk": run.pk}

    def example(pattern: URLPattern) -> str:
        known = pattern.pattern.regex.groupindex  # type: ignore[attr-defined]
        slug = values["slug"].get(pattern.name, draft.slug)  # type: ignore[attr-defined, arg-type]
        return reverse(f"api:{pattern.name}", kwargs={name: slug if name == "slug" else values["pk"] for name in known})

    return [example(pattern) for pattern in urlpatterns if pattern.name]


def test_it_works(program: Client, harbour: TestSet) -> None:
    answer = program.get(f"{API}/testsets/harbour/").json()
    assert (answer["slug"], answer["title"], answer["samples"]) == ("harbour", "Harbour at dawn", 4)


def test_every_address_is_closed_to_strangers_and_to_those_who_are_not_staff(
    client: Client, bob_client: Client, draft: Campaign, ut: Run
) -> None:
    addresses = every_address(draft, ut)
    assert len(addresses) >= 12
    for address in [*addresses, f"{API}/nowhere/"]:
        assert client.get(address).status_code == 401, address
        assert client.post(address).status_code == 401, address
        assert bob_client.get(address).status_code == 403, address


def test_a_token_is_worth_nothing_once_its_owner_is_not_staff(program: Client, alice: User) -> None:
    alice.is_staff = False
    alice.save()
    assert program.get(f"{API}/systems/").status_code == 403
    alice.is_active = False
    alice.save()
    assert program.get(f"{API}/systems/").status_code == 401


def test_a_log_in_of_the_site_opens_the_api_too(alice_client: Client) -> None:
    assert alice_client.get(f"{API}/systems/").status_code == 200


def test_the_last_slash_is_optional(program: Client, draft: Campaign, ut: Run) -> None:
    for address in set(every_address(draft, ut)) - {f"{API}/"}:
        bare = address.rstrip("/")
        assert program.get(bare).status_code == program.get(f"{bare}/").status_code
        assert program.get(bare).status_code in {200, 405, 409}, address


def test_lists_cannot_be_written(program: Client, harbour: TestSet) -> None:
    for method in (program.post, program.put, program.patch, program.delete):
        assert method(f"{API}/testsets/").status_code == 405
        assert method(f"{API}/testsets/harbour/").status_code == 405


def test_samples_are_lines_of_samples_jsonl(program: Client, harbour: TestSet) -> None:
    answer = program.get(f"{API}/testsets/harbour/samples/?limit=2").json()
    assert answer["count"] == 4
    assert [sample["id"] for sample in answer["results"]] == ["film@0", "film@1"]
    assert answer["results"][1]["context"] == [{"time": -0.5, "text": "来了来了"}]
    assert answer["results"][1]["references"] == ["好美"]


def test_a_list_is_never_longer_than_the_limit(
    program: Client, harbour: TestSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pages, "max_limit", 3)
    answer = program.get(f"{API}/testsets/harbour/samples/?limit=99999999").json()
    assert len(answer["results"]) == 3
    assert "limit=3&offset=3" in answer["next"]


def test_outputs_are_lines_of_outputs_jsonl(program: Client, ut: Run) -> None:
    answer = program.get(f"{API}/runs/{ut.pk}/outputs/").json()
    assert answer["results"][0] == {"sample": "film@0", "rank": 1, "text": "灯塔亮了0", "score": None}


def test_runs_are_found_by_what_they_are_of(program: Client, ut: Run, cvae: Run) -> None:
    assert {run["system"] for run in program.get(f"{API}/runs/").json()["results"]} == {"ut", "cvae"}
    found = program.get(f"{API}/runs/?system=ut&testset=harbour&state=finished").json()["results"]
    assert [run["id"] for run in found] == [ut.pk]
    assert program.get(f"{API}/runs/?state=failed").json()["count"] == 0


@pytest.mark.parametrize("query", ["state=nonsense", "system=%00", "testset=a%20b"])
def test_a_filter_that_cannot_be_is_refused_by_its_name(program: Client, ut: Run, query: str) -> None:
    answer = program.get(f"{API}/runs/?{query}")
    assert answer.status_code == 400
    assert len(answer.json()) == 1


def test_a_campaign_names_the_run_behind_each_system(program: Client, draft: Campaign, ut: Run, cvae: Run) -> None:
    answer = program.get(f"{API}/campaigns/first/").json()
    assert answer["systems"] == [{"system": "cvae", "run": cvae.pk}, {"system": "ut", "run": ut.pk}]
    assert answer["state"] == "draft"


def test_nothing_that_is_a_key_is_told(program: Client, draft: Campaign) -> None:
    draft.open_enrolment = "f" * 64
    draft.save()
    body = program.get(f"{API}/campaigns/").content + program.get(f"{API}/campaigns/first/").content
    assert b"f" * 64 not in body


@pytest.mark.parametrize("path", ["testsets/none/", "campaigns/none/", "runs/999/", "testsets/none/samples/", "x/y"])
def test_what_is_not_there_is_a_404_in_json(program: Client, db: None, path: str) -> None:
    answer = program.get(f"{API}/{path}")
    assert answer.status_code == 404
    assert answer.json()["detail"]


@pytest.mark.parametrize("path", ["campaigns/", "runs/", "testsets/harbour/samples/"])
def test_a_longer_list_asks_no_more_queries(
    program: Client, draft: Campaign, path: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        Campaign.objects.create(
            slug=f"more-{number}", protocol="preference", testset=draft.testset, seed=number
        ).runs.set(draft.runs.all())
    with django_assert_max_num_queries(6):
        assert program.get(f"{API}/{path}").status_code == 200


def test_the_index_leads_to_every_list(program: Client, db: None) -> None:
    for address in program.get(f"{API}/").json().values():
        assert program.get(address).status_code == 200, address


def test_the_schema_is_valid_and_without_a_warning(db: None) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")


def test_the_schema_and_its_page_are_served_without_foreign_addresses(program: Client, alice_client: Client) -> None:
    assert b"/api/v1/campaigns/{slug}/" in program.get(f"{API}/schema/").content
    page = alice_client.get(f"{API}/docs/")
    body = page.content.decode()
    assert "https://" not in body
    assert "<style" not in body
    assert body.count("<script src=") == body.count("<script") == 3
    assert "'unsafe-inline'" not in page["Content-Security-Policy"]
