"""The report as one HTML page that needs nothing else: no script, no font, no request."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from tastemaker.evaluation.html.charts import Series, bar, columns, lines, scale, whisker
from tastemaker.evaluation.html.pieces import (
    bars_html,
    details_html,
    legend_html,
    row_html,
    section_html,
    table_html,
)
from tastemaker.evaluation.html.style import COLOURS, CSS
from tastemaker.evaluation.result import PARTS, EvaluationResult
from tastemaker.evaluation.summary import in_words, summary_sentences

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
FIFTHS = ("popular", "2nd", "3rd", "4th", "rare")

TERMS = (
    ("NDCG", "How much of what a person went on to choose is in the list, and how near its top; "
     "1 is perfect."),
    ("Recall", "The share of what a person went on to choose that is in the list."),
    ("Hit rate", "The share of people whose list holds anything that they went on to choose."),
    ("MRR", "One divided by the place of the first right item, on average."),
    ("Coverage", "The share of the items that may be shown which at least one person is shown."),
    ("Novelty", "How surprising the shown items are: each bit halves the share of people who knew "
     "an item."),
    ("Diversity", "1 less the mean likeness of two items of a list; items are alike when the same "
     "people chose both."),
    ("Popularity gap", "How far the mix of popular, middling and rare items in a list is from that "
     "in the person's own history; 0 is the same mix, 1 is none in common."),
    ("95% interval", "Where the figure would lie, 95 times in 100, had other people been drawn."),
)  # fmt: skip
"""What the measures mean, for whoever meets them here for the first time."""


def page(result: EvaluationResult) -> str:
    """The whole page."""
    styles = palette(result)
    sections = (
        _summary(result),
        _quality(result, styles),
        _repeats(result),
        _envelope(result, styles),
        _weights(result, styles),
        _diversity(result),
        _tail(result, styles),
        _cost(result, styles),
        _figures(result),
        _terms(),
    )
    body = "".join(section for section in sections if section)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(_title(result))}</title>\n<style>{CSS}</style>\n</head>\n"
        f"<body>\n<main>\n{_header(result)}{body}</main>\n</body>\n</html>\n"
    )


def palette(result: EvaluationResult) -> Mapping[str, str]:
    """The class of colour of the blend and every member.

    The best member has a colour of its own, and so have the weightiest of the others.
    """
    weights = dict(
        zip(result.curve.members, result.curve.weights.max(axis=0).tolist(), strict=True)
    )
    members = [one.name for one in result.ranked if one.name != "blend"]
    members[1:] = sorted(members[1:], key=lambda name: -weights.get(name, 0.0))
    styles = {name: f"c{place}" for place, name in enumerate(members[:COLOURS], start=1)}
    return {"blend": "blend", **styles, **dict.fromkeys(members[COLOURS:], "rest")}


def _title(result: EvaluationResult) -> str:
    return f"Tastemaker: evaluation by {result.split}"


def _header(result: EvaluationResult) -> str:
    made = f" Made {result.made_at[:16].replace('T', ' ')} UTC." if result.made_at else ""
    return (
        "<header><h1>How well would this recommend?</h1><p>Evaluated on "
        f"{result.people:,} people: {escape(result.basis)}. Learnt from "
        f"{result.training_interactions:,} interactions of {result.training_people:,} people with "
        f"{result.training_items:,} items.{made}</p></header>\n"
    )


def _summary(result: EvaluationResult) -> str:
    first, *others = summary_sentences(result)
    measure = in_words(result.headline)
    best = result.best_member
    tiles = [("main", f"{measure}, blend", f"{result.headline_of(result.blend).mean:.4f}")]
    if best is not None:
        name = escape(best.name)
        tiles.append(("", f"{measure}, {name} alone", f"{result.headline_of(best).mean:.4f}"))
        tiles.append(("", "the blend's gain", f"{result.gain_over(best).mean:+.4f}"))
    tiles.append(("", "people evaluated", f"{result.people:,}"))
    shown = "".join(
        f'<div class="{style}"><dt>{name}</dt><dd>{value}</dd></div>'
        for style, name, value in tiles
    )
    points = "".join(f"<li>{escape(sentence)}</li>" for sentence in (*others, *result.notes))
    content = f'<p class="verdict">{escape(first)}</p><dl class="tiles">{shown}</dl>'
    return section_html("In short", "", f"{content}<ul>{points}</ul>", "summary")


def _quality(result: EvaluationResult, styles: Mapping[str, str]) -> str:
    measure = in_words(result.headline)
    top, _ = scale(max(result.headline_of(one).high for one in result.ranked))
    rows = []
    for one in result.ranked:
        own = result.headline_of(one)
        mark = whisker(own.mean, own.low, own.high, top, styles[one.name])
        value = f"{own.mean:.4f}<small>{own.low:.3f} – {own.high:.3f}</small>"
        rows.append(row_html(one.name, mark, value))
    words = f"{measure} of the blend and of each recommender alone, with its 95% interval."
    return section_html("Quality", words, bars_html(rows, f"{measure} with intervals"))


def _repeats(result: EvaluationResult) -> str:
    """Accuracy for repeats and for new items apart, where what people had chosen may come again."""
    if result.repeats is None:
        return ""
    columns = ("recommender", result.headline, *(f"{part}_{result.headline}" for part in PARTS))
    rows = [{name: row.get(name) for name in columns} for row in result.summary_rows()]
    words = (
        f"Of what people chose, they had chosen {result.repeats.share:.1%} before. "
        f"{in_words(result.headline)} for everything, for these repeats alone and for new items "
        "alone, each counted in its places of the same lists."
    )
    return section_html(
        "Repeats and new items", words, table_html(columns, rows, "repeats and new items")
    )


def _envelope(result: EvaluationResult, styles: Mapping[str, str]) -> str:
    if not result.points:
        return ""
    measure = in_words(result.headline)
    series = []
    for name in styles:
        own = [point.quality[name] for point in result.points]
        bounds = [(one.low, one.high) for one in own] if name == "blend" else []
        series.append(Series(name, styles[name], [one.mean for one in own], bounds))
    places = [str(point.length) for point in result.points]
    label = f"{measure} of the blend and of each recommender by how many interactions are known"
    words = (
        "The same people with truncated histories: the blend should run along the upper edge of "
        "its members, from the first visit on."
    )
    table = table_html(result.envelope_columns(), result.envelope_rows(), label)
    content = (
        lines(series, places, label, percent=False)
        + '<p class="axis-name">interactions known</p>'
        + legend_html(styles)
        + details_html("The figures", table)
    )
    return section_html(f"{measure} by length of history", words, content)


def _weights(result: EvaluationResult, styles: Mapping[str, str]) -> str:
    curve = result.curve
    names = [name for name in styles if name in curve.members]
    if not names:
        return ""
    series = [
        Series(name, styles[name], curve.weights[:, curve.members.index(name)].tolist())
        for name in names
    ]
    places = [str(knot) for knot in curve.knots]
    label = "The weight of each recommender in the blend by how many interactions are known"
    rows = [
        {"history": place} | {one.name: f"{one.values[at] or 0.0:.0%}" for one in series}
        for at, place in enumerate(places)
    ]
    content = (
        columns(series, places, label)
        + '<p class="axis-name">interactions known</p>'
        + legend_html({name: styles[name] for name in names}, "shares")
        + details_html("The figures", table_html(("history", *names), rows, label))
    )
    words = "How much each recommender counts, by how much is known about a person."
    return section_html("Weights", words, content)


def _diversity(result: EvaluationResult) -> str:
    points = result.diversity
    if not points or not points[0].ndcg > 0 or not points[0].likeness > 0:
        return ""
    quality = [point.ndcg / points[0].ndcg for point in points]
    likeness = [point.likeness / points[0].likeness for point in points]
    measure = in_words(result.headline)
    styles = {measure: "blend", "likeness within lists": "c1"}
    drawn = zip(styles.items(), (quality, likeness), strict=True)
    series = [Series(name, style, values) for (name, style), values in drawn]
    label = (
        f"{measure} and likeness within lists by strength of diversity, as shares of plain lists"
    )
    table = table_html(result.diversity_columns(), result.diversity_rows(), label)
    content = (
        lines(series, [f"{point.strength:g}" for point in points], label, percent=True)
        + '<p class="axis-name">strength of diversity</p>'
        + legend_html(styles)
        + details_html("The figures", table)
    )
    words = (
        "What lists of more different items cost. Items are alike when the same people chose both."
    )
    return section_html("Diversity", words, content)


def _tail(result: EvaluationResult, styles: Mapping[str, str]) -> str:
    reaches = {one.name: one.measured.reach for one in result.models if one.measured}
    series = [Series(name, styles[name], reaches[name]) for name in styles]
    label = f"The share of each fifth of the catalogue that is in somebody's list of {result.main}"
    rows = [
        {"recommender": one.name}
        | {place: f"{value or 0.0:.1%}" for place, value in zip(FIFTHS, one.values, strict=True)}
        for one in series
    ]
    content = (
        lines(series, FIFTHS, label, percent=True)
        + '<p class="axis-name">fifths of the catalogue, by popularity</p>'
        + legend_html(styles)
        + details_html("The figures", table_html(("recommender", *FIFTHS), rows, label))
    )
    return section_html("Long tail", f"{label}.", content)


def _cost(result: EvaluationResult, styles: Mapping[str, str]) -> str:
    members = [one.member for one in result.models if one.name != "blend"]
    top = max((one.seconds for one in members), default=0.0)
    rows = []
    for one in sorted(members, key=lambda one: -one.seconds):
        mark = bar(one.seconds, top, styles.get(one.name, "rest"))
        state = "" if one.state == "serving" else f"<small>{escape(one.state)}</small>"
        rows.append(row_html(one.name, mark, f"{one.seconds:.2f} s{state}"))
    words = (
        "How long one fit of each recommender took. A training run fits each of them several "
        f"times; this one took {result.blend.member.seconds:.1f} s, and the whole evaluation "
        f"{result.seconds:.1f} s."
    )
    problems = "".join(
        f"<li>{escape(one.name)}: {escape(one.problem)}</li>" for one in members if one.problem
    )
    content = bars_html(rows, "seconds for one fit") + (f"<ul>{problems}</ul>" if problems else "")
    return section_html("Training cost", words, content)


def _figures(result: EvaluationResult) -> str:
    table = table_html(result.summary_columns(), result.summary_rows(), "all measures")
    everything = table_html(result.COLUMNS, result.rows(), "every measure at every cutoff")
    content = table + details_html("Every measure at every cutoff, with intervals", everything)
    return section_html("All figures", "", content)


def _terms() -> str:
    terms = "".join(f"<dt>{name}</dt><dd>{meaning}</dd>" for name, meaning in TERMS)
    return section_html("What the words mean", "", f'<dl class="terms">{terms}</dl>')
