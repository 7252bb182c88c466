"""Tables that an application has in memory, block by block: mappings, data frames, Arrow.

Whatever has the Arrow PyCapsule interface (`__arrow_c_stream__`) is read through pyarrow. Data
frames are read column by column where there is no pyarrow, or where Arrow cannot hold them, as with
columns of mixed types. Nothing here needs pandas or polars.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from tastemaker.errors import InputError
from tastemaker.io.block import Block, Cells, ColumnBlock, ObjectBlock, Refusal
from tastemaker.io.csv_reader import BLOCK_ROWS, check_header
from tastemaker.io.parquet_reader import as_python
from tastemaker.store.sql.statements import batches

ARROW = "__arrow_c_stream__"

UNNAMED_INDEX = "__index_level_"
"""How the names of columns begin in which pandas hands over an index without a name."""

NO_TABLE = (
    "Give an iterable of mappings of column names to values, or a data frame (pandas, polars, "
    "Arrow)."
)


class ArrowTable(Protocol):
    """What can be read as Arrow: frames of pandas and polars, tables of pyarrow, DuckDB, …"""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A PyCapsule with the rows."""


TableRows: TypeAlias = Iterable[Mapping[str, object]] | ArrowTable
"""Rows that an application gives: mappings, or a table of columns."""


class Table(NamedTuple):
    """A table, read once.

    Attributes:
        names: the names of its columns; empty where every row has its own.
        blocks: its rows, each with its number, from 0.
    """

    names: tuple[str, ...]
    blocks: Iterator[Block]


def read_table(rows: object, required: Sequence[str], used: Sequence[str] = ()) -> Table:
    """The rows of a table.

    Args:
        rows: see `TableRows`.
        required: columns that it must have.
        used: columns that are read; all of them where none is given.

    Raises:
        InputError: it is no table, or lacks a column.
    """
    if hasattr(rows, ARROW):
        reader = arrow_reader(rows)
        if reader is not None:
            names = checked_names(reader.schema.names, required)
            return Table(names, arrow_blocks(reader, chosen(names, used)))
    if is_frame(rows):
        frame: Any = rows
        names = checked_names(list(frame.columns), required)
        return Table(names, frame_blocks(frame, chosen(names, used)))
    if hasattr(rows, ARROW):
        raise InputError(
            f"The {type(rows).__name__} cannot be read as Arrow. Tables other than data frames "
            "need pyarrow (`pip install 'tastemaker[parquet]'`), and columns of one type each."
        )
    if isinstance(rows, str | bytes | Mapping) or not isinstance(rows, Iterable):
        raise InputError(f"The rows are a {type(rows).__name__}. {NO_TABLE}")
    return Table((), mapping_blocks(rows))


def checked_names(names: Sequence[object], required: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns, without those of an index that has no name.

    Raises:
        InputError: one is no text, ill-formed or there twice, or a required one is missing.
    """
    texts = [name for name in names if isinstance(name, str)]
    if len(texts) < len(names):
        raise InputError("A column of the table has a name that is no text. Rename it.")
    kept = tuple(name for name in texts if not name.startswith(UNNAMED_INDEX))
    try:
        check_header(kept or ("",), required)
    except InputError as error:
        reason = str(error).rstrip(".")
        raise InputError(f"The table is refused: {reason}. Rename its columns.") from None
    return kept


def chosen(names: Sequence[str], used: Sequence[str]) -> list[str]:
    """The columns that are read."""
    return [name for name in names if not used or name in used]


def arrow_reader(rows: object) -> Any:
    """A reader of what has that interface; None without pyarrow, or where Arrow cannot hold it."""
    try:
        import pyarrow
    except ModuleNotFoundError:
        return None
    try:
        return pyarrow.RecordBatchReader.from_stream(rows)
    except (pyarrow.ArrowException, ImportError, NotImplementedError, TypeError):
        return None


def arrow_blocks(reader: Any, names: Sequence[str]) -> Iterator[ColumnBlock]:
    """The rows of a stream of record batches."""
    first = 0
    for batch in reader:
        whole = {name: decoded(batch.column(name)) for name in names}
        for start in range(0, batch.num_rows, BLOCK_ROWS):
            end = min(start + BLOCK_ROWS, batch.num_rows)
            columns = {name: cells(column[start:end]) for name, column in whole.items()}
            yield ColumnBlock(range(first + start, first + end), columns)
        first += batch.num_rows


def decoded(column: Any) -> Any:
    """An Arrow column as it is; the values of one that holds numbers of them (a category)."""
    import pyarrow

    if not pyarrow.types.is_dictionary(column.type):
        return column
    values = as_python(pyarrow, column.dictionary)
    return [None if place is None else values[place] for place in column.indices.to_pylist()]


def cells(column: Any) -> Cells:
    """The values of an Arrow column: as an array where they are numbers or times, all there."""
    import pyarrow

    if isinstance(column, list):
        return column
    types, own = pyarrow.types, column.type
    if column.null_count:
        return as_python(pyarrow, column)
    if types.is_integer(own) or types.is_floating(own) or types.is_date(own):
        array: Cells = column.to_numpy(zero_copy_only=False)
        return array.astype("datetime64[us]") if types.is_date(own) else array  # type: ignore[union-attr]
    if types.is_timestamp(own):
        micro = column.cast(pyarrow.timestamp("us", tz=own.tz), safe=False)
        times: Cells = micro.cast(pyarrow.int64()).to_numpy().view("datetime64[us]")
        return times
    return as_python(pyarrow, column)


def is_frame(rows: object) -> bool:
    """Whether it looks like a data frame of pandas or polars."""
    return hasattr(rows, "columns") and hasattr(rows, "__getitem__") and hasattr(rows, "__len__")


def frame_blocks(frame: Any, names: Sequence[str]) -> Iterator[ColumnBlock]:
    """The rows of a data frame, by its own means."""
    by_place = getattr(frame, "iloc", frame)
    for first in range(0, len(frame), BLOCK_ROWS):
        part = by_place[first : first + BLOCK_ROWS]
        columns = {name: series_cells(part[name]) for name in names}
        yield ColumnBlock(range(first, first + len(part)), columns)


def series_cells(series: Any) -> list[Any]:
    """The values of one column of a data frame; None where pandas says that there is none."""
    values: list[Any] = series.to_list()
    if not hasattr(series, "isna"):
        return values
    missing = series.isna().to_list()
    return [None if out else value for value, out in zip(values, missing, strict=True)]


def mapping_blocks(rows: Iterable[object]) -> Iterator[ObjectBlock]:
    """Mappings, some at a time; whatever is none is refused."""
    first = 0
    for batch in batches(rows, BLOCK_ROWS):
        refused = [
            Refusal(first + place, f"it is a {type(row).__name__}. {NO_TABLE}", ())
            for place, row in enumerate(batch)
            if not isinstance(row, Mapping)
        ]
        objects = [row for row in batch if isinstance(row, Mapping)]
        yield ObjectBlock(range(first, first + len(objects)), objects, refused)
        first += len(batch)
