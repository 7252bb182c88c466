"""The pages are true: every block of each is run, in order, in one folder, as a reader would."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.docs.snippets import FENCE, FILES, PAGES, README, ROOT, SHELLS, blocks, run

TEXT = "text"
"""The language of output, pictures and what a reader types elsewhere: nothing to run."""

RUN = [
    page
    for page in PAGES
    if page != README and any(block.language != TEXT for block in blocks(page))
]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_is_one_that_is_run(page: Path) -> None:
    found = blocks(page)
    assert len(found) == len(FENCE.findall(page.read_text(encoding="utf-8"))) / 2
    assert {block.language for block in found} <= {"python", TEXT, *SHELLS, *FILES}
    for block in found:
        assert block.title or block.language not in FILES
        if block.language == "toml":
            tomllib.loads(block.code)


@pytest.mark.parametrize("page", RUN, ids=name)
def test_every_block_runs(
    page: Path,
    folder_for: Callable[[Path], Path],
    reader: dict[str, str],
    request: pytest.FixtureRequest,
) -> None:
    environment = dict(reader)
    if "$SHOP_DATABASE" in page.read_text(encoding="utf-8"):
        environment["SHOP_DATABASE"] = request.getfixturevalue("postgresql_shop")
    run(page, folder_for(page), environment)


def test_the_pages_show_what_is_done() -> None:
    """A page that shows nothing to run would pass everything above."""
    shown = {name(page) for page in RUN}
    assert {"docs/tutorial.md", "docs/plugin-tutorial.md", "docs/serving.md"} <= shown
    assert len([page for page in shown if re.match("docs/how-to/", page)]) >= 10
