from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tastemaker.errors import FileRefusedError, InputError
from tastemaker.io.readers import read_blocks
from tastemaker.io.source import LINE_BYTES, FileFormat, open_input

Write = Callable[[str, str | bytes], Path]
Rows = list[tuple[int, dict[str, object]]]


def rows_of(path: Path, form: FileFormat | None = None) -> tuple[Rows, list[tuple[int, str]]]:
    """The rows of a file with their lines, and the lines refused with their reasons."""
    rows: Rows = []
    refused: list[tuple[int, str]] = []
    with open_input(path, form) as source:
        for block in read_blocks(source, ("item_id",)):
            rows.extend((line, block.row(index)) for index, line in enumerate(block.lines))
            refused.extend((refusal.line, refusal.reason) for refusal in block.refused)
    return rows, refused


def test_a_csv_file_is_rows_by_name(write: Write) -> None:
    rows, refused = rows_of(write("a.csv", 'item_id,title\na,"Tea, green"\nb,\n'))
    assert rows == [(2, {"item_id": "a", "title": "Tea, green"}), (3, {"item_id": "b"})]
    assert refused == []


@pytest.mark.parametrize(
    "content",
    [
        "item_id\r\na\r\nb\r\n",
        "item_id\ra\rb",
        "\ufeffitem_id\na\n\n\nb\n\n",
        " item_id ,rejected_line,rejected_reason\na,3,bad\nb,4,bad",
    ],
)
def test_line_ends_marks_blanks_and_reasons_do_not_matter(write: Write, content: str) -> None:
    rows, refused = rows_of(write("a.csv", content))
    assert [row for _, row in rows] == [{"item_id": "a"}, {"item_id": "b"}]
    assert refused == []


def test_a_row_of_several_lines_counts_from_its_first(write: Write) -> None:
    content = 'item_id,text\na,"one\ntwo\r\nthree\rfour"\n\nb,x\nc,d,e\nf,"\n"\ng,x\n'
    rows, refused = rows_of(write("a.csv", content))
    assert [line for line, _ in rows] == [2, 7, 9, 11]
    assert [line for line, _ in refused] == [8]


def test_rows_that_are_none_are_named(write: Write) -> None:
    content = 'item_id,title\na\nb,x,y\nc,"x"y\nd,"x"\n'
    rows, refused = rows_of(write("a.csv", content))
    assert rows == [(5, {"item_id": "d", "title": "x"})]
    assert {line for line, _ in refused} == {2, 3, 4}
    assert "which has 2" in refused[-1][1]
    assert "quote" in dict(refused)[4]


def test_rows_before_a_bad_one_are_kept_over_many_blocks(write: Write) -> None:
    lines = [f"i{number}" if number % 777 else 'x"y"z,"a"b' for number in range(5000)]
    rows, refused = rows_of(write("a.csv", "item_id,t\n" + "".join(f"{row},\n" for row in lines)))
    assert len(rows) + len(refused) == 5000
    assert {line - 2 for line, _ in refused} == set(range(0, 5000, 777))
    for line, row in rows:
        assert row["item_id"] == f"i{line - 2}"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "no header"),
        ("title\n", "no column item_id among the 1, only title"),
        ("item_id;title\n", "separated by commas"),
        ("item_id,,x\n", "column 2 of the header has no name"),
        ("item_id,a,a\n", "columns 2 and 3 of the header are named alike"),
        ("item_id,\0\n", "NUL"),
        ('item_id,"a', "does not end|unexpected end"),
        (",".join(["item_id", *map(str, range(1000))]), "1001 columns"),
        ("item_id,\udcff\n", "UTF-8"),
    ],
)
def test_a_bad_header_refuses_the_file(write: Write, header: str, reason: str) -> None:
    path = write("a.csv", header.encode("utf-8", "surrogateescape"))
    with pytest.raises(FileRefusedError, match=reason) as caught:
        rows_of(path)
    assert caught.value.line == 1
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith("Correct the header.")


