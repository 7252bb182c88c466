"""No name with two meanings: what a module gives is defined in one module only.

A name has two meanings if two modules of the engine and the plugins define it at their top level:
as a class, a function, a constant or a type alias. Imports define nothing, and a name that begins
with an underscore is its module's own. Where two definitions mean the same, there should be one;
where they do not, one needs another name.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

HOOKS = {"tastemaker_recommenders", "tastemaker_rerankers"}
"""What pluggy looks for by name in every module of plugins."""


def is_command(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether it is a click command or group: it is named as people type it.

    So `tastemaker.cli.train.train` is the command for `tastemaker.training.train.train`, and
    `list` may be a command of several groups.
    """
    decorators = {ast.unparse(decorator).partition("(")[0] for decorator in function.decorator_list}
    return any(name.rpartition(".")[2] in {"command", "group"} for name in decorators)


def names_bound(target: ast.expr) -> Iterator[str]:
    """The names that an assignment binds."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def definitions(body: list[ast.stmt]) -> Iterator[tuple[str, int]]:
    """Each public name that the statements of a module define, and the line where."""
    for node in body:
        match node:
            case ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not is_command(node):
                    yield name, node.lineno
            case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
                pass  # means nothing outside of its module
            case ast.Assign(targets=targets):
                yield from ((name, node.lineno) for item in targets for name in names_bound(item))
            case ast.AnnAssign(target=target):
                yield from ((name, node.lineno) for name in names_bound(target))
            case ast.If(body=then, orelse=otherwise):
                yield from definitions([*then, *otherwise])
            case ast.Try(body=tried, orelse=otherwise, handlers=handlers):
                caught = [statement for handler in handlers for statement in handler.body]
                yield from definitions([*tried, *otherwise, *caught])


def with_two_meanings(modules: Mapping[Path, ast.Module]) -> dict[str, list[str]]:
    """The names that more than one module defines, and where."""
    places: dict[str, dict[Path, int]] = defaultdict(dict)
    for path, module in modules.items():
        for name, line in definitions(module.body):
            if not name.startswith("_") and name not in HOOKS:
                places[name].setdefault(path, line)
    return {
        name: [f"{path}:{line}" for path, line in lines.items()]
        for name, lines in sorted(places.items())
        if len(lines) > 1
    }


def test_no_name_has_two_meanings(modules: Mapping[Path, ast.Module]) -> None:
    assert with_two_meanings(modules) == {}


def made_up(*sources: str) -> dict[Path, ast.Module]:
    """Modules `0.py`, `1.py` and so on."""
    return {Path(f"{i}.py"): ast.parse(source) for i, source in enumerate(sources)}


def test_a_name_with_two_meanings_is_found() -> None:
    found = with_two_meanings(
        made_up(
            "class Histories: ...\nSHARE = 0.1\nif True:\n    Rows = list[int]\ndef fold(): ...",
            "def Histories(): ...\n\nSHARE: float = 0.2\nRows, other = 1, 2\nasync def fold(): ...",
        )
    )
    assert found == {
        "Histories": ["0.py:1", "1.py:1"],
        "Rows": ["0.py:4", "1.py:4"],
        "SHARE": ["0.py:2", "1.py:3"],
        "fold": ["0.py:5", "1.py:5"],
    }


def test_names_of_one_meaning_are_fine() -> None:
    found = with_two_meanings(
        made_up(
            "T = TypeVar('T')\ndef train(): ...\ndef _row(): ...\n"
            "@hookimpl\ndef tastemaker_recommenders(register): ...\n"
            "class Report:\n    SIZE = 1\n",
            "T = TypeVar('T')\nfrom other import Report\nimport train\ndef _row(): ...\n"
            "@hookimpl\ndef tastemaker_recommenders(register): ...\n"
            "def rows():\n    SIZE = 1\n",
            "@click.command(cls=Command)\n@option\ndef train(): ...\n",
            "@releases.command\ndef train(): ...\n",
        )
    )
    assert found == {}
