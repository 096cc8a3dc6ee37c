"""A film on the stage: it is the clock of the danmaku, and where it cannot run, the frames serve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import rater
from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser
Link = Callable[[str], str]

RUNS = (
    "document.querySelector('[data-clip].is-current')?.currentTime > 0 && !document.querySelector('[data-clip]').paused"
)
STATE = """() => {
    const film = document.querySelector("[data-clip]"), flight = document.querySelector(".bullet").getAnimations()[0];
    const phase = flight ? (flight.currentTime / 1000) % 11 : null;
    return { film: film.currentTime, paused: film.paused, rate: film.playbackRate, loop: film.loop, muted: film.muted,
             phase, flies: flight?.playState, clock: document.querySelector("[data-clock]").textContent,
             start: Number(film.dataset.start) };
}"""


def state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(STATE)
    return found


def test_the_danmaku_follow_the_film(opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("clips"))
    rater.until(page, RUNS)
    now = state(page)
    assert now["loop"]
    assert now["muted"]
    page.keyboard.press("k")
    paused = state(page)
    assert (paused["paused"], paused["flies"]) == (True, "paused")
    assert paused["phase"] == pytest.approx(paused["film"], abs=0.05)
    seconds = int(paused["start"] + paused["film"])
    assert paused["clock"] == f"{seconds // 60}:{seconds % 60:02d}"
    page.locator("[data-speed]").click()
    page.locator("[data-seek]").fill("20")
    sought = state(page)
    assert sought["rate"] == 1.5
    assert sought["film"] == pytest.approx(2.2, abs=0.1)
    assert sought["phase"] == pytest.approx(2.2, abs=0.1)
    page.keyboard.press("k")
    rater.until(page, RUNS)
    page.evaluate("document.querySelector('[data-clip]').currentTime = 8")  # as after a stall: the film has the word
    rater.wait_for(lambda: 8 <= state(page)["phase"] < 11, page)
    rater.wait_for(lambda: state(page)["film"] < 3, page)  # the loop turns over
    rater.wait_for(lambda: state(page)["phase"] < 6, page)


def test_whoever_wants_less_motion_is_sent_no_film_until_they_ask(opened: Opener, link: Link) -> None:
    page = opened(reduced_motion="reduce")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.resource_type == "media" else None)
    rater.come_in(page, link("clips"))
    page.wait_for_load_state("networkidle")
    assert asked == []
    expect(page.locator("img.stage__frame.is-current")).to_be_visible()
    page.locator("[data-play]").click()
    rater.until(page, RUNS)
    assert len(asked) >= 1


def test_where_the_film_fails_the_frames_serve(opened: Opener, link: Link) -> None:
    page = opened(service_workers="block")
    page.route("**/clips/*", lambda route: route.fulfill(status=200, content_type="video/mp4", body=b"no film at all"))
    rater.come_in(page, link("clips"))
    expect(page.locator("[data-clip]")).to_have_count(0)
    rater.until(page, "document.querySelectorAll('img.stage__frame[src]').length === 11")
    shown = "[...document.querySelectorAll('.stage__frame')].findIndex((one) => one.matches('.is-current'))"
    first = page.evaluate(shown)
    rater.wait_for(lambda: page.evaluate(shown) != first, page)
    rater.mark(page, 0)
    rater.send(page)
    rater.at_item(page, 2)


def test_the_film_of_the_next_item_is_there_without_a_network(opened: Opener, link: Link) -> None:
    page = opened()
    rater.come_in(page, link("clips"))
    rater.at_hand(page, 1, 2)
    rater.wait_for(lambda: len(rater.kept(page, "/clips/")) == 1, page)
    page.context.set_offline(True)
    rater.mark(page, 0)
    rater.send(page)
    rater.at_item(page, 2)
    page.reload()
    rater.at_item(page, 2)
    rater.until(page, RUNS)
    page.context.set_offline(False)
    rater.sent(page)
