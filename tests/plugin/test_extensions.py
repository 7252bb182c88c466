"""Commands and metrics that plugins bring, found and named."""

from __future__ import annotations

from typing import Any

import click
import numpy as np
import pytest

from tastemaker import hookimpl
from tastemaker.errors import NotFoundError
from tastemaker.plugin.discovery import Plugin, PluginSource, plugins_of
from tastemaker.plugin.registry import Registry


@click.command()
def greet() -> None:
    """Greets."""


def precision(hits: Any, n_relevant: Any, k: int) -> Any:
    """The share of the first places that is relevant."""
    return np.zeros(len(hits))


class Brings:
    """A plugin object that brings commands and metrics."""

    def __init__(self, *commands: Any, **metrics: Any) -> None:
        self.commands, self.metrics = commands, metrics

    @hookimpl
    def tastemaker_commands(self, register: Any) -> None:
        for command in self.commands:
            register(command)

    @hookimpl
    def tastemaker_metrics(self, register: Any) -> None:
        for name, function in self.metrics.items():
            register(name, function)


def found(*commands: Any, **metrics: Any) -> list[Plugin]:
    return plugins_of(Brings(*commands, **metrics), PluginSource("brings"))


def test_each_is_a_line_of_the_listing() -> None:
    rows = [one.row() for one in found(greet, precision=precision)]
    assert [(row["name"], row["kind"], row["what_it_is"]) for row in rows] == [
        ("greet", "command", "Greets."),
        ("precision", "metric", "The share of the first places that is relevant."),
    ]
    assert {row["state"] for row in rows} == {"enabled"}


@pytest.mark.parametrize(
    ("plugin", "problem"),
    [
        (Brings(), "registers no recommender and no re-ranker"),
        (Brings(3), "register(command) takes a click command with a name, not 3"),
        (Brings(click.Command(None)), "takes a click command with a name"),
        (Brings(click.Command("Shout Out")), "takes a click command with a name"),
        (Brings(precision=3), "register(name, function) takes a name like 'precision'"),
        (Brings(**{"Not Snake": precision}), "not 'Not Snake'"),
    ],
)
def test_what_is_none_is_named(plugin: Brings, problem: str) -> None:
    (failed,) = plugins_of(plugin, PluginSource("brings"))
    assert failed.state == "failed"
    assert problem in failed.problem


def test_the_registry_has_them_apart_from_recommenders() -> None:
    registry = Registry([Brings(greet, ease=precision)], disabled=["ease"])
    assert [one.name for one in registry.extensions("command")] == ["greet"]
    assert [one.name for one in registry.extensions("metric")] == ["ease"]
    assert registry.find("ease").extension is None
    assert "ease" not in registry.enabled
    with pytest.raises(NotFoundError):
        registry.find("greet")


def test_of_two_with_one_name_the_first_is_used() -> None:
    first, second = click.Command("greet", help="One."), click.Command("greet", help="Two.")
    registry = Registry([Brings(first), Brings(second)])
    assert [one.summary for one in registry.extensions("command")] == ["One."]
