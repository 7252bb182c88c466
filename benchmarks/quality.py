"""How well the engine recommends with its default settings, beside its members and its peers.

The engine learns in memory exactly what `tastemaker train` would make a release of, and recommends
through the pipeline that serves. Protocol: `time` holds out the latest 10 % of all interactions,
`last` everyone's last one, `random` 20 % of everyone's; all items are ranked, seen ones left out.
Peers (those that are installed) are tuned on the same kind of split of what may be learnt from, and
fitted again on all of that; they recommend only to people whom they know something of, so the
figures are of people with a history. Recall is shown as the share of all that a person chose, and
as the share of what a list of 20 can hold of it ("of what fits"): published figures are sometimes
the one, sometimes the other, and where people choose hundreds of items they lie far apart.
`--part validation` keeps away from the test part: use it for decisions. `--repeats drop` keeps only
the first time that a person had to do with an item, before anything is split: many published
figures are measured so, and where people buy again it moves the split. `--support` is what
`tastemaker support --links` sets. `--seen include` lets what people had chosen before come again,
in lists and among what is right, and measures repeats and new items apart; the peer is then what a
shop would write first: how often a person chose each item, plus what everybody chose lately.

    python benchmarks/quality.py ml-100k engine/tastemaker/demo/data --splits time last
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from datasets import known, load, without_repeats
from habits import habit_lists
from peers import cases_of, evaluated_rows, hits, tuned_peers

from tastemaker.blend import WeightCurve
from tastemaker.cli.output import console, print_table
from tastemaker.data import Int64Array, TrainingData
from tastemaker.evaluation.models import CatalogueNow, ServedModels, train_models
from tastemaker.evaluation.ranked_lists import RankedLists, recommend_to
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.holdout.evaluation_split import EvaluationSplit, make_evaluation_split
from tastemaker.holdout.methods import HOLD_OUTS, SEEN
from tastemaker.holdout.splits import Split
from tastemaker.metrics.accuracy import Measures, measures, ndcg
from tastemaker.metrics.intervals import compare, interval
from tastemaker.plugin.registry import Registry
from tastemaker.progress import progress_bar
from tastemaker.store.items import StoredItems
from tastemaker.store.kinds import Kind
from tastemaker.training.fitting import choose

DEPTH = 20
"""How long the lists are."""

CUTOFFS = (10, DEPTH)
LENGTHS = ((1, 4), (5, 19), (20, 49), (50, 10**9))
"""The buckets of history lengths."""


def main() -> None:
    """Measures every data set named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", help="ml-100k, or a folder with *.csv.gz")
    parser.add_argument("--splits", nargs="+", choices=HOLD_OUTS, default=["time"])
    parser.add_argument("--part", choices=["validation", "test"], default="test")
    parser.add_argument("--repeats", choices=["keep", "drop"], default="keep")
    parser.add_argument("--seen", choices=SEEN, default="exclude")
    parser.add_argument("--support", type=int, default=1, help="people that a link must rest on")
    parser.add_argument("--only", nargs="+", default=[], help="only these recommenders")
    parser.add_argument("--no-peers", action="store_true", help="the engine alone")
    parser.add_argument("--recbole", type=Path, help="a wheel of recbole that is already here")
    chosen = parser.parse_args()
    for name in chosen.data:
        data = load(name, chosen.recbole)
        data = without_repeats(data) if chosen.repeats == "drop" else data
        data = replace(data, support=chosen.support)
        for way in chosen.splits:
            split = split_of(way, data)
            if chosen.part == "validation":
                split = split_of(way, known(data, split.split))
            again = chosen.seen == "include"
            report(f"{name}, {way}", split, chosen.only, not chosen.no_peers, again)


def split_of(name: str, data: TrainingData) -> EvaluationSplit:
    """The data split in the way of that name; every item may be shown.

    What is last is decided by the order of the rows, as in published figures.
    """
    return make_evaluation_split(name, data, np.ones(data.n_items, dtype=np.bool_))


def as_stored(split: EvaluationSplit) -> EvaluationSplit:
    """The same without the order of what happened at one moment: the engine's store keeps none."""
    seed, parts = split.data.seed, split.split
    order = split.people.drawn_order(seed)
    return replace(
        split,
        data=replace(split.data, people=split.data.people.shuffled(seed)),
        people=split.people.shuffled(seed),
        split=Split(parts.known[order], parts.held_out[order], parts.description),
    )


