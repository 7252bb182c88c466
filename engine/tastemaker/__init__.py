"""Tastemaker: the recommender engine that lives inside your application."""

from tastemaker.data import Histories, Items, People, TrainingData
from tastemaker.hookspecs import hookimpl
from tastemaker.recommender import Progress, Recommender, Settings, State, setting

__all__ = [
    "Histories",
    "Items",
    "People",
    "Progress",
    "Recommender",
    "Settings",
    "State",
    "TrainingData",
    "hookimpl",
    "setting",
]
