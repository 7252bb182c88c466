"""Checking interactions a block at a time, and turning them into segments ready to be written.

Most ids, kinds and values of a file come again and again: each is checked when it is first seen
and looked up from then on. Only a block with a bad row is gone through row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tastemaker.data import Int32Array
from tastemaker.errors import InputError
from tastemaker.io.block import Block, Cells, Refusal
from tastemaker.io.number_columns import all_text, whole_column
from tastemaker.io.rows import as_id, interaction_row
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.store.interactions.bulk import Segment
from tastemaker.store.interactions.columns import INTERACTION_COLUMNS, InteractionColumn
from tastemaker.store.users.cells import seal_id
from tastemaker.validation import check_id, check_kind

# Rows and ids of a segment, and texts remembered: chosen so that an import stays below 400 MB. One
# of a million rows takes 250 MB (benchmarks/bulk.py).
SEGMENT_ROWS = 1_000_000
SEGMENT_IDS = 250_000
REMEMBERED = 250_000


class CheckedTexts(dict[Any, Any]):
    """What a check gives for a text, remembered.

    Attributes:
        check: the check; it raises InputError.
    """

    def __init__(self, check: Callable[[object], Any]) -> None:
        super().__init__()
        self.check = check

    def __missing__(self, text: object) -> Any:
        if len(self) >= REMEMBERED:
            self.clear()
        checked = self[text] = self.check(text)
        return checked


class Codes(dict[Any, int]):
    """Numbers for texts: 0, 1, 2, … as they come; each text is checked when it is new.

    Attributes:
        check: gives the text for a value; it raises InputError.
        numbers: whether whole numbers are texts too, as they are written.
    """

    def __init__(self, check: Callable[[object], str], numbers: bool = False) -> None:
        super().__init__()
        self.check = check
        self.numbers = numbers

    def __missing__(self, text: object) -> int:
        self[self.check(text)] = code = len(self)
        return code


class Stager:
    """Takes in blocks of interactions and gives segments.

    Args:
        keyring: gives refs and seals ids.
        kind: the kind of the rows that name none.
    """

    def __init__(self, keyring: Keyring, kind: str) -> None:
        self._keyring = keyring
        self._maker = keyring.ref_keys[0]
        self._kind = check_kind(kind)
        self._numbers = {
            column.name: CheckedTexts(column.checked)
            for column in INTERACTION_COLUMNS
            if column.check is not None
        }
        self._refs: dict[str, bytes] = {}
        self._begin()

    def _begin(self) -> None:
        self._names = {
            "user_id": Codes(lambda value: check_id(as_id(value), "user_id"), numbers=True),
            "item_id": Codes(lambda value: check_id(as_id(value), "item_id"), numbers=True),
            "kind_id": Codes(lambda value: check_kind(self._kind if value is None else value)),
        }
        self._parts: list[dict[str, npt.NDArray[Any]]] = []
        self._rows = 0

    def add(self, block: Block) -> tuple[Sequence[Refusal], Segment | None]:
        """Takes in a block.

        Returns:
            The rows that are refused, and a segment if one has become full.
        """
        refused: list[Refusal] = list(block.refused)
        try:
            part = self._encode(block)
        except InputError:
            bad = self._refusals(block)
            refused = sorted([*refused, *bad.values()], key=lambda refusal: refusal.line)
            part = self._encode(block.take([i for i in range(len(block)) if i not in bad]))
        rows = len(part["user_id"])
        if rows:  # a packed file of blank lines has blocks without end
            self._parts.append(part)
        self._rows += rows
        ids = len(self._names["user_id"]) + len(self._names["item_id"])
        full = self._rows >= SEGMENT_ROWS or ids >= SEGMENT_IDS
        return refused, self.finish() if full else None

    def finish(self) -> Segment | None:
        """The rows taken in since the last segment, as a segment; None where there are none."""
        if not self._rows:
            return None
        columns = {
            column.name: np.concatenate([part[column.name] for part in self._parts])
            for column in INTERACTION_COLUMNS
        }
        names = {}
        for name, known in self._names.items():
            columns[name], names[name] = in_use(columns[name], known)
        refs, sealed = self._seal(names["user_id"])
        self._begin()
        maker = self._maker.key_id
        return Segment(refs, sealed, names["item_id"], names["kind_id"], columns, maker)

    def _encode(self, block: Block) -> dict[str, npt.NDArray[Any]]:
        return {
            column.name: self._encode_column(column, given)
            if (given := block.column(column.file)) is not None and len(given)
            else self._without_column(column, len(block))
            for column in INTERACTION_COLUMNS
        }

    def _without_column(self, column: InteractionColumn, n_rows: int) -> npt.NDArray[Any]:
        """What rows have that say nothing: looked up once, and not for each."""
        if not n_rows:
            return self._encode_column(column, ())
        (default,) = self._encode_column(column, (None,))
        return np.full(n_rows, default)

    def _encode_column(self, column: InteractionColumn, given: Cells) -> npt.NDArray[Any]:
        known = self._names.get(column.name)
        if known is not None:
            return codes(given, known)
        if (whole := whole_column(column.name, given)) is not None:
            return whole
        if isinstance(given, np.ndarray):
            given = given.tolist()
        numbers = looked_up(given, self._numbers[column.name])
        return np.fromiter(numbers, column.dtype, len(given))

    def _refusals(self, block: Block) -> dict[int, Refusal]:
        bad = {}
        for index, line in enumerate(block.lines):
            row = block.row(index)
            try:
                interaction_row(row, self._kind)
            except InputError as error:
                bad[index] = Refusal(line, str(error), row)
        return bad

    def _seal(self, user_ids: Sequence[str]) -> tuple[list[bytes], list[SealedBytes | None]]:
        """The refs, and the sealed ids of those that no earlier segment has."""
        if len(self._refs) >= REMEMBERED:
            self._refs.clear()
        refs: list[bytes] = []
        sealed: list[SealedBytes | None] = []
        for user_id in user_ids:
            ref = self._refs.get(user_id)
            if ref is None:
                ref = self._refs[user_id] = self._maker.ref(user_id)
                sealed.append(seal_id(self._keyring, ref, user_id))
            else:
                sealed.append(None)
            refs.append(ref)
        return refs, sealed


def codes(column: Cells, known: Codes) -> Int32Array:
    """(n,) int32 the codes of a column."""
    if known.numbers and set(map(type, column)) == {int}:
        column = list(map(as_id, column))
    if not all_text(column):
        # Whatever is not text is checked each time: as a key, True would be found for 1.
        column = [value if type(value) is str else known.check(value) for value in column]
    return np.fromiter(map(known.__getitem__, column), np.int32, len(column))


def looked_up(column: Cells, checked: CheckedTexts) -> Iterator[Any]:
    """What a check gives for each value of a column."""
    if all_text(column):
        return map(checked.__getitem__, column)
    return (checked[value] if type(value) is str else checked.check(value) for value in column)


def in_use(column: Int32Array, known: Codes) -> tuple[Int32Array, list[str]]:
    """The column and the texts without those that no row names, which stood in bad rows only."""
    counts = np.bincount(column, minlength=len(known))
    texts = [text for text, count in zip(known, counts.tolist(), strict=True) if count]
    places = np.cumsum(counts > 0, dtype=np.int32) - 1
    return places[column], texts
