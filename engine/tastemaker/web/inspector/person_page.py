"""What the page of a person shows: the answer, its parts, and what a change would do to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from tastemaker.engine import Tastemaker
from tastemaker.json_types import Json
from tastemaker.serving.answers import Answer, Recommendation
from tastemaker.web.inspector import drawing
from tastemaker.web.inspector.comparing import AnswerComparison, compare_answers
from tastemaker.web.inspector.lookup import LIFTS, MOST_ON_PAGE, Lookup

NEWEST_SHOWN = 25
"""How many interactions of the history are shown. Chosen, not measured."""

MOST_REASONS = 8
"""How many items of the history are shown for one recommendation. Chosen, not measured."""

SEEN_WORDS = {
    "": "as the kinds decide",
    "exclude": "left out",
    "include": "may come again",
    "only": "nothing else",
}
"""What may become of items of the history, in words."""


@dataclass(frozen=True)
class Amount:
    """A part of a score, or a weight.

    Attributes:
        name: whose it is: a recommender's, or an item's title.
        value: how much.
        bar: the same as a bar.
        style: the class that gives it its colour.
        item_id: the item, where it is one.
    """

    name: str
    value: float
    bar: Markup
    style: str = drawing.REST
    item_id: str = ""


@dataclass(frozen=True)
class Explained:
    """A recommendation with its parts.

    Attributes:
        recommended: the recommendation.
        stack: its positive parts in one bar.
        parts: each part, the largest first.
        reasons: the items of the history that it comes from, the strongest first.
    """

    recommended: Recommendation
    stack: Markup
    parts: tuple[Amount, ...] = field(default_factory=tuple)
    reasons: tuple[Amount, ...] = field(default_factory=tuple)


def person_context(shop: Tastemaker, lookup: Lookup, show_sealed: bool) -> dict[str, object]:
    """Everything that the page shows.

    Raises:
        InputError: something of the request is refused.
        NotFoundError: the person, the surface or the added item is not there.
    """
    known = shop.show(lookup.user_id) if lookup.user_id else {}
    request = lookup.request(shop)
    answer = shop.recommend(request=request)
    styles = drawing.styles_of(answer.details.weights)
    return {
        **form_context(shop, lookup),
        "known": {name: known[name] for name in ("created", "interactions") if name in known},
        "attributes": _in_words(known.get("attributes")) if show_sealed else None,
        "answer": answer,
        "explained": explained(answer, styles),
        "styles": styles,
        "weights": weight_amounts(answer, styles),
        "history": shop.history(lookup.user_id, NEWEST_SHOWN) if lookup.user_id else [],
        "comparison": compared(shop, lookup, answer) if lookup.is_what_if else None,
    }


def form_context(shop: Tastemaker, lookup: Lookup) -> dict[str, object]:
    """What the form needs by itself."""
    return {
        "lookup": lookup,
        "kinds": list(dict.fromkeys((lookup.kind, *(one.kind for one in shop.kinds())))),
        "surfaces": sorted(shop.surfaces()),
        "seen": SEEN_WORDS,
        "lifts": LIFTS,
        "most": MOST_ON_PAGE,
    }


def compared(shop: Tastemaker, lookup: Lookup, before: Answer) -> AnswerComparison:
    """The answer beside what it would be. Nothing is recorded: the request alone says it.

    Raises:
        NotFoundError: there is no item that is added.
    """
    if lookup.added:
        shop.item(lookup.added)
    return compare_answers(before, shop.recommend(request=lookup.changed(lookup.request(shop))))


def explained(answer: Answer, styles: drawing.Styles) -> list[Explained]:
    """Each recommendation with its parts, on one scale."""
    top = drawing.top_of(answer)
    return [
        Explained(
            one,
            drawing.stacked(one.contributions, styles, top),
            amounts(one.contributions, styles, top),
            tuple(
                Amount(
                    reason.title,
                    reason.amount,
                    drawing.amount_bar(reason.amount, top, drawing.REST),
                    item_id=reason.item_id,
                )
                for reason in one.reasons[:MOST_REASONS]
            ),
        )
        for one in answer
    ]


def weight_amounts(answer: Answer, styles: drawing.Styles) -> tuple[Amount, ...]:
    """The weight of each recommender for a history of this length."""
    weights = answer.details.weights
    return amounts(weights, styles, max(weights.values(), default=0.0))


def amounts(given: Mapping[str, float], styles: drawing.Styles, top: float) -> tuple[Amount, ...]:
    """Each amount with its bar, the largest first; without those that are 0."""
    ranked = sorted((-abs(value), name) for name, value in given.items() if value)
    return tuple(
        Amount(name, given[name], drawing.amount_bar(given[name], top, style), style)
        for name, style in ((name, styles.get(name, drawing.REST)) for _, name in ranked)
    )


def _in_words(attributes: Json) -> dict[str, str]:
    """Attributes as a page shows them; several values with commas between them."""
    if not isinstance(attributes, dict):
        return {}
    return {
        name: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in attributes.items()
    }