def test_utf_16_is_refused(write: Write) -> None:
    with pytest.raises(FileRefusedError, match="UTF-8"):
        rows_of(write("a.csv", "item_id\na\n".encode("utf-16")))


def test_a_quote_that_never_ends_refuses_the_file(write: Write) -> None:
    with pytest.raises(FileRefusedError, match="quotes do not end"):
        rows_of(write("a.csv", 'item_id\n"a\n' + "b\n" * 100_000))


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_an_endless_line_is_refused_without_being_held(write: Write, name: str) -> None:
    path = write(f"{name}.gz", gzip.compress(b"item_id\n" + b"x" * (50 * LINE_BYTES)))
    with pytest.raises(FileRefusedError, match="longer than"):
        rows_of(path)


def test_json_lines_are_rows(write: Write) -> None:
    content = '{"item_id": "a", "n": [1]}\n\n{"item_id": 2, "x": null, "rejected_line": 3}\n'
    rows, refused = rows_of(write("a.jsonl", content))
    assert rows == [(1, {"item_id": "a", "n": [1]}), (3, {"item_id": 2})]
    assert refused == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('"a"', "not a JSON object"),
        ("1" * 5000, "too large"),
        ("[" * 100_000, "too large|not JSON"),
        ('{"item_id": "a"} x', "not JSON: Extra data"),
    ],
)
def test_a_line_that_is_no_object_is_named(write: Write, line: str, reason: str) -> None:
    rows, refused = rows_of(write("a.ndjson", f'{{"item_id": "a"}}\n{line}\n'))
    assert len(rows) == 1
    ((number, said),) = refused
    assert number == 2
    assert pytest.importorskip("re").search(reason, said)


@pytest.mark.parametrize("packed", [False, True])
def test_parquet_is_rows(write: Write, tmp_path: Path, packed: bool) -> None:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    plain = tmp_path / "a.parquet"
    table = arrow.table({"item_id": [1, 2], "title": ["a", None], "tags": [["x"], []]})
    parquet.write_table(table, plain)
    path = write("b.parquet.gz", gzip.compress(plain.read_bytes())) if packed else plain
    rows, _ = rows_of(path)
    assert rows == [
        (1, {"item_id": 1, "title": "a", "tags": ["x"]}),
        (2, {"item_id": 2, "tags": []}),
    ]


def test_damaged_parquet_is_refused(write: Write) -> None:
    with pytest.raises(FileRefusedError, match="damaged"):
        rows_of(write("a.parquet", b"PAR1 and then nothing"))


def test_parquet_without_the_column_is_refused(tmp_path: Path) -> None:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    parquet.write_table(arrow.table({"x": [1]}), tmp_path / "a.parquet")
    with pytest.raises(FileRefusedError, match="no column item_id"):
        rows_of(tmp_path / "a.parquet")


@pytest.mark.parametrize("content", [b"", b"item_id\n"])
def test_a_truncated_gzip_file_is_refused(write: Write, content: bytes) -> None:
    whole = gzip.compress(content * 100_000 + json.dumps(list(range(5000))).encode())
    with pytest.raises((FileRefusedError, InputError), match="damaged|cannot be read"):
        rows_of(write("a.csv.gz", whole[:-20]))


def test_gzip_is_known_by_its_first_bytes(write: Write) -> None:
    rows, _ = rows_of(write("a.csv", gzip.compress(b"item_id\na\n")))
    assert rows == [(2, {"item_id": "a"})]


@pytest.mark.parametrize("name", ["a.txt", "a", "a.gz", "a.json"])
def test_an_unknown_ending_is_refused_unless_the_form_is_given(write: Write, name: str) -> None:
    path = write(name, "item_id\na\n")
    with pytest.raises(InputError, match="--format"):
        rows_of(path)
    assert rows_of(path, "csv")[0] == [(2, {"item_id": "a"})]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            rows_of(path, "csv")
