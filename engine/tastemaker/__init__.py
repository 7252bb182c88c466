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

_HOMES = {
    "Answer": "serving.answers",
    "ArrowTable": "io.tables",
    "AtMost": "request.preferences",
    "BoolArray": "data",
    "Boost": "request.preferences",
    "Cluster": "data",
    "CollisionError": "errors",
    "Database": "store.sql.database",
    "Days": "rules",
    "DeletedItems": "store.item_removal",
    "Details": "serving.answers",
    "DiversityPoint": "evaluation.diversity_curve",
    "EvaluatedModel": "evaluation.result",
    "EvaluationError": "errors",
    "F": "rules",
    "Factors": "data",
    "Field": "rules",
    "FileRefusedError": "errors",
    "Finding": "training.data_quality",
    "Float32Array": "data",
    "Float64Array": "data",
    "Forgotten": "store.rights",
    "Histories": "data",
    "ImportResult": "io.importing",
    "InputError": "errors",
    "Int16Array": "data",
    "Int32Array": "data",
    "Int64Array": "data",
    "Interval": "metrics.intervals",
    "Items": "data",
    "Key": "store.crypto.keys",
    "KeyCommand": "store.crypto.keys",
    "KeyFile": "store.crypto.keys",
    "KeyProblem": "errors",
    "KeySource": "store.crypto.keys",
    "KindSummary": "store.kinds",
    "LengthQuality": "evaluation.by_length",
    "ListMeasures": "evaluation.figures",
    "MemberReport": "training.report",
    "MergedUsers": "store.users.merge",
    "MissingKeyError": "errors",
    "ModelCache": "store.cache.model_cache",
    "NewerReleaseError": "errors",
    "NotFoundError": "errors",
    "PastInteraction": "serving.people",
    "People": "data",
    "PlaintextRefusedError": "errors",
    "Plugin": "plugin.discovery",
    "PluginError": "errors",
    "Progress": "recommender",
    "RankedItems": "reranker",
    "Reason": "serving.answers",
    "Receipt": "store.rights",
    "Recent": "request.recent",
    "Recommendation": "serving.answers",
    "Recommender": "recommender",
    "Release": "training.report",
    "ReleaseError": "errors",
    "ReleaseSummary": "training.reading",
    "RepeatReport": "training.repeat_report",
    "Repeats": "evaluation.result",
    "Report": "evaluation.report",
    "Request": "request.request",
    "Reranker": "reranker",
    "RetrievalReport": "training.report",
    "RowRefusedError": "errors",
    "Rule": "rules",
    "RuleError": "errors",
    "SchemaError": "errors",
    "Settings": "settings",
    "SettingsError": "errors",
    "Span": "training.profile",
    "State": "recommender",
    "StoreError": "errors",
    "SyncResult": "io.syncing",
    "TamperedError": "errors",
    "Tastemaker": "engine",
    "TastemakerError": "errors",
    "TrainingData": "data",
    "TrainingError": "errors",
    "TunedRecommender": "tuning.report",
    "UnknownKeyError": "errors",
    "WeightCurve": "blend",
    "Written": "store.sql.statements",
    "WrongKeyError": "errors",
    "best_items": "data",
    "create_key_file": "store.crypto.keys",
    "days": "rules",
    "hookimpl": "plugin.hookspecs",
    "include_name": "store.sql.tables",
    "parse_rule": "rules",
    "rule_from_json": "rules",
    "setting": "settings",
}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
