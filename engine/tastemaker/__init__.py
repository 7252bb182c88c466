"""Tastemaker: the recommender engine that lives inside your application.

Each public name is imported when it is first asked for (PEP 562): a plugin loads no engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tastemaker.blend import StepFunctions as StepFunctions, WeightCurve as WeightCurve
    from tastemaker.data import (
        BoolArray as BoolArray,
        Cluster as Cluster,
        Factors as Factors,
        Float32Array as Float32Array,
        Float64Array as Float64Array,
        Histories as Histories,
        Int16Array as Int16Array,
        Int32Array as Int32Array,
        Int64Array as Int64Array,
        Items as Items,
        People as People,
        TrainingData as TrainingData,
        best_items as best_items,
    )
    from tastemaker.engine import Tastemaker as Tastemaker
    from tastemaker.engine.async_tastemaker import AsyncTastemaker as AsyncTastemaker
    from tastemaker.engine.configuring import Support as Support
    from tastemaker.engine.keys import Keys as Keys
    from tastemaker.engine.retrainer import Retrainer as Retrainer, RetrainingPlan as RetrainingPlan
    from tastemaker.errors import (
        CollisionError as CollisionError,
        EvaluationError as EvaluationError,
        FileRefusedError as FileRefusedError,
        InputError as InputError,
        KeyProblem as KeyProblem,
        MissingKeyError as MissingKeyError,
        NewerReleaseError as NewerReleaseError,
        NotFoundError as NotFoundError,
        PlaintextRefusedError as PlaintextRefusedError,
        PluginError as PluginError,
        ReleaseError as ReleaseError,
        RowRefusedError as RowRefusedError,
        RuleError as RuleError,
        SchemaError as SchemaError,
        SettingsError as SettingsError,
        StoreError as StoreError,
        TamperedError as TamperedError,
        TastemakerError as TastemakerError,
        TrainingError as TrainingError,
        UnknownKeyError as UnknownKeyError,
        WrongDatabaseError as WrongDatabaseError,
        WrongKeyError as WrongKeyError,
    )
    from tastemaker.evaluation.by_length import LengthQuality as LengthQuality
    from tastemaker.evaluation.diversity_curve import DiversityPoint as DiversityPoint
    from tastemaker.evaluation.figures import ListMeasures as ListMeasures
    from tastemaker.evaluation.report import Report as Report
    from tastemaker.evaluation.result import EvaluatedModel as EvaluatedModel, Repeats as Repeats
    from tastemaker.io.backup import BackedUp as BackedUp
    from tastemaker.io.importing import ImportResult as ImportResult
    from tastemaker.io.restore import Restored as Restored
    from tastemaker.io.syncing import SyncResult as SyncResult
    from tastemaker.io.tables import ArrowTable as ArrowTable
    from tastemaker.metrics.intervals import Interval as Interval
    from tastemaker.plugin.discovery import Plugin as Plugin
    from tastemaker.plugin.extensions import Extension as Extension
    from tastemaker.plugin.hookspecs import hookimpl as hookimpl
    from tastemaker.plugin.observer import Timing as Timing
    from tastemaker.recommender import (
        Progress as Progress,
        Recommender as Recommender,
        State as State,
    )
    from tastemaker.request.preferences import AtMost as AtMost, Boost as Boost
    from tastemaker.request.recent import Recent as Recent
    from tastemaker.request.request import Request as Request
    from tastemaker.reranker import RankedItems as RankedItems, Reranker as Reranker
    from tastemaker.rules import (
        Days as Days,
        F as F,
        Field as Field,
        Rule as Rule,
        days as days,
        parse_rule as parse_rule,
        rule_from_json as rule_from_json,
    )
    from tastemaker.serving.answers import (
        Answer as Answer,
        Details as Details,
        Reason as Reason,
        Recommendation as Recommendation,
    )
    from tastemaker.serving.health import Health as Health
    from tastemaker.serving.item_lookup import CatalogueItem as CatalogueItem
    from tastemaker.serving.people import PastInteraction as PastInteraction
    from tastemaker.settings import Settings as Settings, setting as setting
    from tastemaker.store.cache.model_cache import ModelCache as ModelCache
    from tastemaker.store.crypto.keys import (
        Key as Key,
        KeyCommand as KeyCommand,
        KeyFile as KeyFile,
        KeySource as KeySource,
        create_key_file as create_key_file,
    )
    from tastemaker.store.erasures import (
        FinishedErasures as FinishedErasures,
        Forgotten as Forgotten,
        Receipt as Receipt,
    )
    from tastemaker.store.item_removal import DeletedItems as DeletedItems
    from tastemaker.store.kinds import KindSummary as KindSummary
    from tastemaker.store.rotation.counts import KeyStatus as KeyStatus
    from tastemaker.store.rotation.resealing import Reencrypted as Reencrypted
    from tastemaker.store.rotation.rotating import Rotation as Rotation
    from tastemaker.store.rotation.verifying import Verification as Verification
    from tastemaker.store.sql.database import Database as Database
    from tastemaker.store.sql.statements import Written as Written
    from tastemaker.store.sql.tables import include_name as include_name
    from tastemaker.store.users.merge import MergedUsers as MergedUsers
    from tastemaker.training.data_quality import Finding as Finding
    from tastemaker.training.profile import Span as Span
    from tastemaker.training.reading import ReleaseSummary as ReleaseSummary
    from tastemaker.training.repeat_report import RepeatReport as RepeatReport
    from tastemaker.training.report import (
        MemberReport as MemberReport,
        Release as Release,
        RetrievalReport as RetrievalReport,
    )
    from tastemaker.training.step_function_report import StepFunctionReport as StepFunctionReport
    from tastemaker.training.turn import TrainingTurn as TrainingTurn
    from tastemaker.tuning.report import TunedRecommender as TunedRecommender
else:
    # Out of the type checkers' sight: they would believe that it gives any name whatever.
    def __getattr__(name: str) -> object:
        """A public name, from the room where it is defined."""
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        return value


_NAMES = {
    "blend": "StepFunctions WeightCurve",
    "data": (
        "BoolArray Cluster Factors Float32Array Float64Array Histories Int16Array Int32Array "
        "Int64Array Items People TrainingData best_items"
    ),
    "engine": "Tastemaker",
    "engine.keys": "Keys",
    "engine.retrainer": "Retrainer RetrainingPlan",
    "engine.async_tastemaker": "AsyncTastemaker",
    "engine.configuring": "Support",
    "errors": (
        "CollisionError EvaluationError FileRefusedError InputError KeyProblem "
        "MissingKeyError NewerReleaseError NotFoundError PlaintextRefusedError PluginError "
        "ReleaseError RowRefusedError RuleError SchemaError SettingsError StoreError "
        "TamperedError TastemakerError TrainingError UnknownKeyError WrongDatabaseError "
        "WrongKeyError"
    ),
    "evaluation.by_length": "LengthQuality",
    "evaluation.diversity_curve": "DiversityPoint",
    "evaluation.figures": "ListMeasures",
    "evaluation.report": "Report",
    "evaluation.result": "EvaluatedModel Repeats",
    "io.backup": "BackedUp",
    "io.importing": "ImportResult",
    "io.restore": "Restored",
    "io.syncing": "SyncResult",
    "io.tables": "ArrowTable",
    "metrics.intervals": "Interval",
    "plugin.discovery": "Plugin",
    "plugin.extensions": "Extension",
    "plugin.hookspecs": "hookimpl",
    "plugin.observer": "Timing",
    "recommender": "Progress Recommender State",
    "request.preferences": "AtMost Boost",
    "request.recent": "Recent",
    "request.request": "Request",
    "reranker": "RankedItems Reranker",
    "rules": "Days F Field Rule days parse_rule rule_from_json",
    "serving.answers": "Answer Details Reason Recommendation",
    "serving.health": "Health",
    "serving.item_lookup": "CatalogueItem",
    "serving.people": "PastInteraction",
    "settings": "Settings setting",
    "store.cache.model_cache": "ModelCache",
    "store.crypto.keys": "Key KeyCommand KeyFile KeySource create_key_file",
    "store.erasures": "FinishedErasures Forgotten Receipt",
    "store.item_removal": "DeletedItems",
    "store.kinds": "KindSummary",
    "store.rotation.counts": "KeyStatus",
    "store.rotation.resealing": "Reencrypted",
    "store.rotation.rotating": "Rotation",
    "store.rotation.verifying": "Verification",
    "store.sql.database": "Database",
    "store.sql.statements": "Written",
    "store.sql.tables": "include_name",
    "store.users.merge": "MergedUsers",
    "training.data_quality": "Finding",
    "training.profile": "Span",
    "training.reading": "ReleaseSummary",
    "training.repeat_report": "RepeatReport",
    "training.report": "MemberReport Release RetrievalReport",
    "training.step_function_report": "StepFunctionReport",
    "training.turn": "TrainingTurn",
    "tuning.report": "TunedRecommender",
}
"""For each module, the public names that are defined in it."""

_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
