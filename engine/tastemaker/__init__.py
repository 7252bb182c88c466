"""Tastemaker: the recommender engine that lives inside your application."""

from tastemaker.data import Histories, Items, People, TrainingData
from tastemaker.engine import Tastemaker
from tastemaker.errors import TastemakerError
from tastemaker.hookspecs import hookimpl
from tastemaker.ranking.answers import Answer, Recommendation
from tastemaker.recommender import Progress, Recommender, Settings, State, setting
from tastemaker.store.tables import include_name

__all__ = [
    "Answer",
    "Histories",
    "Items",
    "People",
    "Progress",
    "Recommendation",
    "Recommender",
    "Settings",
    "State",
    "Tastemaker",
    "TastemakerError",
    "TrainingData",
    "hookimpl",
    "include_name",
    "setting",
]
