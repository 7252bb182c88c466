"""Charts as inline SVG that fits any width: places are percentages, text keeps its size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

TOP, BOTTOM, HEIGHT = 18, 28, 260
"""Pixels above and below the field of a chart, and of the whole."""

SIDE = 14.0
"""Percent of the width that are left free on either side of the field."""


@dataclass(frozen=True)
class Series:
    """One line, or one share of the columns.

    Attributes:
        name: what it is called.
        style: the class that gives it its colour.
        values: one for each place; None where there is none.
        bounds: an interval for each place, where there are any.
    """

    name: str
    style: str
    values: Sequence[float | None]
    bounds: Sequence[tuple[float, float]] = ()


def lines(series: Sequence[Series], places: Sequence[str], label: str, percent: bool) -> str:
    """A line chart; the first series is drawn last, on top.

    Args:
        series: the lines.
        places: the names of the places along the bottom.
        label: what the chart shows, for those who cannot see it.
        percent: whether values are shares, shown in percent.
    """
    heights = [high for one in series for _, high in one.bounds]
    heights += [value for one in series for value in one.values if value is not None]
    top, step = scale(max(heights, default=1.0))
    parts = [*_grid(top, step, percent), *_names(places)]
    for one in reversed(series):
        parts.append(f'<g class="{one.style}">')
        parts += _whiskers(one, len(places), top)
        parts += _line(one, len(places), top)
        parts += _dots(one, places, top, percent)
        parts.append("</g>")
    return _svg(parts, label)


def columns(series: Sequence[Series], places: Sequence[str], label: str) -> str:
    """A column for each place, divided into the shares that the series have of it."""
    parts = [*_grid(1.0, 0.25, True), *_names(places)]
    width = 0.7 * (100 - 2 * SIDE) / max(len(places), 1)
    for place, name in enumerate(places):
        left = _across(place, len(places)) - width / 2
        below = 0.0
        for one in series:
            share = one.values[place] or 0.0
            if share > 0:
                high, low = _down(below + share, 1.0), _down(below, 1.0)
                title = escape(f"{one.name}, history {name}: {share:.0%}")
                parts.append(
                    f'<rect class="{one.style}" x="{left:.2f}%" y="{high:.1f}" '
                    f'width="{width:.2f}%" height="{max(low - high - 1, 0.5):.1f}">'
                    f"<title>{title}</title></rect>"
                )
            below += share
    return _svg(parts, label)


def whisker(value: float, low: float, high: float, top: float, style: str) -> str:
    """A dot with its interval, for one row of a table; `top` is the right end of the scale."""
    start, end, middle = (f"{96 * part / top + 2:.2f}%" for part in (low, high, value))
    return (
        f'<svg class="row {style}" width="100%" height="22" aria-hidden="true">'
        '<line class="axis" x1="2%" x2="98%" y1="11" y2="11"/>'
        f'<line class="span" x1="{start}" x2="{end}" y1="11" y2="11"/>'
        f'<circle cx="{middle}" cy="11" r="5"/></svg>'
    )


def bar(value: float, top: float, style: str) -> str:
    """A bar for one row of a table; `top` is the right end of the scale."""
    width = max(100 * value / top, 0.5) if top > 0 else 0.5
    return (
        f'<svg class="row {style}" width="100%" height="22" aria-hidden="true">'
        f'<rect x="0" y="4" width="{width:.2f}%" height="14" rx="2"/></svg>'
    )


def scale(highest: float) -> tuple[float, float]:
    """The end of a scale that begins at 0, and its step: 1, 2 or 5 times a power of ten."""
    if not highest > 0:
        return 1.0, 0.25
    rough = highest / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(own * power for own in (1, 2, 5, 10) if own * power >= rough * (1 - 1e-9))
    return math.ceil(highest / step - 1e-9) * step, step


def _svg(parts: Sequence[str], label: str) -> str:
    return (
        f'<svg class="chart" role="img" width="100%" height="{HEIGHT}" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def _grid(top: float, step: float, percent: bool) -> list[str]:
    parts = []
    for turn in range(round(top / step) + 1):
        y = _down(turn * step, top)
        text = _number(turn * step, step, percent)
        parts.append(f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="0" y="{y - 4:.1f}">{text}</text>')
    return parts


def _names(places: Sequence[str]) -> list[str]:
    y = HEIGHT - BOTTOM + 18
    return [
        f'<text class="place" x="{_across(place, len(places)):.2f}%" y="{y}">{escape(name)}</text>'
        for place, name in enumerate(places)
    ]


def _line(one: Series, n: int, top: float) -> list[str]:
    spots = [
        (_across(place, n), _down(value, top))
        for place, value in enumerate(one.values)
        if value is not None
    ]
    return [
        f'<line class="line" x1="{x1:.2f}%" y1="{y1:.1f}" x2="{x2:.2f}%" y2="{y2:.1f}"/>'
        for (x1, y1), (x2, y2) in zip(spots[:-1], spots[1:], strict=True)
    ]


def _dots(one: Series, places: Sequence[str], top: float, percent: bool) -> list[str]:
    parts = []
    for place, value in enumerate(one.values):
        if value is None:
            continue
        shown = f"{value:.0%}" if percent else f"{value:.4f}"
        title = escape(f"{one.name}, {places[place]}: {shown}")
        parts.append(
            f'<circle cx="{_across(place, len(places)):.2f}%" cy="{_down(value, top):.1f}" '
            f'r="4"><title>{title}</title></circle>'
        )
    return parts


def _whiskers(one: Series, n: int, top: float) -> list[str]:
    return [
        f'<line class="span" x1="{_across(place, n):.2f}%" x2="{_across(place, n):.2f}%" '
        f'y1="{_down(low, top):.1f}" y2="{_down(high, top):.1f}"/>'
        for place, (low, high) in enumerate(one.bounds)
    ]


def _across(place: int, n: int) -> float:
    return SIDE + (100 - 2 * SIDE) * (place / (n - 1) if n > 1 else 0.5)


def _down(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top


def _number(value: float, step: float, percent: bool) -> str:
    if percent:
        return f"{value:.0%}"
    return f"{value:.{max(-math.floor(math.log10(step) + 1e-9), 0)}f}"
