"""Whatever JSON comes: the engine does it, or refuses it with its own errors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.web.conftest import KEY

from tastemaker.engine import Tastemaker
from tastemaker.errors import TastemakerError
from tastemaker.request.request import FIELDS as REQUEST_FIELDS
from tastemaker.store.crypto.keys import Key
from tastemaker.web.bodies import Work, recommended, recorded, similar_to

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["item-1", "person-1", "like", "price < 20", "brand", "exclude", "only"])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["item_id", "kind", "at", "and", "field", "op", "value", "most", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
FIELDS = {
    "recommended": (*REQUEST_FIELDS, "surface"),
    "similar_to": ("item_ids", "k", "where", "exclude"),
    "recorded": ("user_id", "item_id", "kind", "value", "at"),
}


@pytest.fixture(scope="module")
def shop(shop_url: str) -> Tastemaker:
    return Tastemaker(shop_url, key=Key(KEY))


@pytest.mark.parametrize("work", [recommended, similar_to, recorded], ids=lambda one: one.__name__)
def test_nothing_but_the_engine_s_own_errors_comes_out(shop: Tastemaker, work: Work) -> None:
    bodies = st.dictionaries(st.sampled_from(FIELDS[work.__name__]), JSON, max_size=4)

    @settings(max_examples=100)
    @given(body=bodies)
    def run(body: dict[str, Any]) -> None:
        try:
            given = work(shop, body)
        except TastemakerError as error:
            assert str(error)
        else:
            assert isinstance(given, dict)

    run()
