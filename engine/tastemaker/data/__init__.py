"""What recommenders see: items and people as immutable arrays, by index."""

from tastemaker.data.arrays import (
    BoolArray,
    Float32Array,
    Float64Array,
    Int16Array,
    Int32Array,
    Int64Array,
    frozen,
    sample_rows,
)
from tastemaker.data.cluster import Cluster, Factors
from tastemaker.data.items import Items, Values
from tastemaker.data.people import Histories, People
from tastemaker.data.top_k import best_items
from tastemaker.data.training_data import TrainingData

__all__ = [
    "BoolArray",
    "Cluster",
    "Factors",
    "Float32Array",
    "Float64Array",
    "Histories",
    "Int16Array",
    "Int32Array",
    "Int64Array",
    "Items",
    "People",
    "TrainingData",
    "Values",
    "best_items",
    "frozen",
    "sample_rows",
]
