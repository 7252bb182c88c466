"""The parts of scores and the curve of weights as inline SVG, each member in one colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from tastemaker.blend import WeightCurve
from tastemaker.evaluation.html.charts import Series, bar, lines
from tastemaker.evaluation.html.style import COLOURS
from tastemaker.serving.answers import Recommendation

REST = "rest"
"""The class of what has no colour of its own."""

Styles = Mapping[str, str]
"""The class of each member, which gives it its colour."""


def styles_of(weights: Mapping[str, float]) -> dict[str, str]:
    """A colour for each of the members of most weight; the others share one."""
    ranked = sorted(weights, key=lambda name: (-weights[name], name))
    return {name: f"c{place}" if place <= COLOURS else REST for place, name in enumerate(ranked, 1)}


def stacked(parts: Mapping[str, float], styles: Styles, top: float) -> Markup:
    """The positive parts of a score one after the other; `top` is the right end of the scale."""
    start, drawn = 0.0, []
    for name, amount in sorted(parts.items(), key=lambda one: -one[1]):
        if amount <= 0 or top <= 0:
            break
        width = 100 * amount / top
        drawn.append(
            f'<rect class="{styles.get(name, REST)}" x="{start:.2f}%" y="0" '
            f'width="{width:.2f}%" height="12"/>'
        )
        start += width
    return Markup(  # nothing but numbers and our own classes
        f'<svg class="stack" width="100%" height="12" aria-hidden="true">{"".join(drawn)}</svg>'
    )


def top_of(recommended: Sequence[Recommendation]) -> float:
    """The largest sum of positive parts: the right end of the scale of an answer."""
    sums = (sum(max(part, 0.0) for part in one.contributions.values()) for one in recommended)
    return max(sums, default=0.0)


def amount_bar(amount: float, top: float, style: str) -> Markup:
    """One amount as a bar as long as its size; hatched by its class where it is negative."""
    kind = f"{style} minus" if amount < 0 else style
    return Markup(bar(abs(amount), top, kind))  # as above


def curve_chart(curve: WeightCurve, styles: Styles) -> Markup:
    """The weights of all members by the length of the history."""
    series = [
        Series(name, styles.get(name, REST), curve.weights[:, place].tolist())
        for place, name in enumerate(curve.members)
    ]
    series.sort(key=lambda one: one.style)
    label = "Weight of each recommender by how many interactions of a person are known"
    return Markup(lines(series, [str(knot) for knot in curve.knots], label, percent=True))


def weights_on_average(curve: WeightCurve) -> dict[str, float]:
    """The mean weight of each member over the lengths of histories."""
    return dict(zip(curve.members, curve.weights.mean(axis=0).tolist(), strict=True))
