"""How well the blend recommends with default settings, beside each of its members.

Protocol: all interactions in the order of time, the first 90 % to learn from (the blend learns on
cuts inside them), the last 10 % to foretell; all items ranked, seen items left out. `--part
validation` learns from the first 80 % and foretells the next 10 %: use it for every decision.
`--repeats drop` keeps only the first time that a person had to do with an item, before anything is
split: many published figures are measured so, and where people buy again it moves the cut.

    python benchmarks/quality.py ml-100k engine/tastemaker/demo/data
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from datasets import folder, ml_100k

from tastemaker.blend import Curve, Lesson, Trial, blend, even, learn
from tastemaker.data import BoolArray, Float32Array, Int64Array, People, TrainingData
from tastemaker.evaluation.measure import Measures, compare, interval, measure
from tastemaker.evaluation.questions import questions, trial, whole
from tastemaker.evaluation.splits import Split, global_time, hold_outs
from tastemaker.recommender import Recommender, silent
from tastemaker_plugins.ease import Ease
from tastemaker_plugins.item_knn import ItemKnn
from tastemaker_plugins.popularity import Popular, RecentPopular
from tastemaker_plugins.tfidf import Tfidf
from tastemaker_plugins.transition import Transition

MEMBERS: tuple[type[Recommender], ...] = (
    Popular,
    RecentPopular,
    ItemKnn,
    Ease,
    Transition,
    Tfidf,
)
LENGTHS = ((0, 0), (1, 4), (5, 19), (20, 49), (50, 10**9))


@dataclass(frozen=True)
class Blender:
    """Trained members and their curve, as something that ranks."""

    members: Sequence[Recommender]
    curve: Curve

    def scores(self, people: People) -> list[Float32Array]:
        """Each member's scores."""
        return [member.score(people) for member in self.members]

    def __call__(self, people: People, barred: BoolArray, k: int) -> tuple[Int64Array, BoolArray]:
        """The best items by all members together."""
        best = blend(self.scores(people), barred, self.curve, people.histories.lengths, k)
        return best.items, best.valid


def fitted(data: TrainingData) -> list[Recommender]:
    """Every member, with its default settings."""
    return [member().fit(data, silent) for member in MEMBERS]


def known(data: TrainingData, split: Split) -> TrainingData:
    """Only what a split lets be known; everyone keeps their place."""
    return TrainingData(data.items, data.people.take(split.known), data.kinds, data.seed)


def without_repeats(data: TrainingData) -> TrainingData:
    """Only the first interaction of each person with each item."""
    histories = data.people.histories
    pairs = histories.rows * data.n_items + histories.items
    first = np.zeros(len(pairs), dtype=np.bool_)
    first[np.unique(pairs, return_index=True)[1]] = True
    return TrainingData(data.items, data.people.take(first), data.kinds, data.seed)


def lesson(data: TrainingData) -> Lesson:
    """The blend's weights, learnt on rolling cuts of the data."""
    trials: list[Trial] = []
    for split in hold_outs(data.people):
        members = Blender(fitted(known(data, split)), even(names()))
        answered = (trial(asked, members.scores) for asked in questions(data.people, split))
        trials.extend(one for one in answered if one is not None)
    return learn(names(), trials)


def names() -> list[str]:
    """The members' names."""
    return [member.name for member in MEMBERS]


def alone(place: int) -> Curve:
    """The curve that gives one member all the weight."""
    return Curve(tuple(names()), (0,), np.eye(len(MEMBERS))[[place]])


def report(title: str, data: TrainingData, split: Split) -> None:
    """Learns from what the split lets be known, and prints how well that foretells the rest."""
    past, start = known(data, split), time.perf_counter()
    learnt = lesson(past)
    learning = time.perf_counter() - start
    blender = Blender(fitted(past), learnt.curve)
    asked = whole(data.people, split)
    print(f"\n## {title}: {split.basis}; {len(data.items)} items, {len(asked)} people asked")
    print(f"cuts fitted and blend learnt in {learning:.1f} s")
    print_curve(learnt.curve)
    figures = {
        name: measure(asked, Blender(blender.members, alone(place)))
        for place, name in enumerate(names())
    }
    figures["blend"] = measure(asked, blender)
    lengths = asked.people.histories.lengths
    print_figures("people with a history", figures, lengths > 0)
    print_figures("everybody", figures, lengths >= 0)
    print_envelope(figures, lengths)


def print_curve(curve: Curve) -> None:
    """The weights, in percent."""
    print("history   ", *(f"{name:>14}" for name in curve.members))
    for knot, weights in zip(curve.knots, curve.weights, strict=True):
        print(f"{knot:<10}", *(f"{weight:14.0%}" for weight in weights))


def print_figures(whom: str, figures: Mapping[str, Measures], which: BoolArray) -> None:
    """The measures of some of the people, and how much better the blend is, with intervals."""
    print(f"{whom} ({which.sum()})")
    for name, own in figures.items():
        quality = interval(own["ndcg@10"][which])
        gain = compare(figures["blend"]["ndcg@10"][which], own["ndcg@10"][which])
        print(
            f"  {name:15} NDCG@10 {quality.mean:.4f} [{quality.low:.4f}, {quality.high:.4f}]"
            f"  recall@20 {own['recall@20'][which].mean():.4f}"
            f"  hits@10 {own['hit_rate@10'][which].mean():.3f}"
            f"  blend {gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
        )


def print_envelope(figures: Mapping[str, Measures], lengths: Int64Array) -> None:
    """NDCG@10 by length of history."""
    print("NDCG@10 by history", *(f"{name:>14}" for name in figures))
    for shortest, longest in LENGTHS:
        which = (lengths >= shortest) & (lengths <= longest)
        if which.any():
            means = (own["ndcg@10"][which].mean() for own in figures.values())
            label = f"{shortest}+ ({which.sum()})"
            print(f"{label:18}", *(f"{mean:14.4f}" for mean in means))


def main() -> None:
    """Measures every data set named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", help="ml-100k, or a folder with *.csv.gz")
    parser.add_argument("--part", choices=["validation", "test"], default="test")
    parser.add_argument("--repeats", choices=["keep", "drop"], default="keep")
    parser.add_argument("--recbole", type=Path, help="a wheel of recbole that is already here")
    chosen = parser.parse_args()
    for name in chosen.data:
        data = ml_100k(chosen.recbole) if name == "ml-100k" else folder(Path(name))
        if chosen.repeats == "drop":
            data = without_repeats(data)
        validation, test = global_time(data.people)
        report(name, data, test if chosen.part == "test" else validation)


if __name__ == "__main__":
    main()
