"""The inspector in a real Chromium: for everybody, on a phone and a desk, light and dark."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

import pytest
from tests.web.inspecting import Inspector, make_shop

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
Scheme: TypeAlias = Literal["light", "dark"]
PHONE, DESK = 360, 1280
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
VIEWS: tuple[tuple[int, Scheme], ...] = ((PHONE, "dark"), (DESK, "light"))
Go: TypeAlias = "Callable[[Page, str], None]"


@pytest.fixture(scope="module")
def inspector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inspector]:
    url = f"sqlite:///{tmp_path_factory.mktemp('browser')}/shop.db"
    make_shop(url)
    with Inspector(url) as inspector:
        yield inspector


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("There is no Chromium: run `make browser`.")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of somebody who may see everything; it fails where the browser complains."""
    context = browser.new_context(extra_http_headers={"x-token": "right"})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"a dialog: {dialog.message}"))
    yield page
    context.close()
    # what a browser says of each page that is not there
    assert [one for one in complaints if "status of 404" not in one] == []


def at(path: str) -> Go:
    """Opens a page by its address."""

    def go(page: Page, root: str) -> None:
        page.goto(f"{root}/inspector/{path}")

    return go


def person(page: Page, root: str) -> None:
    """Looks a person up, and opens what is said of the first recommendation."""
    page.goto(f"{root}/inspector/")
    page.get_by_label("User id").fill("person-0")
    page.get_by_role("button", name="Show the answer").click()
    page.get_by_text("Parts and reasons").first.click()


def what_if(page: Page, root: str) -> None:
    """Compares the answer with what it would be."""
    page.goto(f"{root}/inspector/person")
    page.get_by_label("User id").fill("person-0")
    page.get_by_text("The request").click()
    page.get_by_label("Rule", exact=True).fill("n < 9")
    page.get_by_text("What if").click()
    page.get_by_label("Item id").fill("item-6")
    page.get_by_label("the rule", exact=True).check()
    page.get_by_role("button", name="Show the answer").click()


PAGES: dict[str, Go] = {
    "overview": at(""),
    "items": at("items"),
    "found": at("items?text=script"),
    "item": at("item?item_id=item-2"),
    "not there": at("item?item_id=nothing"),
    "weights": at("weights"),
    "health": at("health"),
    "person": person,
    "what if": what_if,
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(inspector: Inspector, page: Page, name: str) -> None:
    PAGES[name](page, inspector.root)
    for width, scheme in VIEWS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        result = axe.Axe().run(page)
        assert result.violations_count == 0, result.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
        assert [one for one in overflowing(page) if width == PHONE] == []


def overflowing(page: Page) -> list[str]:
    """What reaches over the right edge of the page, outside of what scrolls by itself."""
    script = """[...document.querySelectorAll("main *")]
        .filter(one => !one.closest(".wide, .hidden, svg, details:not([open])"))
        .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5)
        .map(one => one.outerHTML.slice(0, 80))"""
    found: list[str] = page.evaluate(script)
    return found


def test_light_and_dark_differ(inspector: Inspector, page: Page) -> None:
    page.goto(f"{inspector.root}/inspector/")
    grounds = set()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


def test_what_a_person_gets_and_what_would_change(inspector: Inspector, page: Page) -> None:
    what_if(page, inspector.root)
    before = page.locator(".compare .card").nth(0).inner_text()
    after = page.locator(".compare .card").nth(1).inner_text()
    assert "Blue lamp" in before
    assert "Blue lamp" not in after
    assert "item_id=item-10" in page.locator(".compare .card").nth(1).inner_html()
    assert page.get_by_label("User id").input_value() == "person-0"
    assert not re.search("person-0", page.url)


def test_hostile_titles_are_text(inspector: Inspector, page: Page) -> None:
    page.goto(f"{inspector.root}/inspector/item?item_id=item-2")
    assert page.get_by_role("heading", level=1).inner_text().startswith("<script>alert")
    assert page.locator("script").count() == 0


def test_it_can_be_used_by_keyboard_alone(inspector: Inspector, page: Page) -> None:
    page.goto(f"{inspector.root}/inspector/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "user_id"
    page.keyboard.type("person-1")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer")