def report(
    title: str,
    split: EvaluationSplit,
    only: Sequence[str],
    with_peers: bool,
    repeats: bool = False,
) -> dict[str, float]:
    """Learns from what may be learnt from, and prints how well that predicts the rest.

    Returns:
        The blend's measures, and "best other": the highest NDCG@10 of any other.
    """
    in_order, split = split, as_stored(split)
    cases = cases_of(split, repeats)
    with progress_bar() as progress:
        registry = Registry()
        participants = choose(registry, {}, only)
        served = train_models(registry, participants, split, catalogue_of(split), progress)
    ranked = {
        name: recommend_to(serving, cases, split.candidates, DEPTH)
        for name, serving in {**served.alone, "blend": served.blend}.items()
    }
    lists = {name: own.hits for name, own in ranked.items()}
    if with_peers and repeats:
        lists |= {name: hits(own, cases) for name, own in habit_lists(split, cases, DEPTH).items()}
    elif with_peers:
        peers = tuned_peers(in_order, evaluated_rows(in_order), DEPTH)
        lists |= {name: hits(items, cases) for name, items in peers.items()}
    relevant = cases.n_relevant
    figures = {name: measures(own, relevant, CUTOFFS) for name, own in lists.items()}
    heading = f"{title}: {split.description}; {len(cases):,} people, {split.data.n_items:,} items"
    print_figures(heading, figures, relevant)
    print_parts(ranked)
    print_curve(served.curve_for(repeats))
    print_envelope(figures, cases)
    print_costs(served)
    means = {name: float(own["ndcg@10"].mean()) for name, own in figures.items()}
    best = max(mean for name, mean in means.items() if name != "blend")
    return {name: float(own.mean()) for name, own in figures["blend"].items()} | {
        "best other": best
    }


def catalogue_of(split: EvaluationSplit) -> CatalogueNow:
    """The store's view of the items: all of them available, in the order of the split."""
    n_items, items = len(split.order), split.data.items
    available = np.ones(n_items, dtype=np.bool_)
    stored = StoredItems(
        np.arange(n_items, dtype=np.int64), items, available, np.zeros(0, np.int64)
    )
    return CatalogueNow(stored, [Kind(1, "interaction", 1.0)])


def print_figures(title: str, figures: Mapping[str, Measures], relevant: Int64Array) -> None:
    """The measures with intervals, and how much better the blend is, person by person."""
    rows, blend = [], figures["blend"]
    longer = relevant / np.clip(relevant, 1, DEPTH)
    for name, own in sorted(figures.items(), key=lambda pair: pair[1]["ndcg@10"].mean()):
        quality, gain = interval(own["ndcg@10"]), compare(blend["ndcg@10"], own["ndcg@10"])
        rows.append(
            {
                "recommender": name,
                "ndcg@10": quality.mean,
                "from": quality.low,
                "to": quality.high,
                f"recall@{DEPTH}": float(own[f"recall@{DEPTH}"].mean()),
                "of what fits": float((own[f"recall@{DEPTH}"] * longer).mean()),
                "blend is better by": gain.mean,
                "at least": gain.low,
                "at most": gain.high,
            }
        )
    print_table(rows, tuple(rows[0]), title)


def print_parts(ranked: Mapping[str, RankedLists]) -> None:
    """NDCG@10 for repeats and for new items apart, each over those who chose any; if any may be."""
    rows = [
        {"recommender": name}
        | {
            part: float(ndcg(found, right, CUTOFFS[0])[right > 0].mean())
            for part, (found, right) in own.parts.items()
        }
        for name, own in ranked.items()
        if own.parts
    ]
    if rows:
        share = ranked["blend"].parts["repeats"][1].sum() / ranked["blend"].n_relevant.sum()
        print_table(rows, tuple(rows[0]), f"NDCG@10 apart; {share:.1%} of the right are repeats")


def print_curve(curve: WeightCurve) -> None:
    """The weights, in percent."""
    rows = [
        {"history": knot}
        | {name: f"{own:.0%}" for name, own in zip(curve.members, weights, strict=True)}
        for knot, weights in zip(curve.knots, curve.weights, strict=True)
    ]
    print_table(rows, tuple(rows[0]), "Weights")


def print_envelope(figures: Mapping[str, Measures], cases: HeldOutCases) -> None:
    """NDCG@10 by length of history; the paired interval of the blend against the best member."""
    lengths, rows = cases.people.histories.lengths, []
    for shortest, longest in LENGTHS:
        which = (lengths >= shortest) & (lengths <= longest)
        if not which.any():
            continue
        means = {name: float(own["ndcg@10"][which].mean()) for name, own in figures.items()}
        best = max((name for name in means if name != "blend"), key=lambda name: means[name])
        gain = compare(figures["blend"]["ndcg@10"][which], figures[best]["ndcg@10"][which])
        rows.append(
            {
                "history": f"{shortest}+",
                "people": int(which.sum()),
                "blend": means["blend"],
                "best other": f"{best} {means[best]:.4f}",
                "difference": f"{gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]",
            }
        )
    print_table(rows, tuple(rows[0]), "NDCG@10 by length of history")


def print_costs(served: ServedModels) -> None:
    """How long training took, and its notes."""
    seconds = {member.name: member.seconds for member in served.members}
    slowest = sorted(seconds, key=lambda name: -seconds[name])[:5]
    named = ", ".join(f"{name} {seconds[name]:.1f} s" for name in slowest)
    console().print(f"trained in {served.seconds:.0f} s; the last fits that took longest: {named}")
    for note in served.notes:
        console().print(f"note: {note}")


if __name__ == "__main__":
    main()
