"""No network, no server, two tabs, double clicks, reloads: one answer an item, none lost, none twice, none changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import rater
from tests.browser.conftest import Opener
from tests.browser.site import Site
from tests.browser.study import SHORT

pytestmark = pytest.mark.browser
Link = Callable[[str], str]


def answer(page: Page, *places: int) -> dict[str, list[str]]:
    """Mark and send; returns what was said."""
    said = {"marked": rater.mark(page, *places)}
    rater.send(page)
    return said


@pytest.mark.slow
def test_a_sitting_goes_on_while_the_network_is_away_for_a_minute(site: Site, opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    sitting = rater.public_id(page)
    page.wait_for_load_state("networkidle")
    said = [answer(page, 0)]
    rater.at_item(page, 2)
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    for number in (2, 3):
        rater.at_item(page, number)
        pictures = page.locator(".stage__frame.is-current")
        assert all(pictures.evaluate_all("all => all.map(one => one.naturalWidth > 0)")), "fetched beforehand"
        said.append(answer(page, number, 0))
    rater.at_item(page, 4)
    expect(page.locator("[data-net]")).to_contain_text("No connection")
    assert rater.outbox(page) == 2
    said.append(answer(page, 1))
    expect(page.locator("[data-ended]")).to_be_visible()
    page.wait_for_timeout(60_000)
    assert "/done/" not in page.url, "no code before everything has arrived"
    assert len(site.submissions(sitting)) == 1
    page.context.set_offline(False)
    rater.finish(page)
    assert site.submissions(sitting) == [(n, 1, one) for n, one in enumerate(said, 1)]
    assert rater.outbox(page) == 0


def test_the_web_process_dies_in_mid_sitting(site: Site, opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    sitting, said = rater.public_id(page), []
    said.append(answer(page, 0))
    rater.at_item(page, 2)
    page.wait_for_load_state("networkidle")
    site.kill()
    try:
        said.append(answer(page, 1))
        rater.at_item(page, 3)
        said.append(answer(page, 2))
        rater.at_item(page, 4)
        expect(page.locator("[data-net]")).to_be_visible()
    finally:
        site.start()  # the other tests need it, too
    said.append(answer(page, 0, 1))
    rater.finish(page)
    assert site.submissions(sitting) == [(n, 1, one) for n, one in enumerate(said, 1)]


def test_a_reply_that_is_lost_on_the_way_does_no_harm(site: Site, opened: Opener, link: Link) -> None:
    page = opened(service_workers="block")
    rater.come_in(page, link("human_recall"))
    sitting, lost = rater.public_id(page), []

    def swallow(route: Route) -> None:
        if route.request.method == "POST" and len(lost) < 2:
            lost.append(route.fetch().status)  # it arrives; the reply does not
            route.abort()
        else:
            route.continue_()

    page.route("**/rate/**", swallow)
    said = answer(page, 0)
    rater.at_item(page, 2)
    rater.sent(page)
    assert lost == [200, 200]
    assert site.submissions(sitting) == [(1, 1, said)]


def test_a_portal_that_answers_for_us_is_not_believed(site: Site, opened: Opener, link: Link) -> None:
    page = opened(service_workers="block")
    rater.come_in(page, link("human_recall"))
    sitting = rater.public_id(page)
    page.wait_for_load_state("networkidle")
    page.route(
        "**/rate/**",
        lambda route: route.fulfill(status=200, content_type="text/html", body="<p>Please log in to Wi-Fi"),
    )
    said = answer(page, 0)
    rater.at_item(page, 2)
    page.wait_for_timeout(1500)
    assert rater.outbox(page) == 1
    page.unroute("**/rate/**")
    rater.sent(page)
    assert site.submissions(sitting) == [(1, 1, said)]


def test_the_same_item_in_two_tabs_counts_once(site: Site, opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    sitting = rater.public_id(page)
    other = page.context.new_page()
    other.goto(page.url)
    rater.at_item(other, 1)
    first = answer(page, 0)
    rater.at_item(page, 2)
    rater.sent(page)
    answer(other, 1, 2)
    expect(other.locator("[data-net]")).to_contain_text("already been answered")
    rater.at_item(other, 2)
    assert site.submissions(sitting) == [(1, 1, first)]
    said = [first]
    for number in range(2, SHORT + 1):  # the rest in the second tab
        rater.at_item(other, number)
        said.append(answer(other, number))
    rater.finish(other)
    page.reload()
    rater.finish(page)
    assert site.submissions(sitting) == [(n, 1, one) for n, one in enumerate(said, 1)]


def test_double_clicks_and_double_enters_send_once(site: Site, opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    sitting, said = rater.public_id(page), []
    for number in range(1, SHORT + 1):
        rater.at_item(page, number)
        said.append({"marked": rater.mark(page, number)})
        if number % 2:
            page.locator("[data-send]").dblclick()
        else:
            page.keyboard.press("Enter")
            page.keyboard.press("Enter")
    rater.finish(page)
    assert site.submissions(sitting) == [(n, 1, one) for n, one in enumerate(said, 1)]


def test_marks_outlive_a_reload_and_a_closed_tab(opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    marked = rater.mark(page, 1, 3)
    page.locator(".remark summary").click()
    page.locator("#comment").fill("很像真的")
    page.reload()
    rater.at_item(page, 1)
    assert rater.marked(page) == marked
    assert page.locator("#comment").input_value() == "很像真的"
    context, address = page.context, page.url
    page.close()
    page = context.new_page()
    page.goto(address)
    rater.at_item(page, 1)
    assert rater.marked(page) == marked


def test_a_reload_while_answers_wait_does_not_ask_again(site: Site, opened: Opener, link: Link) -> None:
    page = opened(service_workers="block")
    rater.come_in(page, link("human_recall"))
    sitting = rater.public_id(page)
    page.wait_for_load_state("networkidle")
    page.route("**/rate/**", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    said = [answer(page, 0)]
    rater.at_item(page, 2)
    page.goto(page.url.replace("/2/", "/1/"))
    rater.at_item(page, 2)
    said.append(answer(page, 1))
    rater.at_item(page, 3)
    assert rater.outbox(page) == 2
    page.unroute("**/rate/**")
    rater.sent(page)
    assert site.submissions(sitting) == [(1, 1, said[0]), (2, 1, said[1])]


def test_the_back_button_shows_what_was_said(site: Site, opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    sitting = rater.public_id(page)
    first = answer(page, 0, 2)
    rater.at_item(page, 2)
    page.go_back()
    rater.at_item(page, 1)
    assert rater.marked(page) == first["marked"]
    changed = answer(page, 2)
    rater.at_item(page, 2)
    rater.sent(page)
    assert site.submissions(sitting) == [(1, 1, first), (1, 2, changed)]


def test_a_browser_that_was_forgotten_keeps_its_answers_until_the_rater_is_back(
    site: Site, opened: Opener, link: Link
) -> None:
    page, door = opened(), link("human_recall")
    rater.come_in(page, door)
    sitting = rater.public_id(page)
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies(name="sessionid")
    said = answer(page, 0)
    rater.at_item(page, 2)
    expect(page.locator("[data-net]")).to_contain_text("This browser is not known here")
    assert rater.outbox(page) == 1
    assert site.submissions(sitting) == []
    tab = page.context.new_page()
    tab.goto(door)
    tab.wait_for_url("**/instructions/")
    page.bring_to_front()  # coming back to the window is enough; otherwise it tries again by itself
    rater.sent(page)
    assert site.submissions(sitting) == [(1, 1, said)]


def test_times_of_an_item_are_measured(site: Site, opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    sitting = rater.public_id(page)
    page.wait_for_timeout(500)
    rater.mark(page, 0)
    page.wait_for_timeout(300)
    page.reload()  # the time before it counts
    rater.at_item(page, 1)
    rater.send(page)
    rater.at_item(page, 2)
    rater.sent(page)
    [(visible, first, elapsed)] = site.rows(
        "SELECT s.visible_ms, s.first_action_ms, s.elapsed_ms FROM rating_submission s JOIN rating_item i ON i.id = "
        "s.item_id JOIN rating_assignment a ON a.id = i.assignment_id WHERE a.public_id = ?",
        sitting,
    )
    assert 500 <= first <= elapsed - 300
    assert 1200 <= visible <= elapsed + 50


def test_whoever_withdraws_leaves_nothing_on_the_device(opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    rater.mark(page, 0)
    page.get_by_role("link", name="My data").click()
    form = page.locator("form[action$='/withdraw/']")
    form.get_by_role("checkbox").check()
    form.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have left this study")
    kept = page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('danmaku:'))")
    assert kept == []


def test_keys_of_answers_are_never_used_twice(opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    keys: list[str] = []
    page.on("request", lambda request: keys.extend(re.findall(r"(?:^|&)key=(\w+)", request.post_data or "")))
    for number in range(1, SHORT + 1):
        rater.at_item(page, number)
        answer(page, 0)
    rater.finish(page)
    assert len(set(keys)) == SHORT, json.dumps(keys)


def test_an_answer_the_server_refuses_is_told_and_does_not_block_the_others(
    site: Site, opened: Opener, link: Link
) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    sitting = rater.public_id(page)
    page.locator(".choice input").first.evaluate("one => { one.value = 'never drawn' }")
    answer(page, 0)
    rater.at_item(page, 2)
    expect(page.locator("[data-net]")).to_contain_text("The server did not take an answer: This item has no comment")
    page.locator("[data-net-button]").click()
    said = answer(page, 0)
    rater.at_item(page, 3)
    rater.sent(page)
    assert site.submissions(sitting) == [(2, 1, said)]
    for number in (3, 4):
        rater.at_item(page, number)
        answer(page, 0)
    rater.at_item(page, 1)  # what is missing is asked for before the code is given
    answer(page, 0)
    rater.finish(page)
