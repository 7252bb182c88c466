"""Reading Parquet, a bounded number of rows at a time; pyarrow is only loaded for it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from tastemaker.errors import FileRefusedError, InputError
from tastemaker.io.block import ColumnBlock
from tastemaker.io.csv_reader import IGNORED, check_header
from tastemaker.io.parquet_bounds import check_groups, repeated_texts, rows_at_once, texts_of
from tastemaker.io.parquet_footer import read_row_groups
from tastemaker.io.source import InputFile

IN_MEMORY_BYTES = 128 * 2**20
"""What is held of a Parquet file that comes through a pipe or gzip; chosen, not measured."""


def read_parquet(source: InputFile, required: Sequence[str]) -> Iterator[ColumnBlock]:
    """The rows of a Parquet file.

    Raises:
        InputError: pyarrow is not installed.
        FileRefusedError: it lacks a column, is damaged, or unfolds beyond all bounds.
    """
    arrow, parquet = import_pyarrow()
    try:
        stream = seekable(source)
        groups = read_row_groups(stream)
        check_groups(groups)
        metadata = parquet.read_metadata(stream)
        schema = metadata.schema.to_arrow_schema()
        texts, rows = texts_of(arrow, schema), rows_at_once(arrow, schema, groups)
        file = parquet.ParquetFile(stream, metadata=metadata, read_dictionary=texts)
        stored = [name for name in schema.names if name not in IGNORED]
        header = source.present_names(stored)
        check_header(header, required)
        first = 1
        for batch in file.iter_batches(batch_size=rows, columns=stored):
            columns = {
                name: as_python(arrow, batch.column(own))
                for name, own in zip(header, stored, strict=True)
            }
            yield ColumnBlock(range(first, first + batch.num_rows), columns)
            first += batch.num_rows
    except InputError as error:
        raise FileRefusedError(source.name, 1, str(error).rstrip(".")) from None
    except Exception as error:  # a damaged file makes pyarrow raise anything, MemoryError too
        reason = f"the file is damaged or cannot be read ({type(error).__name__})"
        raise FileRefusedError(source.name, 1, reason) from None


def import_pyarrow() -> tuple[Any, Any]:
    """pyarrow and pyarrow.parquet.

    Raises:
        InputError: they are not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise InputError(
            "Parquet files need pyarrow: run `pip install 'tastemaker[parquet]'`."
        ) from None
    return pyarrow, pyarrow.parquet


def seekable(source: InputFile) -> Any:
    """The bytes of a source in which one can go back and forth, as Parquet needs it.

    Raises:
        InputError: they come through a pipe or gzip, and are too many to be held in memory.
    """
    if source.plain:
        return source.stream
    data = source.stream.read(IN_MEMORY_BYTES + 1)
    if len(data) > IN_MEMORY_BYTES:
        raise InputError(
            f"more than {IN_MEMORY_BYTES} bytes of Parquet can only be read from a plain file"
        )
    return io.BytesIO(data)


def is_text(arrow: Any, kind: Any) -> bool:
    """Whether values of a type are text or bytes."""
    return bool(texts_of(arrow, arrow.schema([("it", kind)])))


def as_python(arrow: Any, column: Any) -> list[Any]:
    """A column as Python values; times to the microsecond.

    Raises:
        InputError: texts are too long.
    """
    if arrow.types.is_dictionary(column.type) and is_text(arrow, column.type.value_type):
        return repeated_texts(column)
    if arrow.types.is_timestamp(column.type):
        column = column.cast(arrow.timestamp("us", tz=column.type.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values
