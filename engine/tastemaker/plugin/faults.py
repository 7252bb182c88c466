"""What keeps a class from being a recommender or a re-ranker, in words."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection
from string import Formatter
from typing import Any

from tastemaker.recommender import FAMILIES, Recommender
from tastemaker.reranker import Reranker
from tastemaker.settings import Settings

KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

ENGINE_PARTS = frozenset({"boost", "at-most", "diversity"})
"""Names that the engine's own parts of an explanation have; no plugin may take one."""


def recommender_fault(kind: Any) -> str:
    """What keeps a class from being a recommender; empty where nothing does.

    May raise whatever the class does.
    """
    if fault := _class_fault(kind, Recommender):
        return fault
    family = getattr(kind, "family", None)
    if family not in FAMILIES:
        return f"{kind.__name__} has the family {family!r:.80}; choose one of {', '.join(FAMILIES)}"
    if not (
        isinstance(kind.requires, tuple) and all(isinstance(one, str) for one in kind.requires)
    ):
        return f"{kind.__name__} requires {kind.requires!r:.80}; write it like ('tensorflow',)"
    if fault := _because_fault(kind, ("items",)):
        return fault
    return _description_fault(kind)


def reranker_fault(kind: Any) -> str:
    """What keeps a class from being a re-ranker; empty where nothing does.

    May raise whatever the class does.
    """
    if fault := _class_fault(kind, Reranker):
        return fault
    if isinstance(kind.order, bool) or not isinstance(kind.order, int):
        return f"{kind.__name__} has the order {kind.order!r:.80}; write a whole number such as 50"
    if fault := _because_fault(kind, ()):
        return fault
    return _description_fault(kind)


def _because_fault(kind: Any, known: Collection[str]) -> str:
    """What is wrong with the reason that it gives; `known` may stand in it in braces."""
    because = kind.because
    if not isinstance(because, str):
        return f"{kind.__name__} has the reason {because!r:.80}; write text in `because`"
    try:
        parts = [one[1:] for one in Formatter().parse(because) if one[1] is not None]
    except ValueError:  # a brace that is alone
        parts = [("", "", None)]
    if all(name in known and not form and not conversion for name, form, conversion in parts):
        return ""
    allowed = f"{{{'} and {'.join(known)}}} alone" if known else "nothing"
    return (
        f"{kind.__name__} has the reason {because!r:.80}, which people would read as it stands; "
        f"{allowed} may stand in braces in `because`"
    )


def _class_fault(kind: Any, base: type) -> str:
    if not (isinstance(kind, type) and issubclass(kind, base)):
        return f"{kind!r:.80} is not a class derived from tastemaker.{base.__name__}"
    missing = sorted(getattr(kind, "__abstractmethods__", ()))
    if inspect.isabstract(kind):
        return f"{kind.__name__} does not define {', '.join(missing)}"
    name = getattr(kind, "name", None)
    if not _is_name(name):
        return f"{kind.__name__} has the name {name!r:.80}; write it like 'item-knn'"
    if name in ENGINE_PARTS:
        return f"{kind.__name__} has the name {name!r}, which the engine uses; choose another"
    return ""


def _description_fault(kind: Any) -> str:
    """What is wrong with what recommenders and re-rankers state alike."""
    if not (isinstance(kind.settings_type, type) and issubclass(kind.settings_type, Settings)):
        return f"{kind.__name__} has settings that are not derived from tastemaker.Settings"
    if not isinstance(kind.summary, str):
        return f"{kind.__name__} has the summary {kind.summary!r:.80}; write one line of text"
    if not _are_names(kind.former_names):
        return (
            f"{kind.__name__} has the former names {kind.former_names!r:.80}; "
            "write them like ('item-knn',)"
        )
    kind()
    return ""


def _is_name(name: object) -> bool:
    return isinstance(name, str) and len(name) <= 64 and KEBAB.fullmatch(name) is not None


def _are_names(names: object) -> bool:
    return isinstance(names, tuple) and all(map(_is_name, names))
