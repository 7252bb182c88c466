"""What the other pages show: the overview, items, the release with its weights, and health."""

from __future__ import annotations

from tastemaker.engine import Tastemaker
from tastemaker.errors import NotFoundError, TastemakerError
from tastemaker.training.report import Release
from tastemaker.web.inspector import drawing
from tastemaker.web.inspector.lookup import FormFields

MOST_FOUND = 30
"""How many items a search shows. Chosen, not measured."""

MOST_SIMILAR = 10
"""How many similar items the page of an item shows. Chosen, not measured."""

PageContext = dict[str, object]


def overview_context(shop: Tastemaker, fields: FormFields) -> PageContext:
    """How things are, and where to go from there."""
    return {"health": shop.health()}


def items_context(shop: Tastemaker, fields: FormFields) -> PageContext:
    """The items that a text finds; without one, those that somebody gets who is not known."""
    text = fields.get("text", [""])[-1]
    found = shop.find_items(text, MOST_FOUND) if text else []
    popular = [] if text else list(shop.recommend(k=MOST_FOUND))
    return {"text": text, "found": found, "popular": popular, "most": MOST_FOUND}


def item_context(shop: Tastemaker, fields: FormFields) -> PageContext:
    """An item, and what is like it.

    Raises:
        NotFoundError: there is no such item.
    """
    item = shop.item(fields.get("item_id", [""])[-1])
    similar = shop.similar(item.item_id, MOST_SIMILAR)
    top = max((one.score for one in similar), default=0.0)
    bars = [drawing.amount_bar(one.score, top, "c1") for one in similar]
    return {"item": item, "similar": list(zip(similar, bars, strict=True)), "text": ""}


def weights_context(shop: Tastemaker, fields: FormFields) -> PageContext:
    """The release that serves: its weights by the length of the history, and its members."""
    try:
        release = shop.release()
    except NotFoundError as error:
        return {"release": None, "problem": str(error)}
    curves = [] if release.curve is None else [_curve(release)]
    if release.repeats is not None:
        curves.append(_repeat_curve(release))
    return {"release": release, "curves": curves, "members": release.member_rows()}


def health_context(shop: Tastemaker, fields: FormFields) -> PageContext:
    """How the database and the members are, and the state of every plugin."""
    try:
        plugins = sorted(shop.plugins(), key=lambda one: (one.state == "enabled", one.name))
    except TastemakerError:  # what is wrong stands in the health
        plugins = []
    return {"health": shop.health(), "plugins": plugins}


def _curve(release: Release) -> PageContext:
    assert release.curve is not None
    styles = drawing.styles_of(drawing.weights_on_average(release.curve))
    return {
        "title": "Weights by history length",
        "name": "curve",
        "chart": drawing.curve_chart(release.curve, styles),
        "styles": styles,
        "columns": release.curve_columns(),
        "rows": release.curve_rows(),
    }


def _repeat_curve(release: Release) -> PageContext:
    assert release.repeats is not None
    curve = release.repeats.curve
    styles = drawing.styles_of(drawing.weights_on_average(curve))
    return {
        "title": "Weights where items may come again",
        "name": "repeats",
        "chart": drawing.curve_chart(curve, styles),
        "styles": styles,
        "columns": release.repeat_columns(),
        "rows": release.repeat_rows(),
    }
