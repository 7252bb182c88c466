"""The reference is whole: every public name, every command and every option is explained in it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from tastemaker.cli import main

PACKAGES = ("tastemaker", "tastemaker.testing", "tastemaker.django")
NAMES = [(package, name) for package in PACKAGES for name in import_module(package).__all__]


def commands(context: click.Context) -> Iterator[click.Context]:
    """The command and all below it."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            assert command is not None
            yield from commands(click.Context(command, info_name=name, parent=context))


COMMANDS = list(commands(click.Context(main, info_name="tastemaker")))


def members(value: type) -> Iterator[tuple[str, object]]:
    """The public methods and properties that a class of ours defines."""
    for name, member in vars(value).items():
        inner = getattr(member, "__func__", member)
        if not name.startswith("_") and (inspect.isfunction(inner) or isinstance(inner, property)):
            yield name, inner


@pytest.mark.parametrize(("package", "name"), NAMES)
def test_every_public_name_is_documented(package: str, name: str) -> None:
    value = getattr(import_module(package), name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__doc__
        # what a dataclass or a named tuple makes of its signature is no documentation
        assert not value.__doc__.startswith(f"{name}(")
    if inspect.isclass(value):
        bare = [name for name, member in members(value) if not member.__doc__]
        assert bare == []


@pytest.mark.parametrize("context", COMMANDS, ids=lambda context: str(context.command_path))
def test_every_command_and_option_has_help(context: click.Context) -> None:
    assert context.command.help
    options = [one for one in context.command.params if isinstance(one, click.Option)]
    assert [one.opts for one in options if not one.help] == []


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    pages = {
        "tastemaker": "api",
        "tastemaker.testing": "testing",
        "tastemaker.django": "django",
    }
    texts = {
        package: text_of(site / "reference" / f"{page}.html") for package, page in pages.items()
    }
    assert [name for package, name in NAMES if f'id="{package}.{name}"' not in texts[package]] == []


def test_every_command_and_option_is_in_the_reference(site: Path) -> None:
    text = re.sub("<[^>]+>", "", text_of(site / "reference" / "commands.html"))
    for context in COMMANDS[1:]:
        assert context.command.get_usage(context).split("\n")[0].removeprefix("Usage: ") in text
        options = [one for one in context.command.params if isinstance(one, click.Option)]
        assert [one.opts for one in options if one.opts[0] not in text] == []


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")
