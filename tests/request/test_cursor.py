from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from tastemaker.errors import InputError
from tastemaker.request.cursor import MOST_SHOWN, decode_cursor, encode_cursor

keys = st.integers(1, 2**62)


@given(st.sets(keys, min_size=1, max_size=200))
def test_a_cursor_gives_back_the_items_that_it_was_made_of(shown: set[int]) -> None:
    assert decode_cursor(encode_cursor(shown)).tolist() == sorted(shown)


def test_a_hundred_items_of_forty_thousand_take_a_few_hundred_letters() -> None:
    assert len(encode_cursor(range(400, 40_400, 400))) < 300


@given(st.sets(keys, min_size=1, max_size=20), st.data())
def test_a_changed_cursor_is_refused(shown: set[int], data: st.DataObject) -> None:
    text = encode_cursor(shown)
    place = data.draw(st.integers(0, len(text) - 2))
    other = "A" if text[place] != "A" else "B"
    with pytest.raises(InputError, match="after"):
        decode_cursor(text[:place] + other + text[place + 1 :])


@given(st.text(max_size=60) | st.none() | st.integers() | st.binary(max_size=9))
def test_what_is_no_cursor_is_refused(text: object) -> None:
    with pytest.raises(InputError, match="leave it out for the first page"):
        decode_cursor(text)


def test_a_cursor_of_too_many_items_is_refused() -> None:
    with pytest.raises(InputError, match=str(MOST_SHOWN)):
        decode_cursor(encode_cursor(range(1, MOST_SHOWN + 2)))
