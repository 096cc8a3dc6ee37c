"""From the invitation to the completion code, by pointer, by keyboard, by touch, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import rater
from tests.browser.conftest import Opener
from tests.browser.site import Site
from tests.browser.study import SHORT

pytestmark = pytest.mark.browser
Link = Callable[[str], str]


def test_it_works_from_the_invitation_to_the_code(site: Site, opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    sitting, said = rater.public_id(page), []
    for number in range(1, SHORT + 1):
        rater.at_item(page, number)
        said.append((number, 1, {"marked": rater.mark(page, number, 0)}))
        rater.send(page)
    rater.finish(page)
    assert site.submissions(sitting) == said


def test_preference_works_from_the_invitation_to_the_code(site: Site, opened: Opener, link: Link) -> None:
    page = opened("zh", theme="dark")
    rater.come_in(page, link("preference"))
    sitting, said = rater.public_id(page), []
    while True:
        number = rater.position(page)
        [chosen] = rater.mark(page, 0 if number % 2 else -1)
        said.append((number, 1, {"chosen": chosen}))
        last = page.locator("[data-item]").get_attribute("data-total") == str(number)
        rater.send(page)
        if last:
            break
        rater.at_item(page, number + 1)
    rater.finish(page)
    assert site.submissions(sitting) == said
    assert {answer["chosen"] == "none" for _n, _r, answer in said} == {True, False}


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _press in range(60):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


@pytest.mark.parametrize("protocol", ["human_recall", "preference"])
def test_everything_works_by_keyboard_alone(site: Site, opened: Opener, link: Link, protocol: str) -> None:
    page = opened()
    page.goto(link(protocol))
    tab_to(page, "[type=number]")
    page.keyboard.type("7")
    tab_to(page, "[name=agree]")
    page.keyboard.press("Space")
    tab_to(page, "form.card button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/instructions/")
    tab_to(page, "a.button--primary")
    page.keyboard.press("Enter")
    for number in (1, 2, 3):
        page.wait_for_url(f"**/practice/{number}/")
        page.wait_for_timeout(200)
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        page.wait_for_selector(".verdict")
        page.keyboard.press("Enter")
    page.wait_for_url("**/instructions/")
    tab_to(page, "form[action$='/start/'] button")
    page.keyboard.press("Enter")
    rater.at_item(page, 1)
    sitting, said = rater.public_id(page), []
    total = int(page.locator("[data-item]").get_attribute("data-total") or 0)
    for number in range(1, total + 1):
        rater.at_item(page, number)
        page.keyboard.press("2")
        page.keyboard.press("1")
        said.append(
            (
                number,
                1,
                {"marked": rater.marked(page)} if protocol == "human_recall" else {"chosen": rater.marked(page)[0]},
            )
        )
        page.keyboard.press("Enter")
    rater.finish(page)
    assert site.submissions(sitting) == said


def test_keys_undo_help_and_go_back(site: Site, opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    page.keyboard.press("1")
    page.keyboard.press("3")
    assert len(rater.marked(page)) == 2
    page.keyboard.press("u")
    assert len(rater.marked(page)) == 1
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert len(rater.marked(page)) == 1, "keys belong to the help while it is open"
    first = rater.marked(page)
    page.keyboard.press("Enter")
    rater.at_item(page, 2)
    page.keyboard.press("p")
    rater.at_item(page, 1)
    assert rater.marked(page) == first
    page.keyboard.press("2")
    changed = rater.marked(page)
    page.keyboard.press("Enter")
    rater.at_item(page, 2)
    rater.wait_for(lambda: len(site.submissions(rater.public_id(page))) == 2, page)
    assert site.submissions(rater.public_id(page)) == [(1, 1, {"marked": first}), (1, 2, {"marked": changed})]


def test_keys_are_safe_while_an_input_method_is_composing(opened: Opener, link: Link) -> None:
    page = opened("zh")
    rater.come_in(page, link("human_recall"))
    for fields in ("isComposing: true, code: 'Digit1', key: '1'", "keyCode: 229, code: 'Digit1', key: 'Process'"):
        page.evaluate(f"document.body.dispatchEvent(new KeyboardEvent('keydown', {{bubbles: true, {fields}}}))")
    assert rater.marked(page) == []
    page.locator(".remark summary").click()
    page.locator("#comment").focus()
    page.keyboard.type("1u2 好?")
    page.keyboard.press("Enter")
    assert rater.marked(page) == []
    assert rater.position(page) == 1
    assert page.locator("#comment").input_value() == "1u2 好?\n"


def test_an_empty_answer_is_sent_only_when_meant(site: Site, opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    rater.send(page)
    expect(page.locator("[data-state]")).to_contain_text("Nothing is marked")
    assert rater.position(page) == 1
    rater.send(page)
    rater.at_item(page, 2)
    rater.wait_for(lambda: site.submissions(rater.public_id(page)) == [(1, 1, {"marked": []})], page)


def test_everything_works_by_touch_at_320_pixels(site: Site, opened: Opener, link: Link) -> None:
    page = opened("zh", size=(320, 640), has_touch=True, is_mobile=True)
    page.goto(link("human_recall"))
    page.get_by_role("spinbutton").tap()
    page.get_by_role("spinbutton").fill("2")
    fits(page)
    page.locator("[name=agree]").tap()
    page.locator("form.card button").tap()
    page.wait_for_url("**/instructions/")
    fits(page)
    page.locator("a.button--primary").tap()
    for number in (1, 2, 3):
        page.wait_for_url(f"**/practice/{number}/")
        page.locator(".choice label").first.tap()
        page.locator("[data-send]").tap()
        page.wait_for_selector(".verdict")
        fits(page)
        page.locator("[data-send]").tap()
    page.locator("form[action$='/start/'] button").tap()
    rater.at_item(page, 1)
    sitting, said = rater.public_id(page), []
    for number in range(1, SHORT + 1):
        rater.at_item(page, number)
        fits(page)
        page.locator(".choice label").nth(2).tap()
        said.append((number, 1, {"marked": rater.marked(page)}))
        page.locator("[data-send]").tap()
    rater.finish(page)
    fits(page)
    assert site.submissions(sitting) == said
    assert all(len(answer["marked"]) == 1 for _n, _r, answer in said)


def fits(page: Page) -> None:
    """Nothing sticks out to the right."""
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen, f"{page.url} is {wide} px wide in a window of {seen} px"


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_comments_fly_in_lanes_and_never_touch(opened: Opener, link: Link, size: tuple[int, int]) -> None:
    page = opened(size=size)
    rater.come_in(page, link("human_recall"))
    overlaps, seen = page.evaluate(
        """async () => {
            const lanes = document.querySelector("[data-lanes]"), bullets = [...lanes.children];
            const flights = bullets.map((one) => one.getAnimations()[0]);
            flights.forEach((flight) => flight.pause());
            const stage = lanes.getBoundingClientRect();
            let overlaps = 0; const seen = new Set();
            for (let step = 0; step < 160; step++) {
                flights.forEach((flight) => (flight.currentTime += 200));
                const boxes = bullets.map((one) => one.getBoundingClientRect());
                boxes.forEach((a, i) => {
                    if (a.right <= stage.left || a.left >= stage.right) return;
                    seen.add(i);
                    boxes.slice(i + 1).forEach((b) => {
                        if (b.right <= stage.left || b.left >= stage.right) return;
                        if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) overlaps++;
                    });
                });
            }
            return [overlaps, seen.size];
        }"""
    )
    assert overlaps == 0
    assert seen == page.locator("[data-comment]").count(), "every comment of the list flies, too"


def test_in_a_crowd_the_cards_still_fly_and_the_rest_stays_in_the_list(opened: Opener, link: Link) -> None:
    page = opened(size=(390, 844))
    rater.come_in(page, link("human_recall"))
    script = page.locator("script[src*='sitting']").get_attribute("src") or ""
    lanes = page.evaluate(
        """async (sitting) => {
            const source = await (await fetch(sitting)).text();
            const name = source.match(/\\.\\/stage[\\w.]*js/)[0];
            const { allot } = await import(new URL(name, location.origin + sitting).href);
            const crowd = Array.from({ length: 400 }, (_, i) => ({ at: (i % 100) / 10, width: 120, must: i < 12 }));
            return allot(crowd, { width: 390, lanes: 7, period: 11 });
        }""",
        script,
    )
    assert all(lanes["places"][:12])
    assert 20 < sum(place is not None for place in lanes["places"]) < 400
    assert lanes["period"] <= 15


def test_a_rest_is_suggested_after_a_quarter_of_an_hour(opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    page.evaluate("const now = Date.now; Date.now = () => now() + 20 * 60 * 1000")
    rater.mark(page, 0)
    rater.send(page)
    rater.at_item(page, 2)
    expect(page.locator("[data-net]")).to_contain_text("You have been at it for 20 minutes")
    page.locator("[data-net-button]").click()
    expect(page.locator("[data-net]")).to_be_hidden()


def test_flying_comments_and_the_list_are_one(opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    page.locator("[data-play]").click()
    bullet, row = page.locator(".bullet--card").first, page.locator(".choice").first
    assert bullet.locator(".bullet__text").inner_text() == row.locator("[data-text]").inner_text()
    bullet.dispatch_event("click")
    assert len(rater.marked(page)) == 1
    expect(bullet).to_have_class(re.compile("is-picked"))
    expect(row).to_have_class(re.compile("is-picked"))
    row.locator("label").click()
    expect(bullet).not_to_have_class(re.compile("is-picked"))
    row.hover()
    expect(bullet).to_have_class(re.compile("is-lit"))
    page.keyboard.press("2")
    expect(page.locator(".bullet--card").nth(1)).to_have_class(re.compile("is-lit"))
    context = page.locator(".bullet--context").first
    context.dispatch_event("click")
    assert len(rater.marked(page)) == 1, "what is around is not judged"


def test_pause_speed_and_opacity_are_kept(opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    page.keyboard.press("k")
    state = "[...document.querySelectorAll('.bullet')].map((b) => b.getAnimations()[0].playState)"
    assert set(page.evaluate(state)) == {"paused"}
    page.locator("[data-play]").click()
    assert set(page.evaluate(state)) == {"running"}
    page.locator("[data-speed]").click()
    page.locator("[data-opacity]").fill("40")
    page.reload()
    rater.at_item(page, 1)
    expect(page.locator("[data-speed]")).to_have_text("1.5×")
    assert page.evaluate("getComputedStyle(document.querySelector('[data-lanes]')).opacity") == "0.4"


def test_whoever_wants_less_motion_gets_still_lanes(opened: Opener, link: Link) -> None:
    page = opened(reduced_motion="reduce")
    rater.come_in(page, link("human_recall"))
    assert page.evaluate("document.getAnimations().filter((one) => one.playState === 'running').length") == 0
    expect(page.locator(".bullet--card").first).to_be_visible()
    expect(page.locator("[data-play]")).to_have_attribute("aria-label", "Play")
    page.locator(".bullet--card").first.click()
    assert len(rater.marked(page)) == 1
    page.locator("[data-play]").click()
    rater.until(page, "document.querySelector('.bullet').getAnimations().length === 1")


def test_it_works_without_scripts(site: Site, opened: Opener, link: Link) -> None:
    page = opened(java_script_enabled=False)
    page.goto(link("preference"))
    page.get_by_role("spinbutton").fill("5")
    page.locator("[name=agree]").check()
    page.locator("form.card button").click()
    page.wait_for_url("**/instructions/")
    page.goto(page.url.replace("/instructions/", "/practice/3/"))
    page.locator(".choice label").first.click()
    page.locator("[data-send]").click()
    page.locator(".verdict").first.wait_for()
    page.locator("[data-send]").click()
    page.wait_for_url("**/instructions/")
    page.locator("form[action$='/start/'] button").click()
    page.wait_for_url("**/1/")
    sitting, answers = rater.public_id(page), 0
    total = int(page.locator("[data-item]").get_attribute("data-total") or 0)
    for number in range(1, total + 1):
        page.wait_for_url(f"**/rate/*/{number}/")
        page.locator(".choice label").last.click()
        page.locator("[data-send]").click()
        answers += 1
    rater.finish(page)
    assert site.submissions(sitting) == [(n, 1, {"chosen": "none"}) for n in range(1, answers + 1)]


def test_language_and_theme_can_be_chosen_in_the_middle_of_an_item(opened: Opener, link: Link) -> None:
    page = opened("en")
    rater.come_in(page, link("human_recall"))
    rater.mark(page, 0)
    page.get_by_role("button", name="中文").click()
    rater.at_item(page, 1)
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.locator(".question")).to_have_text("哪些弹幕是机器写的？")
    assert len(rater.marked(page)) == 1, "the marks stay"
    page.locator("[data-theme-toggle]").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
