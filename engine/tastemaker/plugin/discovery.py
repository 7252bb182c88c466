"""What a plugin provides: recommenders and re-rankers, or the reason why there are none."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Literal

import pluggy

from tastemaker.json_types import Json
from tastemaker.plugin import hookspecs
from tastemaker.plugin.extensions import Extension, command, file_format, metric
from tastemaker.plugin.faults import recommender_fault, reranker_fault
from tastemaker.plugin.guard import attempt
from tastemaker.recommender import API_VERSION, Recommender
from tastemaker.reranker import Reranker
from tastemaker.settings import allowed_values

HOOKS = (
    "tastemaker_recommenders(register), tastemaker_rerankers(register), "
    "tastemaker_commands(register), tastemaker_file_formats(register) and "
    "tastemaker_metrics(register)"
)
"""The hooks that there are, as messages name them."""

OWN_DISTRIBUTION = "tastemaker"
"""The distribution of the engine's own plugins."""


def why_on_request(kind: type[Recommender]) -> str:
    """Why a recommender is trained on request alone; empty where training takes it along.

    Privacy costs quality, which somebody must want, whether the plugin says so or not.
    """
    return kind.on_request or ("private" if kind.private else "")


@dataclass(frozen=True)
class Plugin:
    """One recommender or re-ranker that was found, or a plugin that provides none of use.

    Attributes:
        name: its name, or the entry point's where there is neither.
        family: the recommender's family; empty where there is no recommender.
        distribution: the installed package it comes from, or "application".
        version: the version of that package.
        state: "enabled", "disabled" (by configuration), "unavailable" (training it needs modules
            that are not installed; trained ones score all the same) or "failed".
        problem: what is wrong, in words; empty where nothing is.
        recommender: the recommender's class, where there is one.
        chosen: the settings that differ from its defaults, by configuration.
        entry_point: the name under which its package announces it; empty for an application's.
        reranker: the re-ranker's class, where there is one.
        extension: the command, the metric or the file format, where it is one.
        isolated: whether the recommender works in a process of its own.
    """

    name: str
    family: str
    distribution: str
    version: str
    state: Literal["enabled", "disabled", "unavailable", "failed"]
    problem: str = ""
    recommender: type[Recommender] | None = None
    chosen: Mapping[str, Json] = field(default_factory=dict)
    entry_point: str = ""
    reranker: type[Reranker] | None = None
    extension: Extension | None = None
    isolated: bool = False

    @property
    def needs_threads(self) -> bool:
        """Whether its calls are limited by threads: not where it is trusted, or a process does."""
        return self.distribution != OWN_DISTRIBUTION and not self.isolated

    @property
    def kind(self) -> str:
        """What it is: "recommender", "re-ranker", "command", …; nothing where it failed."""
        if self.extension is not None:
            return self.extension.kind
        if self.reranker is not None:
            return "re-ranker"
        return "" if self.recommender is None else "recommender"

    @property
    def provided(self) -> type[Recommender] | type[Reranker] | None:
        """The class of the recommender or re-ranker, where there is one."""
        return self.recommender or self.reranker

    @property
    def origin(self) -> str:
        """The package and its version."""
        return f"{self.distribution} {self.version}".rstrip()

    @property
    def uses_features(self) -> bool:
        """Whether it looks at what people declared of themselves."""
        return self.provided is not None and self.provided.uses_features

    @property
    def uses_dislikes(self) -> bool:
        """Whether its scores of a person depend on what the person dislikes."""
        return self.recommender is not None and self.recommender.uses_dislikes

    @property
    def former_names(self) -> tuple[str, ...]:
        """Names that it had before; those of a class it derives from do not count."""
        own = {} if self.provided is None else vars(self.provided)
        return tuple(own.get("former_names", ()))

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        if self.extension is not None:
            return self.extension.summary
        if self.provided is None:
            return ""
        line, _, _ = (self.provided.__doc__ or "").strip().partition("\n")
        return str(vars(self.provided).get("summary") or line)

    def configured(self, settings: Mapping[str, Json]) -> Plugin:
        """The same with settings that differ from the defaults, by present or former names."""
        if self.provided is not None:
            settings = self.provided.settings_type.renamed(settings)
        return dataclasses.replace(self, chosen=settings)

    def trained(self, problem: str | None, wanted: bool = False) -> Plugin:
        """The same with what went wrong in the last training, or why it takes no part in any.

        Args:
            problem: what went wrong; nothing if None.
            wanted: whether it was switched on by name.
        """
        if self.state != "enabled":
            return self
        why = "" if self.recommender is None else why_on_request(self.recommender)
        if why and not (wanted or self.chosen):
            how = f"`tastemaker plugins enable {self.name}`, or name it to `train`"
            return dataclasses.replace(self, problem=f"{why}, so trained on request: {how}")
        if not problem:
            return self
        return dataclasses.replace(self, problem=f"in the last training: {problem}")

    def row(self) -> dict[str, str]:
        """Its attributes as text, for a listing."""
        names = ("name", "kind", "family", "distribution", "version", "state", "problem")
        described = {
            "what_it_is": self.summary,
            "settings": self.settings,
            "uses_dislikes": "yes" if self.uses_dislikes else "",
            "isolated": "yes" if self.isolated else "",
        }
        return {name: getattr(self, name) for name in names} | described

    @property
    def settings(self) -> str:
        """Its settings as they are now: "half_life=6.0, max_items=12000"."""
        if self.provided is None:
            return ""
        entries = dataclasses.fields(self.provided.settings_type)
        values = {**{entry.name: entry.default for entry in entries}, **self.chosen}
        return ", ".join(f"{name}={value}" for name, value in values.items())

    def setting_rows(self) -> list[dict[str, Json]]:
        """A row for each setting: its value now, its default, what is allowed, what it does."""
        if self.provided is None:
            return []
        rows = []
        for entry in dataclasses.fields(self.provided.settings_type):
            default: Json = entry.default  # type: ignore[assignment]  # every setting has one
            row: dict[str, Json] = {
                "setting": entry.name,
                "value": self.chosen.get(entry.name, default),
                "default": default,
                "allowed": allowed_values(entry),
                "meaning": str(entry.metadata.get("help", "")),
            }
            rows.append(row)
        return rows


