"""Who may open which page: every address of the site that is not a rater's or the API's, and four kinds of visitor."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from evalsite.rating import invitations
from evalsite.rating.models import Campaign
from evalsite.staff.urls import urlpatterns
from evalsite.testsets.models import Run
from tests.evalsite.cast import PASSWORD

OPEN = {"home", "healthz", "readyz"}
POST_ONLY = {"run_resume", "campaign_clone", "invite", "open_link", "open_link_close", "move"}
SENT_BACK = {"run_delete"}  # this run did not fail


def closed_addresses(campaign: Campaign, run: Run) -> dict[str, str]:
    """One example of each address of the room that is not for everybody."""
    slugs = {"testset": "harbour", "outputs_new": "harbour"}
    addresses = {}
    for pattern in urlpatterns:
        name = str(pattern.name)
        values = {"slug": slugs.get(name, campaign.slug), "pk": run.pk, "action": "pause"}
        keywords = {**dict.fromkeys(pattern.pattern.converters), **pattern.pattern.regex.groupindex}
        if name not in OPEN:
            addresses[name] = reverse(f"staff:{name}", kwargs={key: values[key] for key in keywords})
    return addresses


def test_it_works(alice_client: Client, draft: Campaign) -> None:
    page = alice_client.get("/")
    assert page.status_code == 200
    assert "First study" in page.content.decode()


def test_strangers_log_in_first_and_come_back(client: Client, draft: Campaign, ut: Run) -> None:
    addresses = closed_addresses(draft, ut)
    assert len(addresses) == len(urlpatterns) - len(OPEN)
    for address in addresses.values():
        for answer in (client.get(address), client.post(address)):
            assert answer.status_code == 302
            assert answer["Location"] == f"/accounts/login/?next={address}"


def test_raters_are_strangers_here(client: Client, draft: Campaign, ut: Run) -> None:
    link = invitations.link(invitations.invite(campaign=draft, count=1)[0].token)
    client.get(link)
    for address in closed_addresses(draft, ut).values():
        assert client.get(address).status_code == 302


def test_an_account_alone_opens_nothing(bob_client: Client, draft: Campaign, ut: Run) -> None:
    for address in closed_addresses(draft, ut).values():
        for answer in (bob_client.get(address), bob_client.post(address)):
            assert answer.status_code == 403
            assert b"<h1>" in answer.content
    assert bob_client.get("/accounts/api-token/").status_code == 403
    assert bob_client.get("/").status_code == 200


@pytest.mark.parametrize("who", ["alice_client", "root_client"])
def test_staff_open_every_page(who: str, draft: Campaign, ut: Run, request: pytest.FixtureRequest) -> None:
    visitor: Client = request.getfixturevalue(who)
    for name, address in closed_addresses(draft, ut).items():
        expected = 405 if name in POST_ONLY else 302 if name in SENT_BACK else 200
        assert visitor.get(address).status_code == expected, name
    assert visitor.get("/accounts/api-token/").status_code == 200


def test_pages_that_change_nothing_take_no_post(alice_client: Client, draft: Campaign, ut: Run) -> None:
    for name in ("testsets", "testset", "runs", "run", "campaigns", "campaign"):
        assert alice_client.post(closed_addresses(draft, ut)[name]).status_code == 405


def test_every_form_needs_its_token(alice: User, draft: Campaign, ut: Run) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    for name in [*POST_ONLY, "testset_new", "outputs_new", "run_new", "campaign_new", "campaign_edit"]:
        answer = strict.post(closed_addresses(draft, ut)[name])
        assert answer.status_code == 403, name
        assert b"Content-Security-Policy" in answer.headers.__str__().encode()
    assert strict.post("/accounts/api-token/").status_code == 403
    assert strict.post("/accounts/login/").status_code == 403


def test_an_account_put_to_rest_is_let_in_nowhere(alice: User, alice_client: Client, draft: Campaign) -> None:
    alice.is_active = False
    alice.save()
    assert alice_client.get("/staff/runs/").status_code == 302


def test_pages_of_staff_are_kept_by_no_cache(alice_client: Client, draft: Campaign, ut: Run) -> None:
    for name, address in closed_addresses(draft, ut).items():
        if name not in POST_ONLY:
            assert "no-store" in alice_client.get(address)["Cache-Control"], name


def test_headers_keep_strangers_out(client: Client, db: None) -> None:
    page = client.get("/")
    policy = page["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page["X-Content-Type-Options"] == "nosniff"
    assert page["Referrer-Policy"] == "same-origin"
    assert page["X-Frame-Options"] == "DENY"


def test_no_page_needs_what_the_policy_forbids(alice_client: Client, draft: Campaign, ut: Run) -> None:
    pages = ["/", "/accounts/login/", "/accounts/api-token/", "/accounts/password_change/"]
    pages += [address for name, address in closed_addresses(draft, ut).items() if name not in POST_ONLY]
    for address in pages:
        body = alice_client.get(address, follow=True).content.decode()
        assert "<style" not in body, address
        assert " style=" not in body, address
        assert "<script>" not in body, address
        assert " onclick=" not in body, address


class TestLoggingIn:
    def test_it_leads_to_where_one_wanted_to_go(self, client: Client, alice: User) -> None:
        answer = client.post(
            "/accounts/login/?next=/staff/runs/",
            {"username": "alice", "password": PASSWORD, "next": "/staff/runs/"},
        )
        assert answer["Location"] == "/staff/runs/"

    def test_it_never_leads_off_the_site(self, client: Client, alice: User) -> None:
        answer = client.post(
            "/accounts/login/", {"username": "alice", "password": PASSWORD, "next": "https://evil.example/"}
        )
        assert answer["Location"] == "/"

    def test_logging_out_takes_a_form(self, alice_client: Client) -> None:
        assert alice_client.get("/accounts/logout/").status_code == 405
        assert alice_client.post("/accounts/logout/").status_code == 302
        assert alice_client.get("/staff/runs/").status_code == 302

    def guess(self, client: Client, password: str, address: str, page: str = "/accounts/login/") -> int:
        return client.post(page, {"username": "alice", "password": password}, REMOTE_ADDR=address).status_code

    @pytest.mark.parametrize("page", ["/accounts/login/", "/admin/login/"])
    def test_guessing_has_an_end(self, client: Client, alice: User, settings: Settings, page: str) -> None:
        settings.AXES_FAILURE_LIMIT = 3
        answers = [self.guess(client, f"guess {number}", "192.0.2.1", page) for number in range(4)]
        assert answers == [200, 200, 429, 429]
        assert self.guess(client, PASSWORD, "192.0.2.1", page) == 429

    def test_one_who_guesses_does_not_lock_the_owner_out(self, client: Client, alice: User, settings: Settings) -> None:
        settings.AXES_FAILURE_LIMIT = 3
        for number in range(4):
            self.guess(client, f"guess {number}", "192.0.2.1")
        assert self.guess(client, PASSWORD, "198.51.100.7") == 302

    def test_the_page_says_how_long_to_wait(self, client: Client, alice: User, settings: Settings) -> None:
        settings.AXES_FAILURE_LIMIT = 1
        answer = client.post(
            "/accounts/login/", {"username": "alice", "password": "no"}, headers={"Accept-Language": "en"}
        )
        assert answer.status_code == 429
        assert answer["Retry-After"] == "900"
        assert "Wait 15 minutes" in answer.content.decode()

    def test_behind_a_proxy_the_last_word_counts_since_the_rest_is_the_callers_own(
        self, client: Client, alice: User, settings: Settings
    ) -> None:
        settings.AXES_FAILURE_LIMIT = 2
        settings.BEHIND_PROXY = True
        answers = [
            client.post(
                "/accounts/login/",
                {"username": "alice", "password": "no"},
                headers={"X-Forwarded-For": f"203.0.113.{number}, 192.0.2.9"},
            ).status_code
            for number in range(2)
        ]
        assert answers == [200, 429]


class TestErrorPages:
    def test_an_unknown_address(self, client: Client, db: None) -> None:
        answer = client.get("/nowhere/", headers={"Accept-Language": "en"})
        assert answer.status_code == 404
        assert "There is nothing here" in answer.content.decode()

    def test_a_fault_of_ours_is_told_without_its_inside(
        self, client: Client, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("evalsite.staff.home.render", lambda *_args: 1 / 0)
        client.raise_request_exception = False
        answer = client.get("/", headers={"Accept-Language": "en"})
        assert answer.status_code == 500
        body = answer.content.decode()
        assert "Something went wrong here" in body
        assert "division" not in body

    def test_a_host_that_is_not_ours(self, client: Client, db: None) -> None:
        answer = client.get("/", headers={"Host": "evil.example"})
        assert answer.status_code == 400
        assert b"<h1>" in answer.content
