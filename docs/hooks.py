"""What the site is built with: pages that come from the code, and from files beside `docs/`.

A page asks for a part by a comment of its own line: `<!-- insert: commands -->`. The build fails
where a public name, a command or an option has no documentation.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from mkdocs.exceptions import PluginError

from tastemaker.cli import main

ROOT = Path(__file__).parents[1]
INSERT = re.compile(r"^<!-- insert: (\S+)(?: (\S+))? -->$", re.MULTILINE)
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)")

CONTRACT = ("arrays", "data", "plugin", "recommender")
"""The rooms of what a recommender is written with."""


def on_page_markdown(markdown: str, **_: object) -> str:
    """Puts the parts that a page asks for in their places."""
    return INSERT.sub(lambda found: PARTS[found[1]](found[2] or ""), markdown)


# The application programming interface


def api(package: str) -> str:
    """A directive of mkdocstrings for each public name of a package, in groups.

    Raises:
        PluginError: a name has no documentation.
    """
    module = import_module(package)
    homes: dict[str, str] = getattr(module, "_HOMES", {})
    groups: dict[str, list[str]] = {}
    for name in sorted(module.__all__, key=str.lower):
        value = getattr(module, name)
        if undocumented(value):
            raise PluginError(f"{package}.{name} has no docstring.")
        room = homes.get(name, "").partition(".")[0]
        groups.setdefault(group_of(value, room), []).append(f"::: {package}.{name}\n")
    if len(groups) == 1:
        return "\n".join(*groups.values())
    order = [title for title in GROUPS if title in groups]
    return "\n".join(f"## {title}\n\n" + "\n".join(groups[title]) for title in order)


def undocumented(value: object) -> bool:
    """Whether a class or a function has no docstring; a dataclass makes one of its signature."""
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        return False
    return not value.__doc__ or value.__doc__.startswith(f"{value.__name__}(")


GROUPS = ("The engine", "Arguments, results and helpers", "Writing a recommender", "Errors")


def group_of(value: object, room: str) -> str:
    """Where a public name stands in the reference, by the room that it comes from."""
    if inspect.isclass(value) and issubclass(value, Exception):
        return "Errors"
    if room == "engine":
        return "The engine"
    return "Writing a recommender" if room in CONTRACT else "Arguments, results and helpers"


# The commands


def commands(_: str) -> str:
    """A section for each command: its help, its usage and its options.

    Raises:
        PluginError: a command or an option has no help.
    """
    root = click.Context(main, info_name="tastemaker")
    sections = [section(context) for context in contexts(root) if context is not root]
    return "\n".join(line for lines in sections for line in lines)


def contexts(context: click.Context) -> Iterator[click.Context]:
    """The command and all below it, each as if it were called."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            assert command is not None
            yield from contexts(click.Context(command, info_name=name, parent=context))


def section(context: click.Context) -> Iterator[str]:
    """What is to be read of one command."""
    command = context.command
    depth = context.command_path.count(" ") + 1
    if not command.help:
        raise PluginError(f"The command `{context.command_path}` has no help.")
    yield f"{'#' * depth} {context.command_path.removeprefix('tastemaker ')}\n"
    yield f"```text\n{command.get_usage(context).removeprefix('Usage: ')}\n```\n"
    yield from paragraphs(inspect.cleandoc(command.help))
    yield from option_rows([one for one in command.params if isinstance(one, click.Option)])


def paragraphs(help: str) -> Iterator[str]:
    """A command's help; what click leaves as it is typed becomes a block of its own."""
    for paragraph in help.split("\n\n"):
        first, _, rest = paragraph.partition("\n")
        if first.strip() != "\b":
            yield f"{paragraph}\n"
        elif rest.startswith(("Example:\n", "Examples:\n")):
            title, _, examples = rest.partition("\n")
            yield f"{title}\n\n```text\n{inspect.cleandoc(examples)}\n```\n"
        else:
            yield f"```text\n{rest}\n```\n"


def option_rows(options: Sequence[click.Option]) -> Iterator[str]:
    """A table of a command's options, or nothing where it has none."""
    if options:
        yield "| option | what it does |\n|---|---|"
        yield from map(option_row, options)
        yield ""


def option_row(option: click.Option) -> str:
    """An option's names, what it takes, and its help."""
    if not option.help:
        raise PluginError(f"The option {option.opts[0]} has no help.")
    context = click.Context(click.Command("none"))
    names, help = option.get_help_record(context) or ("", "")
    return f"| {escaped(f'`{names}`')} | {escaped(help)} |"


def escaped(text: str) -> str:
    """Text that does not end a cell of a table."""
    return text.replace("|", r"\|")


# Files beside `docs/`


def file(name: str) -> str:
    """A Markdown file of the repository's root, its links as they are seen from a page's folder."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return LINK.sub(lambda found: f"]({moved(found[1])}", text)


def moved(target: str) -> str:
    """A link from the root, as a page directly under `docs/` has it."""
    return "contributing.md" if target == "CONTRIBUTING.md" else target.removeprefix("docs/")


PARTS: dict[str, Callable[[str], Any]] = {"api": api, "commands": commands, "file": file}
