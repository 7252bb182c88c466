"""A weight curve as a table: a row for each length of history, a column for each member."""

from __future__ import annotations

from tastemaker.blend import WeightCurve


def curve_columns(curve: WeightCurve | None) -> list[str]:
    """The columns of `curve_rows`."""
    return ["history", *(curve.members if curve else ())]


def curve_rows(curve: WeightCurve | None) -> list[dict[str, object]]:
    """A row for each length of history that weights were learnt for, in percent; none of None."""
    if curve is None:
        return []
    return [
        {
            "history": str(knot),
            **{name: f"{own:.0%}" for name, own in zip(curve.members, weights, strict=True)},
        }
        for knot, weights in zip(curve.knots, curve.weights, strict=True)
    ]
