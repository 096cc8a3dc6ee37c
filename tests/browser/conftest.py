"""A real site and a real browser. A machine without a browser is an error, not a skip."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.site import Site

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
Opener = Callable[..., Page]
PATIENCE = 60_000  # milliseconds; a machine that has other things to do is no failure
expect.set_options(timeout=PATIENCE / 2)


@pytest.fixture(scope="session", autouse=True)
def shared_by_all_sites(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where the first site leaves its empty database and static files for the others, in whatever process they are."""
    folder = tmp_path_factory.getbasetemp()
    Site.shared = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "shared-site"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site with two small campaigns running, served by gunicorn."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.prepare()
    site.links = json.loads(site.run("-m", "tests.browser.study", "40"))
    site.start()
    yield site
    site.kill()


@pytest.fixture
def link(site: Site) -> Callable[[str], str]:
    """An invitation nobody has used, for the protocol asked for."""
    return lambda protocol: site.url + site.links[protocol].pop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ends with its module: while Playwright's event loop runs, Django's database tests in this process cannot."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, f"No browser is installed; looked for {', '.join(NAMES)}. `apt-get install chromium` brings one."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Browser, site: Site) -> Iterator[Opener]:
    """Opens a page in a browser window of its own; the test fails where a script of ours failed."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(
        language: str = "en", theme: str = "light", size: tuple[int, int] = (1280, 800), **options: Any
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            locale={"en": "en-US", "zh": "zh-CN"}[language],
            **options,
        )
        contexts.append(context)
        context.on("weberror", lambda error: faults.append(str(error.error)))
        context.set_default_timeout(PATIENCE)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, faults
