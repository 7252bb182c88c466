"""What a reader gives: some rows, by column or one by one, each with the line it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Cells: TypeAlias = Sequence[Any] | npt.NDArray[Any]
"""A column: whatever a file or a table has, or numbers and times as an array."""


class Refusal(NamedTuple):
    """A row that cannot be taken.

    Attributes:
        line: where it begins in the file, from 1; in a Parquet file the number of the row; in a
            table that an application gives the same, from 0.
        reason: what is wrong with it.
        row: what stood there: fields by position (CSV), by name, or the text itself.
    """

    line: int
    reason: str
    row: Sequence[Any] | Mapping[str, Any] | str


@dataclass(frozen=True)
class ColumnBlock:
    """Rows that all have the same columns.

    Attributes:
        lines: the line of each row.
        columns: for each name the rows' values; None where a row has none.
        refused: rows that are not even rows.
    """

    lines: Sequence[int]
    columns: Mapping[str, Cells]
    refused: Sequence[Refusal] = ()

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def names(self) -> Sequence[str]:
        """The names of the columns."""
        return tuple(self.columns)

    def column(self, name: str) -> Cells | None:
        """The values of a column; None where the file does not have it."""
        return self.columns.get(name)

    def row(self, index: int) -> dict[str, Any]:
        """One row by name, without what it does not have."""
        fields = ((name, plain(column[index])) for name, column in self.columns.items())
        return {name: value for name, value in fields if value is not None}

    def take(self, rows: Sequence[int]) -> ColumnBlock:
        """Only some of the rows."""
        columns = {
            name: [plain(column[row]) for row in rows] for name, column in self.columns.items()
        }
        return ColumnBlock([self.lines[row] for row in rows], columns)


@dataclass(frozen=True)
class ObjectBlock:
    """Rows each of which has names of its own; see `ColumnBlock`.

    Not turned into columns for good: rows that share no name would make as many columns as rows.
    """

    lines: Sequence[int]
    objects: Sequence[Mapping[str, Any]]
    refused: Sequence[Refusal] = ()

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def names(self) -> Sequence[str]:
        """None: every row has its own."""
        return ()

    def column(self, name: str) -> Cells | None:
        """The values of a column."""
        return [row.get(name) for row in self.objects]

    def row(self, index: int) -> dict[str, Any]:
        """One row by name, without what it does not have."""
        return {name: value for name, value in self.objects[index].items() if value is not None}

    def take(self, rows: Sequence[int]) -> ObjectBlock:
        """Only some of the rows."""
        return ObjectBlock([self.lines[row] for row in rows], [self.objects[row] for row in rows])


def plain(value: Any) -> Any:
    """A value as Python has it."""
    return value.item() if isinstance(value, np.generic) else value


Block: TypeAlias = ColumnBlock | ObjectBlock
