"""A rater's page stays light: under 80 kB and 12 requests without its pictures; the next item is there at once."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import pytest

from benchmarks.pages import load_anew, next_item
from tests.browser import rater
from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser


def test_a_page_is_light_and_the_next_one_is_there_at_once(opened: Opener, link: Callable[[str], str]) -> None:
    page = opened("zh", service_workers="block")
    rater.come_in(page, link("human_recall"))
    load = load_anew(page)
    assert 10_000 < load.plain < 80_000
    assert 3 < len(load.page) + len(load.pictures) < 12
    times = next_item(page)
    assert median(times) < 600, "150 ms on a machine that has nothing else to do; see benchmarks/pages.py"


def test_modules_and_styles_carry_digests_and_may_be_kept_for_ever(opened: Opener, link: Callable[[str], str]) -> None:
    page = opened()
    replies = []
    page.on("response", lambda reply: replies.append(reply) if "/static/" in reply.url else None)
    page.goto(link("preference"))
    page.wait_for_load_state("networkidle")
    assert len(replies) > 5
    for reply in replies:
        assert reply.status == 200
        assert "immutable" in (reply.header_value("cache-control") or ""), reply.url
