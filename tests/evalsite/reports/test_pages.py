"""The report's pages: who may see them, what they tell while a campaign runs, and that they tell it well."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from evalsite.rating import simulation
from evalsite.rating.models import Campaign, Event
from evalsite.reports import figures, package, reading, unpacking

pytestmark = pytest.mark.django_db

ADDRESSES = (
    "/reports/",
    "/reports/judged/",
    "/reports/judged/figures/days.svg",
    "/reports/judged/report.json",
    "/reports/judged/package.zip",
    "/reports/judged/export/judgments.csv",
    "/reports/-/compare/?a=judged&b=judged",
)
TELLING = re.compile(r"escaped|humanness|d_prime|KLVCG|E_GA|\bUT\b|klvcg|e_ga", re.IGNORECASE)


@pytest.mark.parametrize("address", ADDRESSES)
def test_strangers_log_in_first_and_others_are_refused(
    judged: Campaign, client: Client, bob: Client, address: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")
    assert bob.get(address).status_code == 403
    assert client.post("/reports/judged/unblind/", {"reason": "x"}).status_code == 302
    assert not Event.objects.filter(action="unblinded").exists()


def test_it_works(closed: Campaign, alice: Client) -> None:
    page = alice.get("/reports/judged/")
    assert page.status_code == 200
    text = page.content.decode()
    assert closed.manifest_digest in text
    for chart in figures.available(reading.report(closed)):
        assert f"/reports/judged/figures/{chart.name}.svg" in text
    assert " style=" not in text
    assert "<script>" not in text


def test_a_running_campaign_tells_progress_and_no_more(judged: Campaign, alice: Client) -> None:
    page = alice.get("/reports/judged/").content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    assert "R-0001" in main
    assert not TELLING.search(main)
    report = alice.get("/reports/judged/report.json").json()
    assert report["blinded"] is True
    assert "systems" not in report
    assert not TELLING.search(json.dumps(report["raters"]))
    assert alice.get("/reports/judged/figures/days.svg").status_code == 200
    for name in ("intervals", "d_prime", "map", "agreement", "positions"):
        assert alice.get(f"/reports/judged/figures/{name}.svg").status_code == 404
    for address in ("package.zip", "export/judgments.csv", "export/items.jsonl"):
        assert alice.get(f"/reports/judged/{address}").headers["Location"] == "/reports/judged/"
    for form in ("csv", "html", "tex", "txt"):
        assert not TELLING.search(alice.get(f"/reports/judged/report.{form}").content.decode().split("<main")[-1])


def test_looking_earlier_takes_a_reason_that_is_kept(judged: Campaign, alice: Client) -> None:
    alice.post("/reports/judged/unblind/", {"reason": "   "})
    assert not reading.allowed(judged, "alice")
    alice.post("/reports/judged/unblind/", {"reason": "A reviewer asks for interim numbers."})
    event = Event.objects.get(campaign=judged, action="unblinded")
    assert (event.actor, event.reason) == ("alice", "A reviewer asks for interim numbers.")
    assert alice.get("/reports/judged/report.json").json()["systems"]
    report = reading.report(judged)
    assert [look["reason"] for look in report["seen_early"]] == ["A reviewer asks for interim numbers."]
    assert "looked at 1 time before" in " ".join(report["findings"]["en"])
    assert "alice" not in json.dumps(report)
    assert not reading.allowed(judged, "carol")  # whoever else wants to look gives a reason too
    assert alice.get("/reports/judged/unblind/").status_code == 405


def test_simulated_raters_have_a_report_of_their_own(judged: Campaign, alice: Client) -> None:
    recall = simulation.default_recall(["ut", "klvcg", "e_ga", "human"], 1)
    simulation.simulate(campaign=judged, raters=3, world=simulation.World(recall=recall), seed=1)
    report = alice.get("/reports/judged/report.json?simulated=1").json()
    assert report["counts"]["simulated"] == 3
    assert report["systems"]
    with override("en"):
        page = alice.get("/reports/judged/?simulated=1", headers={"Accept-Language": "en"}).content.decode()
    assert "Simulated raters." in page


def test_what_is_downloaded_is_what_the_page_shows(closed: Campaign, alice: Client) -> None:
    report = alice.get("/reports/judged/report.json").json()
    assert report == json.loads(json.dumps(reading.report(closed)))
    page = alice.get("/reports/judged/", headers={"Accept-Language": "en"}).content.decode()
    for row in report["systems"]:
        assert f"{100 * row['human_recall']:.1f}%" in page
    exported = b"".join(alice.get("/reports/judged/export/judgments.csv")).decode()  # type: ignore[arg-type]
    assert exported.count("\n") == report["counts"]["judgments"] + 1


def test_the_package_of_the_page_holds(closed: Campaign, alice: Client, tmp_path: Path) -> None:
    content = b"".join(alice.get("/reports/judged/package.zip"))  # type: ignore[arg-type]
    target = tmp_path / "page.zip"
    target.write_bytes(content)
    assert unpacking.verify(target) == []
    direct = io.BytesIO()
    package.write(direct, closed)
    assert zipfile.ZipFile(direct).namelist() == zipfile.ZipFile(target).namelist()


def test_the_report_is_made_again_when_an_answer_comes(judged: Campaign) -> None:
    from tests.evalsite.rating.conftest import make_rater
    from tests.evalsite.reports.conftest import mark_machines, work

    before = reading.report(judged)["counts"]["items_answered"]
    done = work(make_rater(judged), mark_machines)
    assert reading.report(judged)["counts"]["items_answered"] == before + done


@pytest.mark.parametrize("form", figures.FORMATS)
def test_every_figure_comes_in_every_format_and_is_the_same_each_time(
    closed: Campaign, alice: Client, form: str
) -> None:
    starts = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "csv": b"\xef\xbb\xbf"}
    report = reading.report(closed)
    for chart in figures.available(report):
        first = figures.draw(chart.name, report, form=form)
        assert first.startswith(starts[form])
        assert figures.draw(chart.name, report, form=form) == first
    answer = alice.get(f"/reports/judged/figures/intervals.{form}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == figures.FORMATS[form]
    assert alice.get("/reports/judged/figures/intervals.gif").status_code == 404


def test_a_figure_that_was_dyed_is_the_one_that_is_drawn_dark(closed: Campaign, chosen: Campaign) -> None:
    dyed = 0
    for campaign in (closed, chosen):
        report = reading.report(campaign)
        for chart in figures.available(report):
            light, dark = figures.draw_both(chart.name, report)
            assert light == figures.draw(chart.name, report)
            assert _unnamed(dark) == _unnamed(figures.draw(chart.name, report, theme="dark"))
            assert dark != light
            dyed += b"<image" not in dark
    assert dyed > 5


def _unnamed(svg: bytes) -> bytes:
    """Without the ids of markers, hatches and clips, which are digests of their looks."""
    return re.sub(rb"\b[mhp][0-9a-f]{10}\b", b"", svg)


def test_every_figure_says_in_words_what_it_shows(closed: Campaign, chosen: Campaign) -> None:
    for campaign in (closed, chosen):
        report = reading.report(campaign)
        for chart in figures.available(report):
            assert re.search(r"\d", chart.describe(report))
            header, rows = chart.table(report)
            assert rows
            assert all(len(row) == len(header) for row in rows)


def test_a_figure_may_style_itself_and_nothing_else(closed: Campaign, alice: Client) -> None:
    policy = alice.get("/reports/judged/figures/days.svg").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'none'" in policy


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_one_file_report_loads_nothing_from_elsewhere(closed: Campaign, alice: Client, language: str) -> None:
    page = alice.get("/reports/judged/report.html", headers={"Accept-Language": language}).content.decode()
    assert f'<html lang="{language}">' in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert page.count("data:image/svg+xml;base64,") == 2 * len(figures.available(reading.report(closed)))


def test_definitions_are_one_click_away(closed: Campaign, chosen: Campaign, alice: Client) -> None:
    for slug in ("judged", "chosen"):
        page = alice.get(f"/reports/{slug}/").content.decode()
        targets = set(re.findall(r'class="defined[^"]*" href="#(def-[\w@]+)"', page))
        assert len(targets) > 10
        assert targets <= set(re.findall(r'id="(def-[\w@]+)"', page))


def test_two_campaigns_are_put_side_by_side(closed: Campaign, chosen: Campaign, alice: Client) -> None:
    same = alice.get("/reports/-/compare/?a=judged&b=judged", headers={"Accept-Language": "en"}).content.decode()
    assert "No system differs significantly" in same
    unlike = alice.get("/reports/-/compare/?a=judged&b=chosen", follow=True)
    assert "measure different things" in unlike.content.decode()


def test_a_campaign_that_is_not_there_is_not_found(alice: Client) -> None:
    assert alice.get("/reports/nowhere/").status_code == 404


def test_as_many_queries_for_a_list_of_many_campaigns(closed: Campaign, chosen: Campaign, alice: Client,
                                                      django_assert_max_num_queries: Any) -> None:  # fmt: skip
    with django_assert_max_num_queries(6):
        assert alice.get("/reports/").status_code == 200
