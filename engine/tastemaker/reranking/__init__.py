"""The engine's own re-rankers: boosts, at most so many of a value, and diversity."""

from tastemaker.reranking.at_most import CappedValues, column_of
from tastemaker.reranking.attribute_vectors import attribute_vectors, unit_length
from tastemaker.reranking.boosts import Boosts
from tastemaker.reranking.diversity import Diversity, check_strength

__all__ = [
    "Boosts",
    "CappedValues",
    "Diversity",
    "attribute_vectors",
    "check_strength",
    "column_of",
    "unit_length",
]
