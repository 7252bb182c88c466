"""The pages hang together: every one is in the site's navigation, and no link leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from tests.docs.snippets import ROOT

DOCS = ROOT / "docs"
FILES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The files that a page links to, and the place in each."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            file, anchor = urldefrag(target)
            yield ((page.parent / file).resolve() if file else page), anchor


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", FILES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    assert [str(file) for file, _ in links(page) if not file.exists()] == []


@pytest.mark.parametrize("page", FILES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_to_a_heading_that_is_not_there(page: Path) -> None:
    # parts from the code have their anchors in the built site only; it is looked through below
    written = [
        (file, anchor) for file, anchor in links(page) if anchor and "reference" not in file.parts
    ]
    assert [pair for pair in written if pair[1] not in anchors(pair[0])] == []


def test_every_page_is_in_the_navigation() -> None:
    listed = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")]
    assert [page for page in pages if not re.search(rf"[ :]{re.escape(page)}$", listed, re.M)] == []


def test_the_readme_leads_to_the_site() -> None:
    assert DOCS / "README.md" in {file for file, _ in links(ROOT / "README.md")}


class Found(HTMLParser):
    """Collects what a page of the site links to, loads, and can be linked at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.update({given[name] for name in ("id", "name") if name in given})
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in ("img", "script", "iframe", "source", "video") and "src" in given:
            self.loads.append(given["src"])
        if tag == "link":
            self.loads.append(given["href"])


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Found]:
    return {file: Found(file.read_text(encoding="utf-8")) for file in site.rglob("*.html")}


def test_no_link_of_the_site_leads_nowhere(pages: dict[Path, Found]) -> None:
    dead = []
    for file, page in pages.items():
        if file.name == "404.html":  # its links begin at the root of a server
            continue
        for link in page.links:
            address, anchor = urldefrag(unquote(link))
            if "://" in address:
                continue
            target = (file.parent / address).resolve() if address else file
            if target not in pages or (anchor and anchor not in pages[target].ids):
                dead.append((file.name, link))
    assert dead == []


def test_the_site_loads_nothing_from_elsewhere(pages: dict[Path, Found]) -> None:
    loads = [one for page in pages.values() for one in page.loads]
    assert [one for one in loads if "//" in one] == []
    assert len(loads) > len(pages)
