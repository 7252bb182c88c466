from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tastemaker.evaluation.html.page import palette
from tastemaker.evaluation.report import Report
from tastemaker.evaluation.result import EvaluatedModel
from tastemaker.training.report import MemberReport

if TYPE_CHECKING:
    from tests.evaluation.conftest import Open

Make = Callable[[Mapping[str, float]], Report]
NASTY = "<img src=x onerror=alert(1)>"
MANY = {f"a-recommender-with-a-long-name-{n}": 0.03 + n / 200 for n in range(22)}


class Tags(HTMLParser):
    """Collects what a page is made of, and whether every tag is closed."""

    VOID = ("meta", "link")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_asks_for_nothing(make_report: Make) -> None:
    tags = Tags()
    tags.feed(make_report({"ease": 0.05, "popular": 0.1}).to_html())
    assert tags.open == []
    sources = [value for _, name, value in tags.attributes if name in ("src", "href")]
    assert sources == ["data:,"]
    assert "script" not in {tag for tag, _, _ in tags.attributes}
    assert not [name for _, name, _ in tags.attributes if name.startswith("on")]


def test_foreign_text_is_only_text(make_report: Make) -> None:
    report = make_report({NASTY: 0.05})
    member = MemberReport(NASTY, problem=NASTY, state=NASTY)
    failed = EvaluatedModel(member, None)
    models = (report.models[0], failed, report.models[2])
    report = replace(report, basis=NASTY, notes=(NASTY,), models=models)
    tags = Tags()
    tags.feed(report.to_html())
    assert "<img" not in report.to_html()
    assert tags.open == []


def test_without_points_members_or_weights_there_is_still_a_page(make_report: Make) -> None:
    report = make_report({"ease": 0.05})
    bare = replace(report, points=(), models=(report.blend,), notes=(), made_at="")
    assert "No recommender could be measured alone" in bare.to_html()


def test_many_members_share_a_colour_and_an_entry_of_the_legend(make_report: Make) -> None:
    report = make_report(MANY)
    names = list(MANY)
    styles = palette(report)
    assert [styles[name] for name in ("blend", *names[:7])] == [
        "blend",
        *(f"c{place}" for place in range(1, 7)),
        "rest",
    ]
    assert "others: " + ", ".join(names[6:]) in report.to_html()


def test_the_best_member_has_a_colour_whatever_its_weight(make_report: Make) -> None:
    report = make_report(MANY)
    best = report.best_member
    assert best is not None
    others = report.curve.only(list(MANY)[1:])
    assert palette(replace(report, curve=others))[best.name] == "c1"


@pytest.mark.parametrize("members", [{"ease": 0.05, "popular": 0.1}, MANY], ids=["few", "many"])
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1200, "light")])
def test_in_a_real_browser(
    make_report: Make,
    open_page: Open,
    tmp_path: Path,
    members: dict[str, float],
    width: int,
    scheme: str,
) -> None:
    file = tmp_path / "report.html"
    make_report(members).save(file)
    page = open_page(file, width, scheme)
    assert page.reported("Runtime.exceptionThrown") == []
    assert page.reported("Runtime.consoleAPICalled") == []
    assert page.reported("Log.entryAdded") == []
    requested = [event["request"]["url"] for event in page.reported("Network.requestWillBeSent")]
    assert [url for url in requested if not url.startswith("data:")] == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    text = page.evaluate("document.body.innerText")
    for words in (
        "The blend beats its best member",
        *list(members)[:2],
        "Long tail",
        "1,234 people",
    ):
        assert words in text
    assert page.evaluate("document.querySelectorAll('svg[role=img][aria-label]').length") == 3
    assert smallest_text(page) >= 12
    assert least_contrast(page) >= 4.5
    assert outside(page) == []


def smallest_text(page: Any) -> float:
    """The smallest size of any text, in pixels."""
    size = page.evaluate(
        "Math.min(...[...document.querySelectorAll('main *')].filter(e => e.textContent.trim())"
        ".map(e => parseFloat(getComputedStyle(e).fontSize)))"
    )
    return float(size)


def least_contrast(page: Any) -> float:
    """The least contrast of text and its ground (WCAG 2), by the colours of the style sheet."""
    return float(
        page.evaluate(
            """(() => {
              const style = getComputedStyle(document.documentElement);
              const light = name => {
                const hex = style.getPropertyValue(name).trim().slice(1);
                const parts = [0, 2, 4].map(i => parseInt(hex.slice(i, i + 2), 16) / 255)
                  .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
              };
              const grounds = ["--ground", "--card"], inks = ["--ink", "--soft"];
              return Math.min(...grounds.flatMap(ground => inks.map(ink => {
                const [low, high] = [light(ground), light(ink)].sort((a, b) => a - b);
                return (high + 0.05) / (low + 0.05);
              })));
            })()"""
        )
    )


def outside(page: Any) -> list[str]:
    """The marks and texts of charts that stand out of the page."""
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll("svg *")].filter(e => {
          const box = e.getBoundingClientRect();
          return box.width && (box.left < 0 || box.right > innerWidth);
        }).map(e => e.outerHTML)"""
    )
    return found
