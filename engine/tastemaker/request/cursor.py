"""Cursors: which items the pages so far have shown, as a short text.

A cursor names what was shown instead of a place in the list. So the next page never repeats an
item, even where the history, the catalogue or the release changed in between.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from zlib import crc32

import numpy as np

from tastemaker.data import Int64Array
from tastemaker.errors import InputError

MOST_SHOWN = 10_000
"""How many items the pages of one list may hold together. Chosen, not measured."""

_VERSION = b"\x01"
_CHECK_BYTES = 4
_MOST_TEXT = 8 * MOST_SHOWN


def encode_cursor(item_keys: Iterable[int]) -> str:
    """The cursor of a page: all items shown on it and before it.

    Ascending keys as differences, seven bits a byte, the lowest first; then a check sum.

    Args:
        item_keys: the store's keys of the items, each at least 1.
    """
    body, last = bytearray(_VERSION), 0
    for key in sorted(set(item_keys)):
        step, last = key - last, key
        while step >= 0x80:
            body.append(step & 0x7F | 0x80)
            step >>= 7
        body.append(step)
    check = crc32(body).to_bytes(_CHECK_BYTES, "big")
    return urlsafe_b64encode(bytes(body) + check).rstrip(b"=").decode("ascii")


def decode_cursor(text: object) -> Int64Array:
    """The keys of the items that a cursor names, ascending.

    Raises:
        InputError: it is no cursor, or was changed on its way.
    """
    body = _checked_body(text)
    keys, key, step, shift = [], 0, 0, 0
    for byte in body:
        step |= (byte & 0x7F) << shift
        shift += 7
        if shift > 63:
            raise _refused("names an item that cannot be")
        if byte < 0x80:
            key, step, shift = key + step, 0, 0
            keys.append(key)
    if shift or len(keys) > MOST_SHOWN or key >= 2**63:
        raise _refused(f"is incomplete, or names more than {MOST_SHOWN} items")
    return np.array(keys, dtype=np.int64)


def _checked_body(text: object) -> bytes:
    if not isinstance(text, str) or not text.isascii() or len(text) > _MOST_TEXT:
        raise _refused("is no text that an answer gave")
    try:
        whole = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise _refused("is no text that an answer gave") from None
    body, check = whole[:-_CHECK_BYTES], whole[-_CHECK_BYTES:]
    if body[:1] != _VERSION or crc32(body).to_bytes(_CHECK_BYTES, "big") != check:
        raise _refused("was changed, or is of another version")
    return body[1:]


def _refused(problem: str) -> InputError:
    return InputError(
        f"after {problem}. Pass on `after` of the answer before as it is, or leave it out for the "
        "first page."
    )
