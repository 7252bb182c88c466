"""Canaries: values of people that are found again in any of ten encodings, however many there are.

Every canary begins with the same mark, so all of them are looked for at once in the encodings that
keep the mark. Of digests nothing is kept, so those of all canaries are looked for by their first
eight bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

MARK = "kanarienvögel~"
FIELDS = ("user_id", "email", "name", "street", "town", "note")

_TABLE_BITS = 24
_PIECE = 2**24


def canary(person: int, field: str) -> str:
    """The value of one field of one person."""
    return f"{MARK}{field}-{person:07d}"


def person(number: int) -> dict[str, str]:
    """All that is known of one person, each value a canary."""
    return {field: canary(number, field) for field in FIELDS}


def marks() -> dict[str, tuple[bytes, ...]]:
    """What the mark looks like, for each encoding that keeps it."""
    raw = MARK.encode()
    return {
        "UTF-8": (raw,),
        "JSON": (json.dumps(MARK)[1:-1].encode(),),
        "Latin-1": (MARK.encode("latin-1"),),
        "hexadecimal": (raw.hex().encode(), raw.hex().upper().encode()),
        "UTF-16": (MARK.encode("utf-16-le"), MARK.encode("utf-16-be")),
        "base64": tuple(_in_base64(raw)),
        "percent": (quote(MARK).encode(), quote(MARK).lower().encode()),
        "reversed": (raw[::-1], MARK[::-1].encode()),
    }


def _in_base64(raw: bytes) -> Iterator[bytes]:
    """Whole groups of base64, wherever the mark begins in a group, in both alphabets."""
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + raw)
        whole = coded[4 if shift else 0 : len(coded) // 4 * 4 - 4]
        yield whole
        yield whole.translate(bytes.maketrans(b"+/", b"-_"))


class Search:
    """Finds canaries.

    Args:
        people: how many people there are.
    """

    def __init__(self, people: int) -> None:
        self._marks = marks()
        self._digests = {
            name: frozenset(
                kind(canary(number, field).encode()).digest()
                for number in range(people)
                for field in FIELDS
            )
            for name, kind in (("SHA-256", hashlib.sha256), ("MD5", hashlib.md5))
        }
        starts = b"".join(
            digest[:8] for digests in self._digests.values() for digest in sorted(digests)
        )
        self._starts = np.unique(np.frombuffer(starts, dtype="<u8"))
        self._table = np.zeros(2**_TABLE_BITS, dtype=np.bool_)
        self._table[self._starts & (2**_TABLE_BITS - 1)] = True

    @property
    def encodings(self) -> tuple[str, ...]:
        """What can be found."""
        return (*self._marks, *self._digests)

    def found_in(self, place: bytes) -> Counter[str]:
        """How many canaries there are in a place, by encoding."""
        found: Counter[str] = Counter()
        for name, forms in self._marks.items():
            found[name] = sum(place.count(form) for form in set(forms))
        for at in self._starting(place):
            for name, digests in self._digests.items():
                length = len(next(iter(digests), b""))
                found[name] += place[at : at + length] in digests
        return +found

    def _starting(self, place: bytes) -> Iterable[int]:
        """Where something begins as one of the digests does."""
        for start in range(0, len(place), _PIECE):
            piece = place[start : start + _PIECE + 7]
            for shift in range(min(8, len(piece))):
                words: npt.NDArray[np.uint64] = np.frombuffer(
                    piece, dtype="<u8", count=(len(piece) - shift) // 8, offset=shift
                )
                near = np.flatnonzero(self._table[words & (2**_TABLE_BITS - 1)])
                exact = np.isin(words[near], self._starts)
                yield from (start + shift + 8 * near[exact]).tolist()
