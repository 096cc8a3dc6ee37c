"""The whole way: a rater judges both campaigns to the end, they are closed, and staff read the reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import rater
from tests.browser.conftest import Opener
from tests.browser.site import Site
from tests.browser.study import SHORT, SYSTEMS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FIGURES = 4  # at the least: the systems, the time an item takes, places, days
PASSWORD = "a bridge of paper boats"
STAFF = f"""
from django.contrib.auth.models import User
User.objects.create_user("alice", password="{PASSWORD}", is_staff=True)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: its campaigns are closed here."""
    site = Site(tmp_path_factory.mktemp("read"))
    site.prepare()
    site.links = json.loads(site.run("-m", "tests.browser.study", "1"))
    site.run("manage.py", "shell", "--verbosity", "0", "--command", STAFF)
    site.start()
    yield site
    site.kill()


def judge_everything(page: Page, link: str) -> int:
    """Send every item of a sitting, the first card marked or chosen; returns how many there were."""
    rater.come_in(page, link)
    total = int(page.locator("[data-item]").get_attribute("data-total") or 0)
    for number in range(1, total + 1):
        rater.at_item(page, number)
        rater.mark(page, 0)
        rater.send(page)
    rater.finish(page)
    return total


def read(browser: Browser, site: Site, slug: str) -> Page:
    page = browser.new_context(base_url=site.url, locale="en-US").new_page()
    page.goto(f"/reports/{slug}/")
    page.locator("#id_username").fill("alice")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main button.button--primary").click()
    page.wait_for_url(f"**/reports/{slug}/")
    return page


@pytest.mark.parametrize("protocol", ["human_recall", "preference"])
def test_what_raters_clicked_is_what_staff_read(
    protocol: str, browser: Browser, site: Site, opened: Opener, tmp_path: Path
) -> None:
    total = judge_everything(opened(), site.url + site.links[protocol].pop())
    assert total == SHORT or protocol == "preference"
    ending = f"%-{protocol.replace('_', '-')}"
    [[slug]] = site.rows("SELECT slug FROM rating_campaign WHERE slug LIKE ?", ending)
    site.run("manage.py", "close_campaign", slug)
    page = read(browser, site, slug)
    answered = page.locator(".tile", has_text="Items answered").locator("dd")
    counted = json.loads(site.run("manage.py", "report", slug, "--format", "json"))["counts"]["items_answered"]
    assert counted == total
    expect(answered).to_have_text(f"{total} of {total} dealt")
    names = site.rows("SELECT name FROM testsets_system WHERE slug IN (?, ?, ?)", *SYSTEMS)
    for [name] in names:
        expect(page.get_by_role("rowheader", name=name).first).to_be_visible()
    figures = page.locator("main figure.chart")
    assert figures.count() >= FIGURES
    for figure in figures.all():
        figure.scroll_into_view_if_needed()  # pictures are fetched when they come into view
        picture = figure.locator("img:visible")
        expect(picture).to_have_count(1)  # of the light and the dark one
        expect(picture).not_to_have_js_property("naturalWidth", 0)  # 0: not loaded yet, or broken
