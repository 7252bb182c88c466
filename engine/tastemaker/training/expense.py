"""What it costs to have a member in a blend, as far as that is the same on every machine.

Measured times are not used: they differ from run to run, and the same data and seed must give the
same release.
"""

from __future__ import annotations

from dataclasses import dataclass

from tastemaker.plugin.guard import attempt
from tastemaker.recommender import Recommender

NETWORK = 4.0
"""What a member that needs extra modules to train costs, beside one that does not. On 90,000
interactions the fit of a network took about four to twenty times as long as one of the others."""

SCAN = 100.0
"""What retrieving costs a member that must score the whole catalogue for it, beside one that
follows links: an order of magnitude more than a search of vectors. For one person among 41,482
items `rp3beta` took 0.12 ms, `als` and `sequence` 0.7 ms, and `tfidf`, which scans, 3 ms."""

LARGE = 50e6
"""So many bytes of a model cost as much again as having the member at all. Chosen, not measured."""


@dataclass(frozen=True)
class Expense:
    """The cost of one member; 1 is that of a small one.

    Attributes:
        serve: of having it, trained again each time and scoring candidates.
        retrieve: of having it bring candidates; 1 is that of one that follows links.
        network: whether it is one of those that take most of the time to train.
    """

    serve: float
    retrieve: float
    network: bool = False


def expense_of(recommender: Recommender) -> Expense:
    """What a fitted recommender costs."""
    network = NETWORK if recommender.requires else 0.0
    size, _ = attempt(lambda: sum(own.nbytes for own in recommender.state().arrays.values()))
    serve = 1.0 + network + (size or 0) / LARGE
    scans = type(recommender).retrieve is Recommender.retrieve
    retrieve = SCAN if scans else recommender.retrieve_cost
    return Expense(serve, retrieve, bool(recommender.requires))
