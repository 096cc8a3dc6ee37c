"""A reload or a new tab while nothing can be reached: the item is still there, and its answer arrives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import rater
from tests.browser.conftest import Opener
from tests.browser.site import Site
from tests.browser.study import SHORT

pytestmark = pytest.mark.browser
Link = Callable[[str], str]


def pictures_are_there(page: Page) -> bool:
    shown = page.locator(".stage__frame.is-current")
    return all(shown.evaluate_all("all => all.map((one) => one.naturalWidth > 0)"))


def test_a_reload_and_a_new_tab_show_the_item_and_its_answer_is_stored_once(
    site: Site, opened: Opener, link: Link
) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    sitting, said = rater.public_id(page), []
    rater.at_hand(page, 1, 2, 3, 4)
    marked = rater.mark(page, 1, 2)
    site.kill()
    try:
        page.reload()
        rater.at_item(page, 1)
        assert pictures_are_there(page)
        assert page.evaluate("getComputedStyle(document.querySelector('.stage')).overflow") == "hidden", "its styles"
        assert rater.marked(page) == marked, "its marks"
        said.append({"marked": rater.mark(page, 0)})
        rater.send(page)
        rater.at_item(page, 2)
        expect(page.locator("[data-net]")).to_contain_text("No connection")
        context, address = page.context, page.url
        page.close()
        page = context.new_page()
        page.goto(address)
        rater.at_item(page, 2)
        assert pictures_are_there(page)
        assert rater.outbox(page) == 1
        said.append({"marked": rater.mark(page, 3)})
        rater.send(page)
        rater.at_item(page, 3)
        page.goto(address)  # what was sent is not asked again
        rater.at_item(page, 3)
        assert rater.outbox(page) == 2
    finally:
        site.start()
    for number in range(3, SHORT + 1):
        rater.at_item(page, number)
        said.append({"marked": rater.mark(page, number)})
        rater.send(page)
    rater.finish(page)
    assert site.submissions(sitting) == [(n, 1, one) for n, one in enumerate(said, 1)]


def test_no_more_is_kept_than_the_rater_may_need_and_nothing_after_the_end(opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("human_recall"))
    for number in range(1, SHORT + 1):
        rater.at_item(page, number)
        before = [number - 1] if number > 1 else []
        wanted = [page.url.replace(f"/{number}/", f"/{n}/") for n in (*before, *range(number, SHORT + 1))]
        rater.wait_for(lambda wanted=wanted: rater.kept(page, "/rate/") == sorted(wanted), page)
        rater.mark(page, 0)
        rater.send(page)
    rater.finish(page)
    rater.wait_for(lambda: not any(rater.kept(page, folder) for folder in ("/rate/", "/frames/", "/clips/")), page)


def test_nothing_is_kept_of_whoever_reads_their_data_or_is_forgotten(opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("preference"))
    rater.at_hand(page, 1, 2)
    page.get_by_role("link", name="My data").click()
    page.wait_for_url("**/my-data/")
    rater.wait_for(lambda: not any(rater.kept(page, folder) for folder in ("/rate/", "/frames/")), page)
    form = page.locator("form[action$='/forget/']")
    form.get_by_role("checkbox").check()
    form.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are forgotten")
    registered = "navigator.serviceWorker.getRegistrations().then((all) => all.length)"
    rater.wait_for(lambda: page.evaluate(registered) == 0, page)


def test_items_of_a_rater_who_is_not_known_any_more_go(opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("preference"))
    rater.at_hand(page, 1, 2)
    page.context.clear_cookies(name="sessionid")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Please open your invitation link again")
    assert rater.kept(page, "/rate/") == []


def test_browsers_without_workers_do_as_well(site: Site, opened: Opener, link: Link) -> None:
    """As where the site is reached over plain HTTP: neither workers nor their caches exist."""
    page = opened()
    page.add_init_script("delete Navigator.prototype.serviceWorker; delete window.caches;")
    rater.come_in(page, link("human_recall"))
    assert page.evaluate("[typeof navigator.serviceWorker, typeof caches]") == ["undefined", "undefined"]
    sitting = rater.public_id(page)
    for number in range(1, SHORT + 1):
        rater.at_item(page, number)
        rater.mark(page, 0)
        rater.send(page)
    rater.finish(page)
    assert len(site.submissions(sitting)) == SHORT


def test_the_worker_says_the_same_to_everybody_and_is_never_out_of_date(opened: Opener, site: Site) -> None:
    one, other = (opened().request.get(f"{site.url}/rate/worker.js") for _visit in range(2))
    assert (one.status, one.text()) == (other.status, other.text()) == (200, one.text())
    assert one.headers["cache-control"] == "no-cache"
