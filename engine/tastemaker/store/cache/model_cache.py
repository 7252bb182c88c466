"""Where a machine's workers keep models between them, and whether that place is trusted."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tastemaker.errors import InputError

VARIABLE = "TASTEMAKER_CACHE"
"""The environment variable that names a model cache."""

TRUSTED = "trusted:"
"""What stands before the path of a trusted directory where it is given as text."""


@dataclass(frozen=True)
class ModelCache:
    """A directory of this machine in which workers keep the models of the releases they serve.

    It is made if it is not there, and must belong to the account that the workers run under, with
    nobody else allowed to write. What cannot be kept or read there is read from the database.

    Attributes:
        path: the directory.
        trusted: whether models may lie there in clear, so that workers map them and share the
            memory. Otherwise they are sealed with the database's keys: that saves reading the
            database, and no memory.
    """

    path: str | os.PathLike[str]
    trusted: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.path, str | os.PathLike) or not os.fspath(self.path):
            raise InputError(f"The model cache is {self.path!r}; give the path of a directory.")

    @property
    def directory(self) -> Path:
        """The path, independent of the working directory of the moment."""
        return Path(self.path).expanduser().absolute()

    @classmethod
    def parse(cls, text: str) -> ModelCache:
        """The cache that a text names: a path, or "trusted:" and a path."""
        path = text.removeprefix(TRUSTED)
        return cls(path, trusted=path != text)


def cache_in_hand(given: ModelCache | str | os.PathLike[str] | None) -> ModelCache | None:
    """The model cache that was given; the environment's where none was; None where neither.

    Raises:
        InputError: it is no path.
    """
    if isinstance(given, ModelCache):
        return given
    text = os.environ.get(VARIABLE, "") if given is None else given
    if isinstance(text, str):
        return ModelCache.parse(text) if text or given is not None else None
    return ModelCache(text)
