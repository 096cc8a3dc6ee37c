"""What a rater does with a page, said in a rater's words."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect


def come_in(page: Page, link: str) -> None:
    """From the invitation through consent and practice to the first item."""
    page.goto(link)
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
    at_item(page, 1)


def at_item(page: Page, number: int) -> None:
    """The item is shown and ready for keys and clicks."""
    page.wait_for_url(re.compile(rf"/rate/[\w-]+/{number}/$"))
    expect(page.locator("[data-controls]")).to_be_visible()
    page.wait_for_timeout(400)  # what is pressed sooner was meant for the item before


def public_id(page: Page) -> str:
    """Of the sitting on the page."""
    found = re.search(r"/rate/([\w-]+)/", page.url)
    assert found, page.url
    return found[1]


def position(page: Page) -> int:
    return int(page.url.rstrip("/").rsplit("/", 1)[1])


def mark(page: Page, *places: int) -> list[str]:
    """Click these cards of the list; returns all ids that are marked then, in the order shown."""
    for place in places:
        page.locator(".choice label").nth(place).click()
    return marked(page)


def marked(page: Page) -> list[str]:
    values: list[str] = page.locator(".choice input:checked").evaluate_all("all => all.map(one => one.value)")
    return values


def send(page: Page) -> None:
    page.locator("[data-send]").click()


def outbox(page: Page) -> int:
    """Answers that wait on the device."""
    waiting: int = page.evaluate("JSON.parse(localStorage.getItem('danmaku:outbox') ?? '[]').length")
    return waiting


def finish(page: Page) -> None:
    """Everything has arrived, and the code is there."""
    page.wait_for_url("**/done/")
    expect(page.locator("[data-code]")).to_have_text(re.compile(r"^\w{10}$"))


def at_hand(page: Page, *numbers: int) -> None:
    """Until the browser's worker keeps these items of the sitting with their key frames."""
    paths = [re.sub(r"/\d+/$", f"/{number}/", page.url) for number in numbers]
    wait_for(lambda: set(paths) <= set(kept(page, "/rate/")), page)
    page.wait_for_load_state("networkidle")


def kept(page: Page, folder: str) -> list[str]:
    """Addresses below that folder which the browser's worker keeps."""
    script = """async () => {
        const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
        return (await Promise.all(caches_.map((one) => one.keys()))).flat().map(({ url }) => url);
    }"""
    addresses: list[str] = page.evaluate(script)
    return sorted(address for address in addresses if folder in address)


def wait_for(fact: Callable[[], bool], page: Page, seconds: float = 60) -> None:
    """Until it is so."""
    for _try in range(int(seconds * 10)):
        if fact():
            return
        page.wait_for_timeout(100)
    raise AssertionError("It did not come about.")


def until(page: Page, expression: str) -> None:
    """Until the page says so. Playwright's own waiting evaluates text, which the site's CSP forbids."""
    wait_for(lambda: bool(page.evaluate(expression)), page)


def sent(page: Page) -> None:
    """Until nothing waits on the device."""
    wait_for(lambda: outbox(page) == 0, page)
