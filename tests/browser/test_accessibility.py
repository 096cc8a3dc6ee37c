"""axe-core finds no violation (WCAG 2.2 A and AA) on any page a rater sees, in both languages and both themes.

Every page is read twice where it stands: in the dark on a phone, and in the light on a laptop.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser import rater
from tests.browser.conftest import Opener
from tests.browser.site import Site
from tests.browser.study import SHORT

pytestmark = pytest.mark.browser
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
LOOKS = (("dark", 390, 844), ("light", 1280, 800))
Link = Callable[[str], str]


def check(page: Page, name: str) -> None:
    """Let axe read the page as it stands, in both looks; less motion, so that no colour is caught while it fades."""
    for theme, width, height in LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        found = Axe().run(page, options=RULES).response["violations"]
        faults = [f"{fault['id']}: {fault['help']}: {[node['target'] for node in fault['nodes']]}" for fault in found]
        assert not faults, f"{name}, {theme}:\n" + "\n".join(faults)
    page.emulate_media(reduced_motion="no-preference")


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["human_recall", "preference"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_of_a_visit_has_a_fault(opened: Opener, link: Link, language: str, protocol: str) -> None:
    page = opened(language)
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
    check(page, "instructions after the practice")
    page.locator("form[action$='/start/'] button").click()
    judge(page)
    check(page, "done")
    page.locator("footer a").click()
    page.wait_for_url("**/my-data/")
    check(page, "my data")
    sure(page, "withdraw")
    check(page, "withdrawn")
    page.go_back()
    page.reload()
    check(page, "my data, withdrawn")
    sure(page, "forget")
    check(page, "forgotten")


def judge(page: Page) -> None:
    """All items of a sitting; the first three in every state they have."""
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
    rater.sent(page)
    page.evaluate("const now = Date.now; Date.now = () => now() + 20 * 60 * 1000")
    total = int(page.locator("[data-item]").get_attribute("data-total") or SHORT)
    for number in range(3, total + 1):
        rater.at_item(page, number)
        if number == total:
            expect(page.locator("[data-net-button]")).to_be_visible()
            check(page, "item with a suggestion to rest")
        rater.mark(page, 0)
        rater.send(page)
    rater.finish(page)


def sure(page: Page, what: str) -> None:
    """Press one of the buttons of "My data" that cannot be taken back."""
    form = page.locator(f"form[action$='/{what}/']")
    form.get_by_role("checkbox").check()
    form.get_by_role("button").click()
    page.wait_for_url(f"**/{what}/")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_that_say_what_is_wrong_have_no_fault(opened: Opener, site: Site, link: Link, language: str) -> None:
    page = opened(language)
    for path in ("/r/unknown/", "/rate/unknown/1/", "/my-data/"):
        page.goto(site.url + path)
        check(page, path)
    page.goto(link("clips"))
    page.get_by_role("spinbutton").fill("0")
    page.locator("[name=agree]").check()
    page.locator("form.card button").click()
    page.locator(".problem").wait_for()
    check(page, "not eligible")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_an_item_with_a_film_and_one_with_still_lanes_have_no_fault(opened: Opener, link: Link, motion: str) -> None:
    page = opened(reduced_motion=motion)
    rater.come_in(page, link("clips"))
    check(page, f"item with a film, motion: {motion}")
