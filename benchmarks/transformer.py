"""Does a small transformer earn its seconds beside `sequence`? An experiment on validation parts.

Everybody is fitted on what comes before the validation part, and scores all of it. Printed are how
good each one is alone and in how many processor seconds (TensorFlow is imported before), and the
blend with `sequence`, with the transformer, with both and with neither; its weights are learned on
folds of what comes before the validation part. The test parts are not looked at.

    python benchmarks/transformer.py ml-100k --splits last time --only slist transition tfidf
    python benchmarks/transformer.py ml-100k --splits last --alone --settings transformer.epochs=8
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from datasets import known, load
from quality import as_stored, split_of
from self_attention import Transformer
from worth import NO_LIMIT, scored_on

from tastemaker.blend import ScoredCases, fit_weights, keep_members
from tastemaker.cli.output import print_table
from tastemaker.data import Float64Array, TrainingData
from tastemaker.holdout.cases import LEARNING, SampleSize
from tastemaker.holdout.evaluation_split import EvaluationSplit
from tastemaker.holdout.methods import HOLD_OUTS, make_folds
from tastemaker.holdout.splits import Split
from tastemaker.metrics.intervals import compare
from tastemaker.plugin.discovery import Plugin
from tastemaker.plugin.registry import Registry
from tastemaker.progress import progress_bar
from tastemaker.training.context import TrainingContext
from tastemaker.training.deadline import Deadline
from tastemaker.training.fitting import choose
from tastemaker.training.steps import Steps
from tastemaker_plugins.neural.quiet import keras_on_tensorflow

NETWORKS = ("sequence", "transformer")
EVERYBODY = SampleSize(100_000, 250)
"""How many people of the validation part are scored: all of them with their whole histories."""


def main() -> None:
    """Tries every data set named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", help="ml-100k, or a folder with *.csv.gz")
    parser.add_argument("--splits", nargs="+", choices=HOLD_OUTS, default=["last"])
    parser.add_argument("--only", nargs="+", default=[], help="these, and in blends the networks")
    parser.add_argument("--alone", action="store_true", help="no blend")
    parser.add_argument("--settings", nargs="+", default=[], metavar="NAME.SETTING=NUMBER")
    parser.add_argument("--seed", type=int, default=0, help="of everything drawn at random")
    parser.add_argument("--recbole", type=Path, help="a wheel of recbole that is already here")
    chosen = parser.parse_args()
    keras_on_tensorflow()
    registry = Registry([Transformer])
    names = [*chosen.only, *([] if chosen.alone else NETWORKS)]
    plugins = choose(registry, numbers(chosen.settings), names)
    for name in chosen.data:
        whole = replace(load(name, chosen.recbole), seed=chosen.seed)
        for way in chosen.splits:
            split = as_stored(split_of(way, known(whole, split_of(way, whole).split)))
            report(f"{name}, {way}", registry, plugins, split, not chosen.alone)


def numbers(given: Sequence[str]) -> dict[str, dict[str, float]]:
    """Settings by recommender, from NAME.SETTING=NUMBER."""
    found: dict[str, dict[str, float]] = {}
    for one in given:
        place, _, number = one.partition("=")
        name, _, setting = place.partition(".")
        found.setdefault(name, {})[setting] = float(number) if "." in number else int(number)
    return found


def report(
    title: str,
    registry: Registry,
    plugins: Sequence[Plugin],
    split: EvaluationSplit,
    with_blend: bool,
) -> None:
    """Fits on what comes before the validation part, and prints how well it is predicted."""
    everything = replace(split.data, people=split.people)
    names, (cases,), seconds = scored(registry, plugins, everything, [split.split], EVERYBODY)
    alone = cases[0].member_ndcg(10)
    rows = [
        {"recommender": name, "ndcg@10": own.mean(), "error": error(own), "seconds": seconds[name]}
        for name, own in zip(names, alone, strict=True)
    ]
    rows.sort(key=lambda row: -row["ndcg@10"])
    print_table(rows, tuple(rows[0]), f"{title}: {len(cases[0])} people, each alone")
    if with_blend:
        folds = make_folds(split.data.people, split.hold_out, split.data.seed)
        members, learned, _ = scored(registry, plugins, split.data, folds, LEARNING)
        both = [name for name in names if name in members]
        kept = [keep_members(one, places(members, both)) for fold in learned for one in fold]
        rows = list(blends(both, kept, [keep_members(one, places(names, both)) for one in cases]))
        print_table(rows, tuple(rows[0]), f"{title}: the blend with these networks")


def scored(
    registry: Registry,
    plugins: Sequence[Plugin],
    data: TrainingData,
    splits: Sequence[Split],
    size: SampleSize,
) -> tuple[tuple[str, ...], list[list[ScoredCases]], Mapping[str, float]]:
    """Who could be fitted on every split, what they score, and the processor seconds of fits."""
    with progress_bar() as progress:
        steps = Steps(progress, len(plugins) * len(splits))
        context = TrainingContext(registry, data, splits, Deadline(NO_LIMIT), steps)
        names, folds = scored_on(context, plugins, size)
    seconds = dict.fromkeys(names, 0.0)
    for span in context.profile.spans:
        if span.what in seconds:
            seconds[span.what] += span.processor
    return names, folds, seconds


def blends(
    names: Sequence[str], learned: Sequence[ScoredCases], cases: Sequence[ScoredCases]
) -> Iterator[dict[str, object]]:
    """A row for each choice of networks, in comparison with `sequence` alone among them.

    Args:
        names: the members.
        learned: what they score on folds, where the weights are learned.
        cases: what they score of the validation part, whole histories first.
    """
    usual: Float64Array | None = None
    for chosen in (NETWORKS[:1], (), NETWORKS[1:], NETWORKS):
        rows = [row for row, name in enumerate(names) if name in chosen or name not in NETWORKS]
        members = [names[row] for row in rows]
        curve = fit_weights(members, [keep_members(one, rows) for one in learned])
        kept = [keep_members(one, rows) for one in cases]
        whole, *truncated = (one.ndcg_by(curve, 10) for one in kept)
        usual = whole if usual is None else usual
        gain, weights = compare(whole, usual), curve.at(kept[0].lengths).mean(axis=0)
        yield {
            "networks": " ".join(chosen),
            "ndcg@10": whole.mean(),
            "gain": f"{gain.mean / usual.mean():+.2%}",
            "from": f"{gain.low / usual.mean():+.2%}",
            "to": f"{gain.high / usual.mean():+.2%}",
            "truncated": np.concatenate(truncated).mean(),
            "weights": " ".join(f"{weights[members.index(own)]:.0%}" for own in chosen),
        }


def places(names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where the wanted ones stand among the names."""
    return [names.index(name) for name in wanted]


def error(figures: Float64Array) -> float:
    """The standard error of the mean."""
    return float(figures.std() / np.sqrt(len(figures)))


if __name__ == "__main__":
    main()
