"""Whether a recommender gives away who was learnt from: a membership attack on each.

For each recommender many models are trained, each on a random half of the people, and for each
model and each of some people the attacker says how likely that person was among them; see
`tastemaker.testing.membership`. Printed are the area under the curve (0.5 is guessing, 1 certainty)
and the share of those learnt from who are found at 1 % of false alarms (1 % is guessing), from the
lists that chosen sessions are shown and from the model itself. What `ease-private` promises bounds
both for every attacker there can be: its bounds stand beside it, from mu of the Gaussian mechanism.

    python benchmarks/membership.py ml-100k --only ease popular --support 1 5 --epsilons 1 3 10
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from datasets import load
from scipy.special import ndtr, ndtri

from tastemaker.cli.output import print_table
from tastemaker.data import TrainingData
from tastemaker.errors import TastemakerError
from tastemaker.plugin.registry import Registry
from tastemaker.recommender import Recommender, no_progress
from tastemaker.settings import Settings
from tastemaker.testing.membership import FALSE_ALARMS, Advantage, attack
from tastemaker.training.data_quality import examine
from tastemaker_plugins.item_item.ease_private import EasePrivate, EasePrivateSettings
from tastemaker_plugins.shared.gaussian_mechanism import largest_mu

Learn = Callable[[TrainingData], Recommender]

COLUMNS = ("recommender", "lists auc", "lists found", "model auc", "model found", "auc at most",
           "found at most", "seconds")  # fmt: skip


def main() -> None:
    """Attacks every recommender that is named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="ml-100k, or a folder with *.csv.gz")
    parser.add_argument("--only", nargs="+", default=[], help="only these; else all light ones")
    parser.add_argument("--epsilons", nargs="*", type=float, default=[1.0, 3.0, 10.0])
    parser.add_argument("--support", nargs="+", type=int, default=[1])
    parser.add_argument("--pairs", type=int, default=16, help="models trained, in pairs of halves")
    parser.add_argument("--targets", type=int, default=200, help="people the attacker looks for")
    parser.add_argument("--recbole", type=Path, help="a wheel of recbole that is already here")
    given = parser.parse_args()
    data = load(given.data, given.recbole)
    for support in given.support:
        rows = []
        for name, learn, mu in attacked(given.only, given.epsilons if support == 1 else []):
            begun = time.monotonic()
            try:
                found = of(learn, replace(data, support=support), given.targets, given.pairs)
            except TastemakerError as error:
                print(f"{name}: {error}")
                continue
            rows.append(row(name, found, mu) | {"seconds": time.monotonic() - begun})
            print(rows[-1], flush=True)
        print_table(rows, COLUMNS, f"{given.data}, links rest on {support}")


def attacked(only: Sequence[str], epsilons: Sequence[float]) -> list[tuple[str, Learn, float]]:
    """What is attacked: its name, how it is trained, and mu where it promises one."""
    found: list[tuple[str, Learn, float]] = []
    for name, kind in Registry().enabled.items():
        if kind.private or kind.requires or (only and name not in only):
            continue
        found.append((name, partial(learnt, kind, None), np.nan))
    for epsilon in epsilons:
        settings = EasePrivateSettings(epsilon=epsilon)
        mu = largest_mu(epsilon, settings.delta)
        name = f"ease-private, epsilon {epsilon:g}"
        found.append((name, partial(learnt, EasePrivate, settings), mu))
    return found


def learnt(kind: type[Recommender], settings: Settings | None, data: TrainingData) -> Recommender:
    """A recommender trained as training does: on what is left after the look at the data."""
    return kind(settings).fit(examine(data, time.time()).data, no_progress)


def of(learn: Learn, data: TrainingData, n_targets: int, n_pairs: int) -> dict[str, Advantage]:
    """What the attacker reaches with people drawn at random."""
    known = np.flatnonzero(np.diff(data.people.presence().indptr) > 1)
    rng = np.random.default_rng(1)
    targets = np.sort(rng.choice(known, min(n_targets, len(known)), replace=False))
    return attack(learn, data, targets, n_pairs)


def row(name: str, found: dict[str, Advantage], mu: float) -> dict[str, object]:
    """One line of the table; the bounds hold for whatever is mu-private.

    Dong, J., Roth, A., Su, W.: Gaussian Differential Privacy. JRSS B 84(1), 2022.
    """
    lists, model = found["black box"], found["white box"]
    bounds = {"auc at most": float(ndtr(mu / 2**0.5)),
              "found at most": float(ndtr(ndtri(FALSE_ALARMS) + mu))}  # fmt: skip
    return {
        "recommender": name,
        "lists auc": lists.auc,
        "lists found": lists.found,
        "model auc": model.auc,
        "model found": model.found,
        **(bounds if np.isfinite(mu) else {}),
    }


if __name__ == "__main__":
    main()
