"""Tastemaker: the recommender engine that lives inside your application.

Each public name is imported when it is first asked for (PEP 562): a plugin loads no engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tastemaker.blend import WeightCurve
    from tastemaker.data import (
        BoolArray,
        Cluster,
        Factors,
        Float32Array,
        Float64Array,
        Histories,
        Int16Array,
        Int32Array,
        Int64Array,
        Items,
        People,
        TrainingData,
        best_items,
    )
    from tastemaker.engine import Tastemaker
    from tastemaker.engine.configuring import Support
    from tastemaker.errors import (
        CollisionError,
        EvaluationError,
        FileRefusedError,
        InputError,
        KeyProblem,
        MissingKeyError,
        NewerReleaseError,
        NotFoundError,
        PlaintextRefusedError,
        PluginError,
        ReleaseError,
        RowRefusedError,
        RuleError,
        SchemaError,
        SettingsError,
        StoreError,
        TamperedError,
        TastemakerError,
        TrainingError,
        UnknownKeyError,
        WrongKeyError,
    )
    from tastemaker.evaluation.by_length import LengthQuality
    from tastemaker.evaluation.diversity_curve import DiversityPoint
    from tastemaker.evaluation.figures import ListMeasures
    from tastemaker.evaluation.report import Report
    from tastemaker.evaluation.result import EvaluatedModel, Repeats
    from tastemaker.io.importing import ImportResult
    from tastemaker.io.syncing import SyncResult
    from tastemaker.io.tables import ArrowTable
    from tastemaker.metrics.intervals import Interval
    from tastemaker.plugin.discovery import Plugin
    from tastemaker.plugin.hookspecs import hookimpl
    from tastemaker.recommender import Progress, Recommender, State
    from tastemaker.request.preferences import AtMost, Boost
    from tastemaker.request.recent import Recent
    from tastemaker.request.request import Request
    from tastemaker.reranker import RankedItems, Reranker
    from tastemaker.rules import (
        Days,
        F,
        Field,
        Rule,
        days,
        parse_rule,
        rule_from_json,
    )
    from tastemaker.serving.answers import Answer, Details, Reason, Recommendation
    from tastemaker.serving.people import PastInteraction
    from tastemaker.settings import Settings, setting
    from tastemaker.store.cache.model_cache import ModelCache
    from tastemaker.store.crypto.keys import Key, KeyCommand, KeyFile, KeySource, create_key_file
    from tastemaker.store.item_removal import DeletedItems
    from tastemaker.store.kinds import KindSummary
    from tastemaker.store.rights import Forgotten, Receipt
    from tastemaker.store.sql.database import Database
    from tastemaker.store.sql.statements import Written
    from tastemaker.store.sql.tables import include_name
    from tastemaker.store.users.merge import MergedUsers
    from tastemaker.training.data_quality import Finding
    from tastemaker.training.profile import Span
    from tastemaker.training.reading import ReleaseSummary
    from tastemaker.training.repeat_report import RepeatReport
    from tastemaker.training.report import MemberReport, Release, RetrievalReport
    from tastemaker.tuning.report import TunedRecommender
else:
    # Out of the type checkers' sight: they would believe that it gives any name whatever.
    def __getattr__(name: str) -> object:
        """A public name, from the room where it is defined."""
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        return value


__all__ = [
    "Answer",
    "ArrowTable",
    "AtMost",
    "BoolArray",
    "Boost",
    "Cluster",
    "CollisionError",
    "Database",
    "Days",
    "DeletedItems",
    "Details",
    "DiversityPoint",
    "EvaluatedModel",
    "EvaluationError",
    "F",
    "Factors",
    "Field",
    "FileRefusedError",
    "Finding",
    "Float32Array",
    "Float64Array",
    "Forgotten",
    "Histories",
    "ImportResult",
    "InputError",
    "Int16Array",
    "Int32Array",
    "Int64Array",
    "Interval",
    "Items",
    "Key",
    "KeyCommand",
    "KeyFile",
    "KeyProblem",
    "KeySource",
    "KindSummary",
    "LengthQuality",
    "ListMeasures",
    "MemberReport",
    "MergedUsers",
    "MissingKeyError",
    "ModelCache",
    "NewerReleaseError",
    "NotFoundError",
    "PastInteraction",
    "People",
    "PlaintextRefusedError",
    "Plugin",
    "PluginError",
    "Progress",
    "RankedItems",
    "Reason",
    "Receipt",
    "Recent",
    "Recommendation",
    "Recommender",
    "Release",
    "ReleaseError",
    "ReleaseSummary",
    "RepeatReport",
    "Repeats",
    "Report",
    "Request",
    "Reranker",
    "RetrievalReport",
    "RowRefusedError",
    "Rule",
    "RuleError",
    "SchemaError",
    "Settings",
    "SettingsError",
    "Span",
    "State",
    "StoreError",
    "Support",
    "SyncResult",
    "TamperedError",
    "Tastemaker",
    "TastemakerError",
    "TrainingData",
    "TrainingError",
    "TunedRecommender",
    "UnknownKeyError",
    "WeightCurve",
    "Written",
    "WrongKeyError",
    "best_items",
    "create_key_file",
    "days",
    "hookimpl",
    "include_name",
    "parse_rule",
    "rule_from_json",
    "setting",
]

_NAMES = {
    "blend": "WeightCurve",
    "data": (
        "BoolArray Cluster Factors Float32Array Float64Array Histories Int16Array Int32Array "
        "Int64Array Items People TrainingData best_items"
    ),
    "engine": "Tastemaker",
    "engine.configuring": "Support",
    "errors": (
        "CollisionError EvaluationError FileRefusedError InputError KeyProblem "
        "MissingKeyError NewerReleaseError NotFoundError PlaintextRefusedError PluginError "
        "ReleaseError RowRefusedError RuleError SchemaError SettingsError StoreError "
        "TamperedError TastemakerError TrainingError UnknownKeyError WrongKeyError"
    ),
    "evaluation.by_length": "LengthQuality",
    "evaluation.diversity_curve": "DiversityPoint",
    "evaluation.figures": "ListMeasures",
    "evaluation.report": "Report",
    "evaluation.result": "EvaluatedModel Repeats",
    "io.importing": "ImportResult",
    "io.syncing": "SyncResult",
    "io.tables": "ArrowTable",
    "metrics.intervals": "Interval",
    "plugin.discovery": "Plugin",
    "plugin.hookspecs": "hookimpl",
    "recommender": "Progress Recommender State",
    "request.preferences": "AtMost Boost",
    "request.recent": "Recent",
    "request.request": "Request",
    "reranker": "RankedItems Reranker",
    "rules": "Days F Field Rule days parse_rule rule_from_json",
    "serving.answers": "Answer Details Reason Recommendation",
    "serving.people": "PastInteraction",
    "settings": "Settings setting",
    "store.cache.model_cache": "ModelCache",
    "store.crypto.keys": "Key KeyCommand KeyFile KeySource create_key_file",
    "store.item_removal": "DeletedItems",
    "store.kinds": "KindSummary",
    "store.rights": "Forgotten Receipt",
    "store.sql.database": "Database",
    "store.sql.statements": "Written",
    "store.sql.tables": "include_name",
    "store.users.merge": "MergedUsers",
    "training.data_quality": "Finding",
    "training.profile": "Span",
    "training.reading": "ReleaseSummary",
    "training.repeat_report": "RepeatReport",
    "training.report": "MemberReport Release RetrievalReport",
    "tuning.report": "TunedRecommender",
}
"""For each module, the public names that are defined in it."""

_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
