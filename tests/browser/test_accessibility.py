"""axe-core finds no violation (WCAG 2.2 A and AA) on any page a rater sees, in both languages and both themes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser import rater
from tests.browser.conftest import Opener
from tests.browser.study import SHORT

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def check(page: Page, name: str) -> None:
    """Let axe read the page as it stands."""
    page.wait_for_timeout(250)  # colours fade for a moment
    found = Axe().run(page, options=RULES).response["violations"]
    faults = [f"{fault['id']}: {fault['help']}: {[node['target'] for node in fault['nodes']]}" for fault in found]
    assert not faults, f"{name}:\n" + "\n".join(faults)


@pytest.mark.parametrize("protocol", ["human_recall", "preference"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_of_a_visit_has_a_fault(
    opened: Opener, link: Callable[[str], str], language: str, theme: str, protocol: str
) -> None:
    page = opened(language, theme, size=(1280, 800) if theme == "light" else (390, 844))
    page.goto(link(protocol))
    check(page, "invitation")
    page.get_by_role("spinbutton").fill("99")
    page.evaluate("document.querySelector('form.card').noValidate = true")
    page.locator("[name=agree]").check()
    page.locator("form.card button").click()
    page.locator("#problem").wait_for()
    check(page, "invitation with a fault")
    page.get_by_role("spinbutton").fill("5")
    page.locator("[name=agree]").check()
    page.locator("form.card button").click()
    page.wait_for_url("**/instructions/")
    check(page, "instructions")
    page.locator("a.button--primary").click()
    page.wait_for_url("**/practice/1/")
    check(page, "practice")
    for number in (1, 2, 3):
        page.wait_for_url(f"**/practice/{number}/")
        page.locator(".choice label").first.click()
        page.locator("[data-send]").click()
        page.wait_for_selector(".verdict")
        if number == 1:
            check(page, "practice, explained")
        page.locator("[data-send]").click()
    page.wait_for_url("**/instructions/")
    page.locator("form[action$='/start/'] button").click()
    rater.at_item(page, 1)
    check(page, "item")
    rater.mark(page, 0)
    page.locator(".remark summary").click()
    check(page, "item with a mark and a remark")
    page.locator("[data-help]").click()
    check(page, "help")
    page.keyboard.press("Escape")
    rater.send(page)
    rater.at_item(page, 2)
    page.locator("[data-previous]").click()
    rater.at_item(page, 1)
    check(page, "item answered before")
    rater.send(page)
    rater.at_item(page, 2)
    page.context.set_offline(True)
    rater.mark(page, 0)
    rater.send(page)
    page.locator("[data-net]").wait_for()
    check(page, "item without a network")
    page.context.set_offline(False)
    total = int(page.locator("[data-item]").get_attribute("data-total") or SHORT)
    for number in range(3, total + 1):
        rater.at_item(page, number)
        rater.mark(page, 0)
        rater.send(page)
    rater.finish(page)
    check(page, "done")
    page.locator("footer a").click()
    page.wait_for_url("**/my-data/")
    check(page, "my data")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_that_say_what_is_wrong_have_no_fault(opened: Opener, site: object, language: str, theme: str) -> None:
    page = opened(language, theme)
    for path in ("/r/unknown/", "/rate/unknown/1/", "/my-data/"):
        page.goto(site.url + path)  # type: ignore[attr-defined]
        check(page, path)


def test_still_lanes_have_no_fault(opened: Opener, link: Callable[[str], str]) -> None:
    page = opened(reduced_motion="reduce")
    rater.come_in(page, link("human_recall"))
    check(page, "item with still lanes")
