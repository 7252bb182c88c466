"""What plugins bring besides recommenders and re-rankers: commands, metrics, file formats."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, TypeAlias

from tastemaker.data import BoolArray, Float64Array, Int64Array
from tastemaker.plugin.faults import KEBAB

ExtensionKind: TypeAlias = Literal["command", "file format", "metric"]

PluginMetric: TypeAlias = Callable[[BoolArray, Int64Array, int], Float64Array]
"""(n, depth) hits from the first place on, (n,) how many items are relevant, the cutoff -> (n,)."""

PluginReader: TypeAlias = Callable[[BinaryIO], Iterable[Mapping[str, object]]]
"""From the bytes of a file to its rows, each by the names of its columns."""

FUNCTION_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True)
class Extension:
    """A command, a metric or a file format that a plugin brings.

    Attributes:
        kind: what it is.
        name: what it is called.
        provided: the click command, or the function.
    """

    kind: ExtensionKind
    name: str
    provided: Any

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        text = getattr(self.provided, "help", None) or getattr(self.provided, "__doc__", None)
        return str(text or "").strip().partition("\n")[0]

    @property
    def fault(self) -> str:
        """What keeps it from being used; empty where nothing does. May raise whatever it does."""
        if self.kind != "command":
            named = isinstance(self.name, str) and FUNCTION_NAME.fullmatch(self.name)
            if not named or not callable(self.provided):
                return (
                    f"register(name, function) takes a name like 'precision', not {self.name!r:.80}"
                )
            return ""
        if not (callable(getattr(self.provided, "invoke", None)) and _is_kebab(self.name)):
            return f"register(command) takes a click command with a name, not {self.provided!r:.80}"
        return ""


def command(given: Any) -> Extension:
    """The extension that a click command is."""
    return Extension("command", getattr(given, "name", None) or "", given)


def file_format(name: str, function: PluginReader) -> Extension:
    """The extension that a function which reads files is."""
    return Extension("file format", name, function)


def metric(name: str, function: PluginMetric) -> Extension:
    """The extension that a function which measures lists is."""
    return Extension("metric", name, function)


def _is_kebab(name: object) -> bool:
    return isinstance(name, str) and KEBAB.fullmatch(name) is not None
