"""A stranger's commands, one of which fails and one has a taken name, and a metric."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from tastemaker import hookimpl


@click.command()
@click.argument("name")
def greet(name: str) -> None:
    """Greets NAME."""
    click.echo(f"Hello, {name}!")


@click.group()
def odd() -> None:
    """Does odd things."""


@odd.command()
def fall() -> None:
    """Falls over."""
    raise RuntimeError("over a stone")


@click.command("train")
def taken() -> None:
    """Takes the place of another."""
    click.echo("not trained")


def precision(hits: Any, n_relevant: Any, k: int) -> Any:
    """The share of the first places that is relevant."""
    return hits[:, :k].mean(axis=1)


@hookimpl
def tastemaker_commands(register: Callable[[click.Command], object]) -> None:
    """Brings the commands."""
    for command in (greet, odd, taken):
        register(command)


@hookimpl
def tastemaker_metrics(register: Callable[[str, Any], object]) -> None:
    """Brings the metric."""
    register("precision", precision)
