"""The page about the shops gives the commands that the tests run."""

from __future__ import annotations

import pytest
from tests.examples.shops import EXAMPLES, SHOPS, Example

PAGE = (EXAMPLES.parent / "docs" / "how-to" / "shops.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("shop", SHOPS.values(), ids=SHOPS)
def test_the_page_has_the_commands(shop: Example) -> None:
    lines = PAGE.splitlines()
    assert set(shop.load) <= set(lines)
    assert f"$ {shop.serve} --workers 4" in lines


def test_the_page_shows_the_transaction_as_it_is() -> None:
    shown = PAGE.partition("here Flask's:\n\n```text\n")[2].partition("```")[0]
    source = (EXAMPLES / "flask_shop" / "shop.py").read_text(encoding="utf-8")
    assert len(shown) > 200
    assert all(line.strip() in source for line in shown.splitlines())
