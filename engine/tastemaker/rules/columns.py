"""The columns that rules look at: each different value once, read as numbers, times and truths."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np

from tastemaker.data import BoolArray, Float64Array, Int32Array, Int64Array, Items, ValuesColumn
from tastemaker.data.columns import Values
from tastemaker.errors import InputError
from tastemaker.rules.names import Name, unknown_attribute
from tastemaker.validation import UNTIMED, check_time
from tastemaker.validation.numbers import is_plain_number

TRUE_WORDS = frozenset(("true", "yes", "1"))
FALSE_WORDS = frozenset(("false", "no", "0"))

SECONDS_FROM = 100_000_000
"""From here on, in March 1973, a number may be a time in seconds; what is less is none."""


class CodedValues:
    """The values of one column: each different text once, and which items have it.

    Args:
        column: the values of every item.

    Attributes:
        texts: (n_texts,) the different texts.
    """

    def __init__(self, column: Sequence[Values]) -> None:
        coded = column if isinstance(column, ValuesColumn) else ValuesColumn.of(column)
        self._codes: Int32Array = coded.codes
        self._n_distinct = len(coded.distinct)
        places: dict[str, int] = {}
        owned = [
            (owner, places.setdefault(text, len(places)))
            for owner, values in enumerate(coded.distinct)
            for text in values
        ]
        self._owners, self._places = np.array(owned, dtype=np.int32).reshape(-1, 2).T.copy()
        self.texts = tuple(places)

    def having(self, wanted: BoolArray) -> BoolArray:
        """(n_items,) bool: which items have one of the wanted texts.

        Args:
            wanted: (n_texts,) bool.
        """
        found = np.zeros(self._n_distinct, dtype=np.bool_)
        found[self._owners[wanted[self._places]]] = True
        kept: BoolArray = found[self._codes]
        return kept

    def those(self, satisfies: Callable[[str], bool]) -> BoolArray:
        """(n_texts,) bool: which texts satisfy a condition."""
        return np.fromiter(map(satisfies, self.texts), np.bool_, len(self.texts))

    @cached_property
    def numbers(self) -> Float64Array:
        """(n_texts,) float64 each text as a number; NaN where it is none."""
        return np.fromiter(map(number_in, self.texts), np.float64, len(self.texts))

    @cached_property
    def times(self) -> Int64Array:
        """(n_texts,) int64 each text as a time in microseconds; UNTIMED where it is none."""
        return np.fromiter(map(time_in, self.texts), np.int64, len(self.texts))

    @cached_property
    def truths(self) -> Mapping[bool, BoolArray]:
        """For true and for false, (n_texts,) bool which texts mean it."""
        return {True: self._words(TRUE_WORDS), False: self._words(FALSE_WORDS)}

    def _words(self, words: Collection[str]) -> BoolArray:
        return self.those(lambda text: text.strip().lower() in words)


class RuleColumns:
    """Items as rules see them; what a rule looks at is read when one first does, and kept.

    Safe to use from several threads.

    Args:
        items: ids, titles, texts and attributes.
        times: (n_items,) int64 for each of the fields "created" and "updated", in microseconds
            since 1970 UTC, or UNTIMED; a field that is left out is known of no item.
    """

    def __init__(self, items: Items, times: Mapping[str, Int64Array] | None = None) -> None:
        self._items = items
        self._times = times or {}
        self._coded: dict[str, CodedValues] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._items)

    def values(self, name: Name) -> CodedValues:
        """The values of an attribute, or of a field that holds a text.

        Those of fields are not kept: texts may be long, and rules seldom ask for them.

        Raises:
            RuleError: no item has such an attribute.
        """
        if name.is_field:
            return CodedValues(_as_values(self.texts(name)))
        with self._lock:
            known = self._coded.get(name.text)
            if known is None:
                column = self._items.attributes.get(name.text)
                if column is None:
                    raise unknown_attribute(name.text, self._items.attributes)
                known = self._coded[name.text] = CodedValues(column)
            return known

    def texts(self, name: Name) -> Sequence[str]:
        """The texts of a field, one an item; empty where there is none."""
        items = self._items
        return {"item_id": items.ids, "title": items.titles, "text": items.texts}[name.text]

    def times(self, name: Name) -> Int64Array:
        """(n_items,) int64 the times of a field; UNTIMED where they are not known."""
        known = self._times.get(name.text)
        if known is None or len(known) != len(self):
            return np.full(len(self), UNTIMED, dtype=np.int64)
        return known


def _as_values(texts: Iterable[str]) -> ValuesColumn:
    return ValuesColumn.of((text,) if text else () for text in texts)


def number_in(text: str) -> float:
    """A text as a finite number; NaN where it is none."""
    if not is_plain_number(text):
        return math.nan
    number = float(text)
    return number if math.isfinite(number) else math.nan


def time_in(text: str) -> int:
    """A text as a time in microseconds; UNTIMED where it is none, or a small number."""
    if is_plain_number(text) and not float(text) >= SECONDS_FROM:
        return UNTIMED
    try:
        return check_time(text)
    except InputError:
        return UNTIMED
