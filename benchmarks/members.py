"""What each member of a trained release costs: scoring all, retrieving, scoring some, explaining.

`python benchmarks/members.py FOLDER [NAME]…` reads tastemaker.db and tastemaker.key in the folder,
and prints processor microseconds a person: for one person, as in a web request, and for a batch, as
in `recommend_many`. Of several passes the quickest counts, so a busy machine disturbs little.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from tastemaker import Int64Array, People, Recommender, Tastemaker
from tastemaker.cli.output import print_table
from tastemaker.serving.people import read_people
from tastemaker.serving.server import Server
from tastemaker.serving.state import ServingState
from tastemaker.store.crypto.keys import KeyFile
from tastemaker.store.store import Store

Call = Callable[[Recommender, People, Int64Array], object]

CALLS: dict[str, Call] = {
    "score": lambda member, people, items: member.score(people),
    "retrieve": lambda member, people, items: member.retrieve(people, 100),
    "score_items": lambda member, people, items: member.score_items(people, items),
    "reasons": lambda member, people, items: member.reasons(people, items[:, :10]),
}
"""What is timed: 100 retrieved, 300 candidates scored, 10 explained."""

CANDIDATES = 300
BATCH = 256
"""People at once."""

ALONE = 40
"""People one after the other."""

PASSES = 5
COLUMNS = ("member", "arrays_mb", *(f"{call}_{size}" for size in ("1", "batch") for call in CALLS))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these members")
    given = parser.parse_args()
    state, people = served(given.folder)
    lengths = people.histories.lengths
    title = f"{len(people)} people, {people.n_items} items, median history {np.median(lengths):.0f}"
    print_table(list(measured(state, people, given.names)), COLUMNS, f"{title}; µs a person")


def served(folder: Path) -> tuple[ServingState, People]:
    """What serves from the database in a folder, and some people with a history."""
    url, key = f"sqlite:///{folder}/tastemaker.db", KeyFile(folder / "tastemaker.key")
    with Tastemaker(url, key=key) as engine:
        users = np.array(sorted(engine.user_ids()))
    store = Store(url, key)
    ids = np.random.default_rng(0).permutation(users).tolist()[: 2 * BATCH]
    maker = store.keyring.ref_keys[0]
    refs = [maker.ref(user_id) for user_id in ids]
    with store.reading("measuring") as connection:
        state = Server(store).state(connection)
        people, _ = read_people(connection, store.keyring, state, ids, refs, maker)
    store.close()
    return state, people.select(np.flatnonzero(people.histories.lengths)[:BATCH])


def measured(
    state: ServingState, people: People, names: Sequence[str]
) -> Iterator[dict[str, object]]:
    """A row for each member."""
    for guarded in state.ranker.members:
        if names and guarded.name not in names:
            continue
        member, known = guarded.recommender, people.among(guarded.n_items)
        size = sum(array.nbytes for array in member.state().arrays.values())
        row: dict[str, object] = {"member": guarded.name, "arrays_mb": size / 1e6}
        items = candidates(known)
        alone = [known.select(np.array([place])) for place in range(min(ALONE, len(known)))]
        for name, call in CALLS.items():
            row[f"{name}_batch"] = took(call, member, [known], items) / len(known)
            row[f"{name}_1"] = took(call, member, alone, items) / len(alone)
        yield row


def candidates(people: People) -> Int64Array:
    """(n, CANDIDATES) items drawn at random for each person, ascending."""
    width = min(CANDIDATES, people.n_items)
    drawn = np.random.default_rng(0).random((len(people), people.n_items), dtype=np.float32)
    return np.sort(np.argpartition(drawn, width - 1, axis=1)[:, :width], axis=1)


def took(call: Call, member: Recommender, groups: Sequence[People], items: Int64Array) -> float:
    """Processor microseconds for all groups together; NaN where the member refuses the call."""
    rows = [items[place : place + len(group)] for place, group in enumerate(groups)]
    best = np.inf
    try:
        for _ in range(PASSES + 1):  # the first one warms up what people keep, and counts too
            start = time.process_time()
            for group, own in zip(groups, rows, strict=True):
                call(member, group, own)
            best = min(best, time.process_time() - start)
    except Exception:
        return float("nan")
    return best * 1e6


if __name__ == "__main__":
    main()
