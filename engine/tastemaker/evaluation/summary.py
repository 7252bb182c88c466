"""An evaluation in plain words: does the blend beat its best member, and by how much?"""

from __future__ import annotations

from collections.abc import Sequence

from tastemaker.evaluation.by_length import LengthQuality
from tastemaker.evaluation.result import PARTS, EvaluationResult
from tastemaker.metrics.intervals import Interval


def summary_sentences(result: EvaluationResult) -> list[str]:
    """A few sentences, the most important first."""
    sentences = [
        verdict(result),
        certainty(result),
        repeats(result),
        by_length(result),
        breadth(result),
    ]
    return [sentence for sentence in sentences if sentence]


def verdict(result: EvaluationResult) -> str:
    """Whether the blend beats its best member."""
    best = result.best_member
    blend = result.headline_of(result.blend).mean
    measure = in_words(result.headline)
    if best is None:
        return f"No recommender could be measured alone. The blend has an {measure} of {blend:.4f}."
    alone, gain = result.headline_of(best).mean, result.gain_over(best)
    figures = f"{measure} {blend:.4f} against {alone:.4f}"
    if judged(gain) == "better":
        return f"The blend beats its best member, {best.name}{percent(gain, alone)}: {figures}."
    if judged(gain) == "worse":
        return f"The blend is worse than its best member, {best.name}: {figures}."
    return f"The blend is as good as its best member, {best.name}: {figures}."


def certainty(result: EvaluationResult) -> str:
    """How sure that is."""
    best = result.best_member
    if best is None:
        return ""
    gain = result.gain_over(best)
    people = "one person" if result.people == 1 else f"{result.people:,} people"
    judgement = "it may be chance" if judged(gain) == "even" else "it is not chance"
    return (
        f"Evaluated on {people}. The difference is {gain.mean:+.4f}, and would lie between "
        f"{gain.low:+.4f} and {gain.high:+.4f} with other people (95% interval): {judgement}."
    )


def repeats(result: EvaluationResult) -> str:
    """How good the blend is at repeats, and at new items; empty where nothing may come again."""
    measured = result.blend.measured
    if result.repeats is None or measured is None:
        return ""
    again, new = (measured.measures[f"{part}_{result.headline}"].mean for part in PARTS)
    weights = (
        "" if result.repeats.own_curve else " The weights are those of where nothing comes again."
    )
    return (
        f"What people had chosen before may come again: it is {result.repeats.share:.1%} of what "
        f"they chose. The blend has an {in_words(result.headline)} of {again:.4f} for it, and of "
        f"{new:.4f} for what was new to them, counted in the places of the same lists.{weights}"
    )


def by_length(result: EvaluationResult) -> str:
    """Whether the blend keeps up with the best member at every length of history."""
    points = result.points
    if not points:
        return ""
    behind = [point for point in points if judged(point.gain) == "worse"]
    if behind:
        return f"With {lengths(behind)} a member alone is clearly better: see the envelope."
    ahead = [point for point in points if judged(point.gain) == "better"]
    if len(ahead) == len(points):
        return "It is clearly better at every length of history."
    if ahead:
        return (
            "At no length of history is a member clearly better than the blend; the blend is "
            f"clearly better with {lengths(ahead)}."
        )
    return "At no length of history is a member clearly better than the blend."


def breadth(result: EvaluationResult) -> str:
    """How much of the catalogue is shown."""
    measured = result.blend.measured
    if measured is None:
        return ""
    share = measured.coverage[f"coverage@{result.main}"]
    return (
        f"In lists of {result.main} the blend shows {share:.0%} of the items that may be shown to "
        "at least one of these people."
    )


def judged(gain: Interval) -> str:
    """Whether a difference is "better", "worse", or may be chance: "even"."""
    if gain.low > 0:
        return "better"
    return "worse" if gain.high < 0 else "even"


def percent(gain: Interval, alone: float) -> str:
    """How much more that is, in percent: ", by 12%"; empty where that is not defined."""
    return f", by {gain.mean / alone:.0%}" if alone > 0 else ""


def lengths(points: Sequence[LengthQuality]) -> str:
    """Histories in words: "0, 1 or 5 interactions known"."""
    names = [str(point.length) for point in points]
    listed = " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
    return f"{listed} interaction{'' if names == ['1'] else 's'} known"


def in_words(measure: str) -> str:
    """A measure's name as people write it: "NDCG@10"."""
    name, _, k = measure.partition("@")
    known = {
        "ndcg": "NDCG",
        "mrr": "MRR",
        "hit_rate": "hit rate",
        "popularity_gap": "popularity gap",
    }
    return f"{known.get(name, name)}@{k}"
