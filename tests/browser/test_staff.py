"""Those who run a study, in a real browser: from logging in to links in hand, and pages that keep themselves fresh."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "a bridge of paper boats"
STUDY = f"""
from django.contrib.auth.models import User
from evalsite.rating import campaigns
from evalsite.testsets.models import Output, Run, Sample, System, TestSet

User.objects.create_user("alice", password="{PASSWORD}", is_staff=True)
testset = TestSet.objects.create(slug="harbour", title="Harbour at dawn", digest="d" * 64)
Sample.objects.bulk_create(
    Sample(testset=testset, key=f"film@{{n}}", position=n, video="film", time=n, references=["好美"]) for n in range(6)
)
for slug in ("ut", "cvae"):
    system, _made = System.objects.get_or_create(slug=slug, defaults={{"name": slug.upper()}})
    run = Run.objects.create(testset=testset, system=system, source="imported", state="finished")
    Output.objects.bulk_create(
        Output(run=run, sample=sample, rank=1, text=f"{{slug}} {{sample.position}}") for sample in testset.samples.all()
    )
campaigns.create(slug="dawn", protocol="preference", testset=testset, runs=list(testset.runs.all()))
"""
SET_STATE = """
from evalsite.testsets.models import Run
Run.objects.filter(system__slug="ut", testset__slug="harbour").update(state="{}")
"""
RATERS = """SELECT count(*) FROM rating_rater rater JOIN rating_campaign campaign ON campaign.id = rater.campaign_id
    WHERE campaign.slug = 'dusk'"""
PAGES = [
    "/",
    "/staff/testsets/",
    "/staff/testsets/new/",
    "/staff/testsets/of/harbour/",
    "/staff/testsets/of/harbour/outputs/",
    "/staff/runs/",
    "/staff/runs/new/",
    "/staff/runs/{run}/",
    "/staff/campaigns/",
    "/staff/campaigns/new/",
    "/staff/campaigns/new/?protocol=human_recall&testset=harbour",
    "/staff/campaigns/of/dawn/",
    "/accounts/api-token/",
    "/accounts/password_change/",
]


@pytest.fixture(scope="module")
def staffed(site: Site) -> Site:
    """The site, with a member of staff and a small test set judged by nobody yet."""
    do(site, STUDY)
    return site


def do(site: Site, code: str) -> None:
    site.run("manage.py", "shell", "--verbosity", "0", "--command", code)


def run_page(site: Site) -> str:
    query = (
        "SELECT run.id FROM testsets_run run JOIN testsets_testset t ON t.id = run.testset_id WHERE t.slug = 'harbour'"
    )
    return f"/staff/runs/{min(site.rows(query))[0]}/"


def log_in(browser: Browser, staffed: Site, *, locale: str = "en", scheme: str = "light", width: int = 1280) -> Page:
    context = browser.new_context(
        base_url=staffed.url,
        locale=locale,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 800},
    )
    page = context.new_page()
    page.goto("/staff/campaigns/")
    page.locator("#id_username").fill("alice")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main button.button--primary").click()
    expect(page).to_have_url(f"{staffed.url}/staff/campaigns/")
    return page


def test_from_logging_in_to_links_in_hand(browser: Browser, staffed: Site, tmp_path: Path) -> None:
    page = log_in(browser, staffed)
    page.get_by_role("link", name="New campaign").click()
    page.get_by_role("radio", name="Preference").check()
    page.get_by_label("Test set", exact=True).select_option("harbour")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Slug").fill("dusk")
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_role("button", name="Start, and freeze it").click()
    expect(page.locator(".heading .pill").first).to_have_text("running")
    page.get_by_label("How many raters").fill("3")
    page.get_by_role("button", name="Make links").click()
    links = page.locator("td.secret code").all_inner_texts()
    assert len(set(links)) == 3
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    download.value.save_as(tmp_path / "links.csv")
    assert download.value.suggested_filename == "dusk-links.csv"
    with (tmp_path / "links.csv").open(encoding="utf-8-sig") as file:
        assert [row["link"] for row in csv.DictReader(file)] == links
    page.reload()
    expect(page.locator(".notice--error")).to_contain_text("made already")
    assert staffed.rows(RATERS) == [(3,)]
    page.get_by_text("Pause", exact=True).first.click()
    page.locator("#pause-reason").fill("lunch")
    page.locator("form", has=page.locator("#pause-reason")).get_by_role("button").click()
    expect(page.locator(".heading .pill").first).to_have_text("paused")
    expect(page.get_by_role("cell", name="lunch")).to_be_visible()


def test_a_page_that_is_watched_keeps_itself_fresh(browser: Browser, staffed: Site) -> None:
    page = log_in(browser, staffed)
    do(staffed, SET_STATE.format("running"))
    page.goto(run_page(staffed))
    expect(page.locator("main .pill").first).to_have_text("running")
    do(staffed, SET_STATE.format("finished"))
    expect(page.locator("main .pill").first).to_have_text("finished", timeout=15_000)


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_shuts_anybody_out_or_breaks_the_policy(
    browser: Browser, staffed: Site, locale: str, scheme: str
) -> None:
    page = log_in(browser, staffed, locale=locale, scheme=scheme, width=390)
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            said.append(f"{page.url}: {message.text}")

    page.on("console", listen)
    for address in PAGES:
        page.goto(address.replace("/staff/runs/{run}/", run_page(staffed)))
        found = Axe().run(page).response["violations"]
        assert not found, f"{address}: {[(fault['id'], fault['nodes'][0]['html']) for fault in found]}"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{address} is wider than the screen"
    assert not said


def test_the_api_page_works_under_the_policy(browser: Browser, staffed: Site) -> None:
    page = log_in(browser, staffed)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/api/v1/docs/")
    expect(page.get_by_text("/api/v1/campaigns/{slug}/report").first).to_be_visible(timeout=15_000)
    assert not said
    assert all(url.startswith((staffed.url, "data:")) for url in asked), asked
