"""Writing the package of a new plugin: whole, small, and passing its own tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from string import Template
from typing import Literal, TypeAlias

from tastemaker.errors import InputError
from tastemaker.plugin.faults import ENGINE_PARTS, KEBAB

PluginKind: TypeAlias = Literal["recommender", "re-ranker"]

LONGEST_NAME = 30
"""With longer names the lines of the package would be too long for its own checks."""

DISTRIBUTION_PREFIX = "tastemaker-"
"""What the distribution's name has before the plugin's."""

SUFFIX = ".txt"
"""What every template's name ends with, so that no tool takes it for a part of the engine."""

DESCRIBED: Mapping[PluginKind, Mapping[str, str]] = {
    "recommender": {
        "kind_plural": "recommenders",
        "summary": "Items that share words with those of the history.",
        "use": "The next `tastemaker train` trains it, and the blend gives it the weight it earns.",
        "example": "min_length=4",
    },
    "re-ranker": {
        "kind_plural": "re-rankers",
        "summary": "Lifts items that have a value of an attribute.",
        "use": "From then on it takes part in every answer, with no training.",
        "example": "amount=1.0",
    },
}
"""What the templates say of each kind."""


@dataclass(frozen=True)
class NewPackage:
    """The package of a new plugin.

    Attributes:
        name: the plugin's name: "shared-words".
        kind: what it is.
    """

    name: str
    kind: PluginKind

    @property
    def distribution(self) -> str:
        """What pip calls it: "tastemaker-shared-words"."""
        return DISTRIBUTION_PREFIX + self.name

    @property
    def module(self) -> str:
        """What Python calls it: "tastemaker_shared_words"."""
        return self.distribution.replace("-", "_")

    @property
    def file(self) -> str:
        """What the file of its class, and that of its test, are called by."""
        return self.kind.replace("-", "")

    @property
    def class_name(self) -> str:
        """What the names of its classes begin with: "SharedWords"."""
        return "".join(part.capitalize() for part in self.name.split("-"))

    def texts(self) -> dict[PurePosixPath, str]:
        """The text of each of its files."""
        named = ("name", "kind", "distribution", "module", "file", "class_name")
        words = {**DESCRIBED[self.kind], **{name: getattr(self, name) for name in named}}
        words["version"] = ".".join(version("tastemaker").split(".")[:2])
        return {
            PurePosixPath(Template(str(path)).substitute(words)): Template(text).substitute(words)
            for room in ("common", self.file)
            for path, text in _templates(room)
        }


def plugin_name(text: str) -> str:
    """The plugin's name in what an author gives: that, without `tastemaker-` where it has it.

    Raises:
        InputError: a plugin cannot be called so.
    """
    name = text.removeprefix(DISTRIBUTION_PREFIX)
    if not KEBAB.fullmatch(name):
        raise InputError(
            f"A plugin cannot be called {text!r:.80}. Use small letters and digits, with hyphens "
            "between words, such as shared-words."
        )
    if len(name) > LONGEST_NAME:
        raise InputError(f"The name {name:.80} is too long; use {LONGEST_NAME} letters at most.")
    if name in ENGINE_PARTS:
        raise InputError(f"The name {name} is the engine's own. Choose another.")
    return name


def write_package(package: NewPackage, folder: Path) -> None:
    """Writes a package into a folder that is empty or not there yet.

    Raises:
        InputError: the folder holds something, or cannot be written into.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(
                f"{folder} is there already and not an empty folder. Nothing was written; choose "
                "another name, or another --directory."
            )
        for path, text in package.texts().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}.") from None


def _templates(room: str) -> Iterator[tuple[PurePosixPath, str]]:
    """The templates of a folder: what each is to be called, and its text."""
    return _below(files("tastemaker.testing").joinpath("templates", room), PurePosixPath())


def _below(folder: Traversable, path: PurePosixPath) -> Iterator[tuple[PurePosixPath, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _below(entry, path / entry.name.replace("MODULE", "$module"))
        else:
            name = entry.name.removesuffix(SUFFIX)
            shown = ".gitignore" if name == "gitignore" else name
            yield path / shown, entry.read_text(encoding="utf-8")
