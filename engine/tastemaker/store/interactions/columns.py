"""The columns of an interaction, each described once.

From here follow the SQL that reads and writes interactions, the arrays in memory, the segments and
the spool of an import, and the columns of files. A new column takes a line in `InteractionColumns`,
its check in `InteractionRow` (what may come in), and the table with its migration.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from tastemaker.data import Float64Array, Int64Array
from tastemaker.store.sql.number_table import Arrays, NumberColumn, NumberTable
from tastemaker.store.sql.tables import interaction, kind
from tastemaker.validation import DEFAULT_VALUE, UNTIMED, check_time, check_value


@dataclass(frozen=True)
class InteractionColumn(NumberColumn):
    """One column of an interaction, wherever it appears.

    Attributes:
        row: its field in `InteractionRow`.
        file: its name in files.
        check: reads a value from a file, and raises InputError; None where the column holds ids of
            users, items or kinds, which are looked up by name.
        missing: the value of rows that have none.
    """

    row: str = ""
    file: str = ""
    check: Callable[[object], float] | None = None
    missing: float = 0

    def checked(self, value: Any) -> Any:
        """The number of a value from a file; None stands for a value that is missing.

        Raises:
            InputError: the value is refused.
        """
        if value is None:
            return self.missing
        return value if self.check is None else self.check(value)


def column_field(
    name: str,
    stored: type[np.number[Any]],
    *,
    row: str,
    file: str,
    check: Callable[[object], float] | None = None,
    missing: float = 0,
    only_of: str = "",
) -> Any:
    """A field of `InteractionColumns`.

    Args:
        name: the column in the table.
        stored: its type there; in memory whole numbers are int64.
        row: see `InteractionColumn`; `file`, `check` and `missing` likewise.
        file: its name in files.
        check: reads a value from a file.
        missing: the value of rows that have none.
        only_of: see `NumberColumn`.
    """
    dtype = np.dtype(stored if issubclass(stored, np.floating) else np.int64)
    column = InteractionColumn(name, dtype, np.dtype(stored), only_of, row, file, check, missing)
    return dataclasses.field(metadata={"column": column})


@dataclass(frozen=True)
class InteractionColumns:
    """Interactions as columns of equal length.

    Attributes:
        user_keys: (n,) int64 keys of the users.
        item_keys: (n,) int64 keys of the items.
        kind_keys: (n,) int64 keys of the kinds.
        values: (n,) float64.
        times: (n,) int64 microseconds since 1970 UTC; `UNTIMED` where not known.
    """

    user_keys: Int64Array = column_field("user_id", np.int64, row="user_id", file="user_id")
    item_keys: Int64Array = column_field("item_id", np.int64, row="item_id", file="item_id")
    kind_keys: Int64Array = column_field(
        "kind_id", np.int32, row="kind", file="kind", only_of=kind.name
    )
    values: Float64Array = column_field(
        "value", np.float64, row="value", file="value", check=check_value, missing=DEFAULT_VALUE
    )
    times: Int64Array = column_field(
        "time", np.int64, row="time", file="timestamp", check=check_time, missing=UNTIMED
    )

    def __len__(self) -> int:
        return len(self.user_keys)

    @property
    def arrays(self) -> Arrays:
        """The columns in the order of `columns_of`."""
        return tuple(getattr(self, field.name) for field in dataclasses.fields(self))

    def take(self, rows: Int64Array | slice) -> Self:
        """The chosen rows."""
        return type(self)(*(array[rows] for array in self.arrays))


def columns_of(described_by: type[InteractionColumns]) -> tuple[InteractionColumn, ...]:
    """The columns that a class describes, in the order of its fields."""
    fields = dataclasses.fields(described_by)
    return tuple(field.metadata["column"] for field in fields)


def table_of(columns: Sequence[InteractionColumn]) -> NumberTable:
    """The table of interactions with these columns."""
    key = tuple(column.name for column in interaction.primary_key)
    return NumberTable(interaction.name, tuple(columns), key)


INTERACTION_COLUMNS = columns_of(InteractionColumns)
"""The columns, in the order in which arrays of them are given."""

INTERACTIONS = table_of(INTERACTION_COLUMNS)
"""The table, as it is written and read."""

FILE_COLUMNS = tuple(column.file for column in INTERACTION_COLUMNS)
"""What a file holds of an interaction."""
