"""Attributes of items of which a few changed: the columns of all, without reading all anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tastemaker.data.arrays import Int32Array, Int64Array
from tastemaker.data.columns import RARE, RareValues, Values, ValuesColumn


def merged_columns(
    own: Mapping[str, Sequence[Values]],
    new: Mapping[str, Sequence[Values]],
    n_new: int,
    places: Int64Array,
) -> dict[str, Sequence[Values]] | None:
    """For each attribute, the values of the items in the given places; None where all must be read.

    That is where an attribute is new, or left without any value: which names there are then, no
    column tells.

    Args:
        own: the columns of some items.
        new: the columns of other items.
        n_new: how many others there are.
        places: (n,) int64 which of these and then the others, in which order.
    """
    if not new.keys() <= own.keys():
        return None
    merged: dict[str, Sequence[Values]] = {}
    for name, column in own.items():
        before, changed = as_coded(column), as_coded(new.get(name, ((),) * n_new))
        merged[name] = after = merged_column(before, changed, places)
        if any(before.distinct) and not any(after.distinct):
            return None
    return merged


def as_coded(column: Sequence[Values]) -> ValuesColumn:
    """A column by codes."""
    return column if isinstance(column, ValuesColumn) else ValuesColumn.of(column)


def merged_column(own: ValuesColumn, new: ValuesColumn, places: Int64Array) -> ValuesColumn:
    """One attribute of the items in the given places of these and the others."""
    codes_of = {values: code for code, values in enumerate(own.distinct)}
    translated = [codes_of.setdefault(values, len(codes_of)) for values in new.distinct]
    others = np.array(translated, dtype=np.int32)[new.codes]
    codes: Int32Array = np.concatenate((own.codes, others))[places]
    # Values that nobody has any longer go.
    used = np.flatnonzero(np.bincount(codes, minlength=len(codes_of)))
    every = tuple(codes_of)
    distinct = tuple(every[code] for code in used.tolist())
    if len(used) < len(every):
        codes = np.searchsorted(used, codes).astype(np.int32)
    has_value = np.array([bool(values) for values in distinct], dtype=np.bool_)[codes]
    rows = np.flatnonzero(has_value).tolist()
    if len(rows) * RARE >= len(codes):
        return ValuesColumn(distinct, codes)
    return RareValues.at(len(codes), {row: distinct[codes[row]] for row in rows})
