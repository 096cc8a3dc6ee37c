"""A study as programs see it: invitations, progress, and a report that is not told before its time."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from evalsite.rating import campaigns, invitations
from evalsite.rating.models import Campaign
from evalsite.reports import reading
from tests.evalsite.cast import answer_all

FIRST = "/api/v1/campaigns/first"


def invite(program: Client, **data: Any) -> Any:
    return program.post(f"{FIRST}/invitations/", json.dumps(data), content_type="application/json")


class TestInviting:
    def test_it_works(self, program: Client, draft: Campaign) -> None:
        answer = invite(program, raters=2, language="en")
        assert answer.status_code == 201
        made = answer.json()["invitations"]
        assert [entry["rater"] for entry in made] == ["R-0001", "R-0002"]
        rater = invitations.admit(made[1]["link"].split("/")[-2])
        assert rater is not None
        assert (rater.pseudonym, rater.language) == ("R-0002", "en")
        assert answer["Cache-Control"] == "no-store"

    def test_links_are_told_once(self, program: Client, draft: Campaign) -> None:
        link = invite(program, raters=1).json()["invitations"][0]["link"]
        token = link.split("/")[-2]
        assert program.get(f"{FIRST}/invitations/").status_code == 405
        for address in ("", "/progress/", "/report/"):
            assert token not in program.get(f"{FIRST}{address}").content.decode()

    @pytest.mark.parametrize(
        "data", [{}, {"raters": 0}, {"raters": 1001}, {"raters": "many"}, {"raters": 1, "language": "tlh"}]
    )
    def test_what_cannot_be_is_refused_at_its_field(
        self, program: Client, draft: Campaign, data: dict[str, Any]
    ) -> None:
        answer = invite(program, **data)
        assert answer.status_code == 400
        assert set(answer.json()) <= {"raters", "language"}
        assert not draft.raters.exists()

    def test_broken_json_is_refused(self, program: Client, draft: Campaign) -> None:
        answer = program.post(f"{FIRST}/invitations/", "{", content_type="application/json")
        assert answer.status_code == 400
        assert "JSON" in answer.json()["detail"]

    def test_a_closed_campaign_invites_nobody(self, program: Client, running: Campaign) -> None:
        campaigns.close(campaign=running)
        answer = invite(program, raters=1)
        assert answer.status_code == 409
        assert "is closed" in answer.json()["detail"]
        assert not running.raters.exists()

    def test_a_session_needs_its_token(self, alice: User, draft: Campaign) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(alice)
        assert invite(strict, raters=1).status_code == 403


class TestTheReport:
    def test_it_works(self, program: Client, running: Campaign) -> None:
        answer_all(running, raters=2)
        campaigns.close(campaign=running)
        answer = program.get(f"{FIRST}/report")
        assert answer.status_code == 200
        report = answer.json()
        assert report == json.loads(json.dumps(reading.report(Campaign.objects.get())))
        assert {row["system"] for row in report["systems"]} == {"cvae", "ut"}
        assert sum(row["share"] for row in report["systems"]) + report["none"]["share"] == pytest.approx(1)

    def test_who_leads_is_not_told_while_it_runs(self, program: Client, running: Campaign) -> None:
        answer_all(running, raters=2)
        for state in ("running", "paused"):
            answer = program.get(f"{FIRST}/report")
            assert answer.status_code == 409
            assert set(answer.json()) == {"detail"}
            assert "not told before it is closed" in answer.json()["detail"]
            if state == "running":
                campaigns.pause(campaign=running)

    def test_one_who_put_a_reason_on_record_may_look_and_nobody_else(
        self, program: Client, root_client: Client, running: Campaign
    ) -> None:
        answer_all(running, raters=2)
        campaigns.unblind(campaign=running, actor="alice", reason="a rater reports missing pictures")
        assert program.get(f"{FIRST}/report").status_code == 200
        assert root_client.get(f"{FIRST}/report").status_code == 409

    def test_progress_is_told_at_any_time_and_never_who_leads(self, program: Client, running: Campaign) -> None:
        answer_all(running, raters=2)
        answer = program.get(f"{FIRST}/progress")
        assert answer.status_code == 200
        progress = answer.json()
        assert progress["counts"]["raters"] == 2
        assert progress["blinded"] is True
        body = answer.content.decode()
        for word in ('"systems"', '"share"', '"ut"', '"cvae"', '"comparisons"', '"examples"'):
            assert word not in body

    def test_simulated_raters_are_nobodys_opinion(self, program: Client, running: Campaign) -> None:
        assert program.get(f"{FIRST}/report?simulated=true").status_code == 200
        assert program.get(f"{FIRST}/report?simulated=perhaps").status_code == 400

    def test_a_draft_has_no_report_yet(self, program: Client, draft: Campaign) -> None:
        assert program.get(f"{FIRST}/report").status_code == 409
