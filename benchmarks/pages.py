"""What a rater's page weighs, how many requests it sends, and how soon the next item is there, in a real browser.

The site is served by gunicorn on this machine; pictures are counted apart from the page.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.browser import rater
from tests.browser.conftest import FLAGS, NAMES
from tests.browser.site import Site

# Milliseconds from the key that sends to the frame in which the next item is on the screen.
NEXT_ITEM = """() => new Promise((resolve) => {
    const item = document.querySelector("[data-item]"), began = performance.now();
    document.querySelector("[data-send]").click();
    const look = () => document.querySelector("[data-item]") === item ? requestAnimationFrame(look)
        : requestAnimationFrame(() => resolve(performance.now() - began));
    requestAnimationFrame(look);
})"""


@dataclass
class Load:
    """One page load: what was asked for until the page stood, without what is fetched ahead for later.

    ``plain`` and ``sent``: bytes of the page, unpacked and as they went over the wire.
    """

    page: list[Request] = field(default_factory=list)
    pictures: list[Request] = field(default_factory=list)
    plain: int = 0
    sent: int = 0

    def note(self, request: Request) -> None:
        """Sort one request; fetches and further pictures come after the page and belong to the next items."""
        if request.resource_type in {"document", "stylesheet", "script", "font", "other"}:
            self.page.append(request)
        elif request.resource_type == "image" and not self.pictures:
            self.pictures.append(request)

    def weigh(self) -> None:
        """Add up what came, while the page is still open."""
        responses = [request.response() for request in self.page]
        self.plain = sum(len(response.body()) for response in responses if response)
        self.sent = sum(request.sizes()["responseBodySize"] for request in self.page)


def load_anew(page: Page) -> Load:
    """Load the item on the page anew, with an empty cache, and note what it asks for. No worker may serve it."""
    load = Load()
    session = page.context.new_cdp_session(page)
    session.send("Network.clearBrowserCache")
    page.on("request", load.note)
    page.reload()
    page.wait_for_load_state("networkidle")
    page.remove_listener("request", load.note)
    load.weigh()
    return load


def next_item(page: Page) -> list[float]:
    """Milliseconds to each next item of the sitting, the items fetched ahead as in use."""
    times = []
    total = int(page.locator("[data-item]").get_attribute("data-total") or 0)
    for number in range(rater.position(page), total):
        rater.at_item(page, number)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)
        rater.mark(page, 0)
        times.append(float(page.evaluate(NEXT_ITEM)))
    return times


@contextmanager
def _one_tab(browser: Browser, **looks: Any) -> Iterator[Page]:
    """A rater's only tab: comments that fly in forgotten ones would take the processor's time."""
    with browser.new_context(**looks) as context:
        yield context.new_page()


def main() -> None:
    """Print the figures."""
    browser_path = next(filter(None, map(shutil.which, NAMES)))
    with tempfile.TemporaryDirectory(prefix="evalsite-pages-") as folder, sync_playwright() as playwright:
        site = Site(Path(folder))
        site.prepare()
        links = json.loads(site.run("-m", "tests.browser.study", "4"))
        site.start()
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        try:
            for protocol in ("human_recall", "preference"):
                looks = {"viewport": {"width": 1280, "height": 800}, "locale": "zh-CN"}
                with _one_tab(browser, **looks, service_workers="block") as page:
                    rater.come_in(page, site.url + links[protocol][0])
                    load = load_anew(page)
                with _one_tab(browser, **looks) as page:
                    rater.come_in(page, site.url + links[protocol][1])
                    _print(protocol, load, next_item(page))
            with _one_tab(browser) as page:
                _print_worker(page, site.url)
        finally:
            browser.close()
            site.kill()


def _print(protocol: str, load: Load, times: list[float]) -> None:
    how = f"{protocol}, 1280 x 800, empty cache"
    print(f"rater page: {load.plain / 1000:.1f} kB ({how}, without pictures, unpacked)")
    print(f"rater page sent: {load.sent / 1000:.1f} kB ({how}, without pictures, compressed static files)")
    print(f"rater page requests: {len(load.page)} requests ({how}, without pictures)")
    print(f"rater page pictures before it is ready: {len(load.pictures)} requests ({how})")
    print(f"next item: {median(times):.0f} ms median, {max(times):.0f} ms slowest ({how}, from Send to the next frame)")


def _print_worker(page: Page, url: str) -> None:
    first = page.request.get(f"{url}/rate/worker.js").text()
    script = page.request.get(url + first.split('"')[-2]).body()
    print(f"worker for visits without a network: {len(first + script.decode()) / 1000:.1f} kB (once, beside the page)")


if __name__ == "__main__":
    main()
