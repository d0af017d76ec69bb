"""The page does in a real browser what it says, and asks nobody for anything.

The browser is a Chromium or Chrome of this machine: `apt-get install chromium`, or any of https://www.google.com/chrome/.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tapgen.graph import page as written
from tapgen.review.review import compared, review
from tests.graph.platforms import EXAMPLE, example, thirty
from tests.graph.test_pictures import HOSTILE

pytestmark = pytest.mark.xdist_group("chromium")  # one worker starts one browser

Scheme = Literal["light", "dark"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_APPLICATION = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
_SILENT = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((path for name in _NAMES if (path := shutil.which(name))), _APPLICATION)
    assert Path(found).exists(), "these tests need Chromium or Chrome: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=list(_SILENT), chromium_sandbox=False, headless=True
        )
        yield browser
        browser.close()


class Opened:
    """A page that was written to disk and opened, with all that it complained of and asked for."""

    def __init__(self, browser: Browser, file: Path, text: str, scheme: Scheme = "light") -> None:
        file.write_text(text, encoding="utf-8")
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page: Page = browser.new_page(color_scheme=scheme, viewport={"width": 1500, "height": 900})
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())
        self.uri = file.as_uri()

    def part(self, address: str) -> None:
        self.page.locator(f'.shown [data-id="{address}"]').click()

    @property
    def panel(self) -> str:
        return self.page.locator("#panel").inner_text()

    def close(self) -> None:
        """Whatever was done, nothing was complained of, and nothing asked for but the file itself."""
        assert self.complaints == []
        assert {url.partition("#")[0] for url in self.asked if not url.startswith("data:")} == {self.uri}
        self.page.close()


@cache
def a_review() -> str:
    """The example platform gets other keys for its tables."""
    data = EXAMPLE["prod/data.yaml"].replace("AttributeName: id", "AttributeName: number")
    return written(review(EXAMPLE, {**EXAMPLE, "prod/data.yaml": data}), "A review")


@cache
def an_example() -> str:
    return written(compared(example(), example()), "Example")


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    found = Opened(browser, tmp_path / "review.html", a_review())
    yield found
    found.close()


def test_a_click_opens_what_it_says(opened: Opened) -> None:
    assert opened.page.title() == "A review"
    assert "prod/data.OrdersTable" in opened.panel
    opened.part("prod/data.OrdersTable")
    line = EXAMPLE["prod/data.yaml"].splitlines().index("  OrdersTable:") + 1
    assert opened.panel.startswith("orders")
    for said in ("downtime", "AWS::DynamoDB::Table · replaced", "Outlives the services that use it."):
        assert said in opened.panel
    assert f"prod/data.yaml:{line}" in opened.panel
    sides = {side: opened.page.locator(f".diff .{side}").all_inner_texts() for side in ("before", "after")}
    assert '{"AttributeName": "id", "KeyType": "HASH"}' in sides["before"]
    assert '{"AttributeName": "number", "KeyType": "HASH"}' in sides["after"]
    assert opened.page.locator(".selected").count() == 1
    assert opened.page.evaluate("location.hash") == "#prod%2Fdata.OrdersTable"
    opened.page.locator("#panel .row", has_text="order").click()
    assert opened.panel.startswith("order")


def test_what_a_part_has_nothing_to_do_with_is_dimmed(opened: Opened) -> None:
    opened.part("prod/data.OrdersTable")
    near = opened.page.locator(".card.near .title").all_text_contents()
    assert set(near) == {"orders", "order"}
    opened.page.keyboard.press("Escape")
    assert opened.page.locator(".focused").count() == 0
    assert "DANGER" in opened.panel


def test_search_finds_parts_by_the_types_of_their_resources(opened: Opened) -> None:
    opened.page.keyboard.press("/")
    opened.page.keyboard.type("dynamodb orders")
    assert opened.panel.startswith("2 found\nPARTS\norders\nTable")
    opened.page.keyboard.press("Enter")
    assert opened.panel.startswith("orders")
    opened.page.locator("#search").fill("there is no such thing")
    assert "0 found" in opened.panel


def test_a_picture_can_be_made_larger_and_what_is_asked_for_is_seen(opened: Opened) -> None:
    picture = opened.page.locator(".shown svg")
    width = "element => element.getBoundingClientRect().width"
    before = picture.evaluate(width)
    for _ in range(5):
        opened.page.locator("#larger").click()
    assert picture.evaluate(width) > 2.9 * before
    opened.page.locator("#search").fill("invoices")
    opened.page.keyboard.press("Enter")
    inside = "element => element.getBoundingClientRect().right <= document.getElementById('pictures').clientWidth"
    assert opened.page.locator('.shown [data-id="prod/data.InvoicesBucket"]').evaluate(inside)
    opened.page.locator("#fit").click()
    assert picture.evaluate(width) == before


def test_keys_are_enough(opened: Opened) -> None:
    opened.page.locator('.shown [data-id="prod/service-order.Service"]').focus()
    opened.page.keyboard.press("Enter")
    assert opened.panel.startswith("order")


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_light_and_dark(browser: Browser, tmp_path: Path, scheme: Scheme, other: str) -> None:
    opened = Opened(browser, tmp_path / "page.html", an_example(), scheme)
    back = "getComputedStyle(document.body).backgroundColor"
    card = "getComputedStyle(document.querySelector('.shown .card .face')).fill"
    light = {"light": "rgb(251, 252, 254)", "dark": "rgb(11, 17, 32)"}
    assert opened.page.evaluate(back) == light[scheme]
    before = opened.page.evaluate(card)
    opened.page.locator("#theme").click()
    assert opened.page.evaluate(back) == light[other]
    assert opened.page.evaluate(card) != before
    opened.close()


def test_every_platform_of_a_page_and_every_part_can_be_opened(browser: Browser, tmp_path: Path) -> None:
    text = written(review(thirty(), thirty()), "Thirty services")
    assert len(text.encode()) < 1_000_000
    opened = Opened(browser, tmp_path / "page.html", text)
    for tab in opened.page.get_by_role("tab").all():
        tab.click()
        for part in opened.page.locator(".shown .card[tabindex]").all():
            title = (part.locator(".title").text_content() or "").rstrip("…")
            part.dispatch_event("click")
            assert opened.panel.startswith(title)
    opened.close()


def test_a_link_to_a_part_opens_it(browser: Browser, tmp_path: Path) -> None:
    opened = Opened(browser, tmp_path / "page.html", an_example())
    opened.page.goto(f"{opened.uri}#prod%2Fkeys.LogsKey")
    opened.page.reload()
    assert opened.panel.startswith("4 keys")
    opened.close()


def test_names_cannot_break_out_of_the_page(browser: Browser, tmp_path: Path) -> None:
    before = {"<i>.yaml": "Resources: {Topic: {Type: 'AWS::SNS::Topic'}}"}
    title = "</title><script>hacked()</script>"
    opened = Opened(browser, tmp_path / "page.html", written(review(before, HOSTILE), title))
    assert opened.page.title() == title
    for part in opened.page.locator(".shown .card[tabindex]").all():
        part.dispatch_event("click")
        assert "AWS::" in opened.panel
    assert opened.page.locator("script").count() == 2
    assert opened.page.locator("i").count() == 0
    opened.close()
