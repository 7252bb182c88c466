"""How far a flood of fake interactions pushes an item into the lists of everybody else.

Each attack is mounted on a data set in memory: fake people choose a target item that nobody else
has chosen, and other items that hide it. Then the engine learns with its default settings and
without networks, exactly what `tastemaker train --quick` would make a release of, and everybody
genuine is recommended to. Printed is the share of their lists of ten that hold the target.

- `random`: fakes choose the target, and items drawn evenly; `average`: drawn by popularity;
- `bandwagon`: the most popular of all for a half; `burst`: the target alone;
- `copies`: nearly the same items for every fake, drawn by popularity;
- `whale`: one person chooses the target 30,000 times.

    python benchmarks/flooding.py ml-100k --share 0.01 --attacks random bandwagon
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from datasets import load
from scipy.sparse import csr_array

from tastemaker.cli.output import print_table
from tastemaker.data import Int64Array, TrainingData
from tastemaker.evaluation.ranked_lists import recommend_to
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.plugin.registry import Registry
from tastemaker.progress import progress_bar
from tastemaker.recommender import State
from tastemaker.serving.loading import LoadedRelease, restore_member
from tastemaker.serving.state import ServingState, assemble_state
from tastemaker.store.items import StoredItems
from tastemaker.store.kinds import Kind
from tastemaker.testing.attacks import FILLERS, busy_person, fake_profiles, with_target
from tastemaker.training.building import build
from tastemaker.training.fitting import choose
from tastemaker.training.limits import Limits
from tastemaker.training.quick import choose_quick, quick_limits

WHALE = "whale"
WHALE_EVENTS = 30_000
LENGTH = 10


def main() -> None:
    """Mounts every attack named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", help="ml-100k, or a folder with *.csv.gz")
    parser.add_argument("--share", type=float, default=0.01, help="fakes, of genuine people")
    parser.add_argument(
        "--attacks", nargs="+", choices=[*FILLERS, WHALE], default=[*FILLERS, WHALE]
    )
    parser.add_argument("--days", type=float, default=0, help="how long fakes take; else an hour")
    parser.add_argument("--only", nargs="+", default=[], help="only these recommenders")
    parser.add_argument("--recbole", type=Path, help="a wheel of recbole that is already here")
    given = parser.parse_args()
    for name in given.data:
        genuine = with_target(load(name, given.recbole))
        rows = []
        for attack in given.attacks:
            serving = served(attacked(genuine, attack, given.share, given.days), given.only)
            rows.append({"attack": attack} | lists_with_target(serving, genuine))
        print_table(rows, tuple(rows[0]), f"{name}: share of lists with the target")


def attacked(genuine: TrainingData, attack: str, share: float, days: float) -> TrainingData:
    """The data under an attack."""
    if attack == WHALE:
        return busy_person(genuine, WHALE_EVENTS)
    return fake_profiles(genuine, FILLERS[attack], share, days=days)


def served(data: TrainingData, only: Sequence[str]) -> ServingState:
    """What quick training would make a release of, ready to recommend."""
    registry = Registry()
    participants = choose_quick(choose(registry, {}, only), None).participants
    with progress_bar() as progress:
        unsaved = build(registry, participants, data, progress, quick_limits(Limits()))
    restored = [
        restore_member(registry, model.name, State(model.arrays, model.values), data.n_items)
        for model in unsaved.models
    ]
    stored = stored_items(data)
    presence = data.people.presence()
    counts = np.bincount(presence.indices, minlength=data.n_items).astype(np.float32)
    members = tuple(member for member, _ in restored if member)
    loaded = LoadedRelease(None, stored.keys, counts, unsaved.curve, members)
    return assemble_state(loaded, stored, [Kind(1, "interaction", 1.0)])


def stored_items(data: TrainingData) -> StoredItems:
    """The store's view of the items: all of them available."""
    available = np.ones(data.n_items, dtype=np.bool_)
    return StoredItems(np.arange(data.n_items, dtype=np.int64), data.items, available)


def lists_with_target(serving: ServingState, genuine: TrainingData) -> dict[str, float]:
    """The share of genuine people's lists that hold the last item; of each member's lists too."""
    people = genuine.people
    nothing = csr_array((len(people), genuine.n_items), dtype=np.bool_)
    cases = HeldOutCases(people, people.presence().astype(np.bool_), nothing)
    lists = recommend_to(serving, cases, np.ones(genuine.n_items, dtype=np.bool_), LENGTH)
    found = {"blend": share_of(lists.items, genuine.n_items - 1)}
    for member in serving.ranker.members:
        scores, _ = member.score(people)
        if scores is not None:
            scores[cases.seen.toarray() | ~np.isfinite(scores)] = -np.inf
            best = np.argsort(-scores, axis=1, kind="stable")[:, :LENGTH]
            found[member.name] = share_of(best, genuine.n_items - 1)
    return found


def share_of(lists: Int64Array, item: int) -> float:
    """The share of lists that hold an item."""
    return float((lists == item).any(axis=1).mean())


if __name__ == "__main__":
    main()
