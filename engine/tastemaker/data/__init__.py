"""What recommenders see: items and people as immutable arrays, by index."""

from tastemaker.data.arrays import (
    NAN,
    BoolArray,
    Float32Array,
    Float64Array,
    Int16Array,
    Int32Array,
    Int64Array,
    frozen,
    read_only,
    sample_rows,
)
from tastemaker.data.cluster import Cluster, Factors
from tastemaker.data.columns import RARE, RareValues, TextColumn, Values, ValuesColumn
from tastemaker.data.items import AttributeColumns, Items, StoredAttributes
from tastemaker.data.pairs import NO_PAIRS, ItemPairs
from tastemaker.data.people import Histories, People
from tastemaker.data.top_k import best_items
from tastemaker.data.training_data import TrainingData

__all__ = [
    "AttributeColumns",
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
    "NAN",
    "NO_PAIRS",
    "ItemPairs",
    "People",
    "RARE",
    "RareValues",
    "StoredAttributes",
    "TextColumn",
    "TrainingData",
    "Values",
    "ValuesColumn",
    "best_items",
    "frozen",
    "read_only",
    "sample_rows",
]
