"""What a package brings: its recommenders and re-rankers, and the checks of each."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec

from tastemaker.errors import NotFoundError
from tastemaker.plugin.announced import GROUP
from tastemaker.plugin.discovery import Plugin, PluginSource, plugins_of
from tastemaker.plugin.guard import attempt
from tastemaker.plugin.registry import Registry
from tastemaker.testing.contract import recommender_steps
from tastemaker.testing.demands import demand
from tastemaker.testing.outcomes import Step
from tastemaker.testing.reranker_contract import reranker_steps
from tastemaker.testing.speed import speed_of
from tastemaker.testing.subject import Subject

FOUND = "It can be imported, has a name of its own, and what it needs is installed."

NO_PLUGINS = (
    "{package} is installed, but announces no plugin. Add [project.entry-points.{group}] to its "
    "pyproject.toml, as `tastemaker plugins new` does, and install it again."
)
NOWHERE = (
    "There is no installed package and no module {package!r}. Install it, such as with "
    "`pip install --editable .` in its folder."
)


def plugins_in(package: str) -> list[Plugin]:
    """What an installed distribution, or a module that can be imported, brings.

    Raises:
        NotFoundError: there is none of that name, or it announces nothing.
    """
    found = [one for one in Registry().plugins if _same(one.distribution, package)]
    if found:
        return found
    if _is_installed(package):
        raise NotFoundError(NO_PLUGINS.format(package=package, group=GROUP))
    sys.path.insert(0, os.getcwd())
    if not re.fullmatch(r"\w+(\.\w+)*", package) or attempt(lambda: find_spec(package))[0] is None:
        raise NotFoundError(NOWHERE.format(package=package))
    module, problem = attempt(lambda: import_module(package))
    source = PluginSource(package)
    if problem:
        return [source.failed(f"cannot be imported: {problem}")]
    return plugins_of(module, source)


def steps_for(plugin: Plugin) -> tuple[list[Step], Callable[[], str]]:
    """The checks of one plugin, and what measures it once they have passed."""
    if plugin.state == "enabled" and plugin.extension is not None:
        return [Step("check_found", FOUND, lambda: None)], lambda: ""
    if plugin.state != "enabled" or plugin.provided is None:
        problem = f"{plugin.name} {plugin.problem}."
        return [Step("check_found", FOUND, partial(demand, False, problem))], lambda: ""
    if plugin.reranker is not None:
        return reranker_steps(plugin.reranker), lambda: ""
    assert plugin.recommender is not None
    subject = Subject(plugin.recommender)
    return recommender_steps(subject), lambda: speed_of(subject).text()


def _same(one: str, other: str) -> bool:
    """Whether two names mean the same distribution, as pip reads them."""
    return _canonical(one) == _canonical(other)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except (PackageNotFoundError, ValueError):
        return False
    return True
