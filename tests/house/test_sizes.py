"""How large files and functions may become."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple, TypeAlias

ROOT = Path(__file__).parents[2]
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

LONGEST_FILE = 300
MEDIAN_FILE = 130
P90_FUNCTION = 16


class Length(NamedTuple):
    """How many lines a function has, and where it is."""

    lines: int
    place: str


def file_lengths(modules: Mapping[Path, ast.Module]) -> list[Length]:
    """The number of lines of each file, all of them counted, the longest first."""
    lengths = (
        Length(len((ROOT / path).read_text(encoding="utf-8").splitlines()), str(path))
        for path in modules
    )
    return sorted(lengths, reverse=True)


def docstring_lines(function: Function) -> int:
    """How many lines the docstring takes; 0 without one."""
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is None:
        return 0
    return (first.end_lineno or first.lineno) - first.lineno + 1


def function_lengths(modules: Mapping[Path, ast.Module]) -> list[Length]:
    """The number of lines of each function and method, the longest first.

    Counted from the line of `def` to the last line of the body: the signature, comments and blank
    lines count, decorators and the docstring do not. What is nested counts for itself, and for the
    function around it.
    """
    lengths = (
        Length(
            (node.end_lineno or node.lineno) - node.lineno + 1 - docstring_lines(node),
            f"{path}:{node.lineno} {node.name}",
        )
        for path, module in modules.items()
        for node in ast.walk(module)
        if isinstance(node, Function)
    )
    return sorted(lengths, reverse=True)


def longest(lengths: list[Length], most: int = 15) -> str:
    """The longest ones, to be read in the message of a failed test."""
    return "\n".join(f"{lines:4} {place}" for lines, place in lengths[:most])


def test_no_file_is_too_long(modules: Mapping[Path, ast.Module]) -> None:
    too_long = [length for length in file_lengths(modules) if length.lines > LONGEST_FILE]
    assert not too_long, longest(too_long)


def test_files_are_short_at_the_median(modules: Mapping[Path, ast.Module]) -> None:
    lengths = file_lengths(modules)
    assert median(length.lines for length in lengths) <= MEDIAN_FILE, longest(lengths)


def test_nine_in_ten_functions_are_short(modules: Mapping[Path, ast.Module]) -> None:
    lengths = function_lengths(modules)
    p90 = quantiles([length.lines for length in lengths], n=10, method="inclusive")[-1]
    assert p90 <= P90_FUNCTION, f"p90 is {p90}; the longest:\n{longest(lengths)}"


def test_a_docstring_and_decorators_do_not_count() -> None:
    source = '''
        @decorated
        @twice
        def four(
            number: int,
        ) -> int:
            """It takes

            three lines."""
            return number

        class Holder:
            def two(self) -> None:
                def one() -> None: ...
    '''
    module = ast.parse(textwrap.dedent(source))
    counted = function_lengths({Path("made_up.py"): module})
    assert [(lines, place.split()[-1]) for lines, place in counted] == [
        (4, "four"),
        (2, "two"),
        (1, "one"),
    ]
