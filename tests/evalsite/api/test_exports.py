"""Judgments for programs: four formats of the same rows, streamed, and not before their time."""

import csv
import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client

from evalsite.rating import campaigns
from evalsite.rating.models import Campaign, Judgment, Rater
from evalsite.reports import export
from tests.evalsite.cast import answer_all

FIRST = "/api/v1/campaigns/first"


@pytest.fixture
def closed(running: Campaign) -> Campaign:
    answer_all(running, raters=2)
    return campaigns.close(campaign=running)


def body(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.content
    assert answer.streaming
    return b"".join(answer.streaming_content)


def rows(program: Client, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(body(program.get(address)))
    return found


def test_it_works(program: Client, closed: Campaign) -> None:
    found = rows(program, f"{FIRST}/judgments")
    assert len(found) == Judgment.objects.count()
    assert {row["system"] for row in found} == {"ut", "cvae", None}
    assert {row["rater"] for row in found} == {"R-0001", "R-0002"}
    assert {row["criterion"] for row in found} >= {"best"}


def test_four_formats_tell_the_same(program: Client, closed: Campaign) -> None:
    plain = rows(program, f"{FIRST}/judgments?format=json")
    lines = body(program.get(f"{FIRST}/judgments?format=jsonl")).decode().splitlines()
    assert [json.loads(line) for line in lines] == plain
    assert pq.read_table(io.BytesIO(body(program.get(f"{FIRST}/judgments?format=parquet")))).to_pylist() == plain
    table = list(csv.DictReader(io.StringIO(body(program.get(f"{FIRST}/judgments?format=csv")).decode())))
    assert [(row["rater"], row["sample"], float(row["value"])) for row in table] == [
        (row["rater"], row["sample"], row["value"]) for row in plain
    ]


@pytest.mark.parametrize("form", sorted(export.FORMATS))
def test_the_bytes_are_those_of_the_command(program: Client, closed: Campaign, form: str) -> None:
    written = io.BytesIO()
    export.write(written, closed, "judgments", form)
    assert body(program.get(f"{FIRST}/judgments?format={form}")) == written.getvalue()


def test_the_header_accept_chooses_too(program: Client, closed: Campaign) -> None:
    answer = program.get(f"{FIRST}/judgments", headers={"Accept": "text/csv"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="first-judgments.csv"'
    assert body(answer).startswith(b"rater,sitting,")


def test_nothing_is_an_empty_array(program: Client, draft: Campaign) -> None:
    campaigns.close(campaign=campaigns.start(campaign=draft))
    assert rows(program, f"{FIRST}/judgments") == []


@pytest.mark.parametrize("what", ["judgments", "items"])
@pytest.mark.parametrize("form", ["json", "csv", "jsonl", "parquet"])
def test_answers_are_not_told_while_it_runs(program: Client, running: Campaign, what: str, form: str) -> None:
    answer_all(running, raters=1)
    answer = program.get(f"{FIRST}/{what}?format={form}")
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/json"
    assert "not told before it is closed" in answer.json()["detail"]


def test_a_reason_on_record_opens_them_to_that_person_alone(
    program: Client, root_client: Client, running: Campaign
) -> None:
    answer_all(running, raters=1)
    campaigns.unblind(campaign=running, actor="alice", reason="to find a fault")
    assert rows(program, f"{FIRST}/judgments")
    assert root_client.get(f"{FIRST}/judgments").status_code == 409


def test_who_takes_part_may_be_read_at_any_time(program: Client, running: Campaign) -> None:
    answer_all(running, raters=2)
    assert [row["rater"] for row in rows(program, f"{FIRST}/raters")] == ["R-0001", "R-0002"]


def test_simulated_raters_never_mix_with_people(program: Client, running: Campaign) -> None:
    answer_all(running, raters=2)
    Rater.objects.filter(pseudonym="R-0002").update(simulated=True)
    assert {row["rater"] for row in rows(program, f"{FIRST}/judgments?simulated=true")} == {"R-0002"}
    campaigns.close(campaign=running)
    assert {row["rater"] for row in rows(program, f"{FIRST}/judgments")} == {"R-0001"}


def test_items_tell_what_was_shown_and_no_id_of_a_card(program: Client, closed: Campaign) -> None:
    found = rows(program, f"{FIRST}/items")
    assert found[0]["cards"][0]["text"]
    assert "id" not in found[0]["cards"][0]


def test_an_unknown_format_is_refused_in_json(program: Client, closed: Campaign) -> None:
    answer = program.get(f"{FIRST}/judgments?format=xlsx")
    assert answer.status_code == 404
    assert answer.json()["detail"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_stranger_gets_an_answer_in_json_whatever_was_asked(client: Client, closed: Campaign, form: str) -> None:
    answer = client.get(f"{FIRST}/judgments?format={form}")
    assert answer.status_code == 401
    assert answer.json()["detail"]


def test_rows_are_read_as_they_are_sent(program: Client, closed: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "CHUNK", 2)
    answer = program.get(f"{FIRST}/judgments")
    pieces = list(answer.streaming_content)
    assert len(pieces) > 3
    assert len(json.loads(b"".join(pieces))) == Judgment.objects.count()