@dataclass(frozen=True)
class PluginSource:
    """Where a plugin was found: the entry point's name, the package, and its version."""

    name: str
    distribution: str = "application"
    version: str = ""

    def failed(self, problem: str, name: str = "") -> Plugin:
        """A plugin that cannot be used, and why."""
        return Plugin(name or self.name, "", self.distribution, self.version, "failed", problem)


def plugins_of(given: object, source: PluginSource) -> list[Plugin]:
    """What a plugin provides; where that is nothing, one failed entry and why.

    Args:
        given: the class of a recommender or re-ranker, or anything that implements the hooks.
        source: where it was found.
    """
    found, problem = attempt(lambda: _plugins_of(given, source))
    return [source.failed(problem)] if found is None else found


def _plugins_of(given: object, source: PluginSource) -> list[Plugin]:
    version = getattr(given, "TASTEMAKER_API", API_VERSION)
    if version != API_VERSION:
        return [
            source.failed(
                f"is written for version {version!r} of the plugin interface; "
                f"this engine has version {API_VERSION}"
            )
        ]
    if isinstance(given, type) and issubclass(given, Recommender):
        return [_checked_recommender(given, source)]
    if isinstance(given, type) and issubclass(given, Reranker):
        return [_checked_reranker(given, source)]
    registered = _Registered()
    _, problem = attempt(lambda: _call_hooks(given, source.name, registered))
    if problem:
        return [source.failed(problem)]
    found = [_checked_recommender(kind, source) for kind in registered.recommenders]
    found += [_checked_reranker(kind, source) for kind in registered.rerankers]
    found += [_checked_extension(one, source) for one in registered.extensions]
    return found or [source.failed("registers no recommender and no re-ranker")]


@dataclass(frozen=True)
class _Registered:
    """What the hooks of one plugin registered."""

    recommenders: list[object] = field(default_factory=list)
    rerankers: list[object] = field(default_factory=list)
    extensions: list[Extension] = field(default_factory=list)


def _call_hooks(given: object, name: str, registered: _Registered) -> None:
    # a manager for each plugin: what one of them breaks, none of the others notices
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(given, name)
    hooks = manager.hook
    if unknown := sorted(name for name, hook in vars(hooks).items() if not hook.has_spec()):
        raise TypeError(f"there is no hook {', '.join(unknown)}; the hooks are {HOOKS}")
    if not any(hook.get_hookimpls() for hook in vars(hooks).values()):
        raise TypeError(f"no hook was found; mark a function with @tastemaker.hookimpl: {HOOKS}")
    hooks.tastemaker_recommenders(register=registered.recommenders.append)
    hooks.tastemaker_rerankers(register=registered.rerankers.append)
    add = registered.extensions.append
    hooks.tastemaker_commands(register=lambda given: add(command(given)))
    hooks.tastemaker_file_formats(register=lambda name, function: add(file_format(name, function)))
    hooks.tastemaker_metrics(register=lambda name, function: add(metric(name, function)))


def _checked_recommender(kind: object, source: PluginSource) -> Plugin:
    if problem := _problem(kind, recommender_fault):
        return source.failed(problem, _shown_name(kind, source))
    assert isinstance(kind, type) and issubclass(kind, Recommender)
    return Plugin(kind.name, kind.family, source.distribution, source.version, "enabled", "", kind)


def _checked_reranker(kind: object, source: PluginSource) -> Plugin:
    if problem := _problem(kind, reranker_fault):
        return source.failed(problem, _shown_name(kind, source))
    assert isinstance(kind, type) and issubclass(kind, Reranker)
    place = (source.distribution, source.version)
    return Plugin(kind.name, "", *place, "enabled", reranker=kind)


def _checked_extension(one: Extension, source: PluginSource) -> Plugin:
    fault, problem = attempt(lambda: one.fault)
    if fault or problem:
        return source.failed(problem or fault or "")
    place = (source.distribution, source.version)
    return Plugin(one.name, "", *place, "enabled", extension=one)


def _problem(kind: object, fault_of: Callable[[object], str]) -> str:
    fault, problem = attempt(lambda: fault_of(kind))
    return problem or fault or ""


def _shown_name(kind: object, source: PluginSource) -> str:
    name = getattr(kind, "name", None)
    return name if isinstance(name, str) and name else source.name


def name_of(given: object) -> str:
    """What an application's plugin is called in its own code."""
    named = isinstance(given, (type, ModuleType))
    return str(getattr(given if named else type(given), "__name__", ""))
