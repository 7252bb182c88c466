"""The cost of diversity, on two sorts of items of which people choose one."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from tastemaker.blend import uniform_weights
from tastemaker.evaluation.diversity_curve import diversity_curve
from tastemaker.holdout.cases import HeldOutCases
from tastemaker.metrics.beyond_accuracy import Past
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.serving.catalogue import Catalogue
from tastemaker.serving.fallback import Fallback
from tastemaker.serving.item_likeness import ItemLikeness
from tastemaker.serving.ranker import Ranker
from tastemaker.serving.reranking import Reranking
from tastemaker.serving.state import ServingState
from tastemaker.testing import checkerboard, trained
from tastemaker_plugins.factors.svd import Svd

DATA = checkerboard()
PEOPLE = DATA.people.select(np.arange(10))
ALL = np.ones(DATA.n_items, dtype=np.bool_)
PAST = Past.of(DATA.people, DATA.n_items)


def serving() -> ServingState:
    member = GuardedRecommender(trained(Svd, DATA), DATA.n_items)
    curve = uniform_weights(["svd"])
    ranker = Ranker((member,), curve, Fallback(np.ones(DATA.n_items, dtype=np.float32)))
    keys = np.arange(1, DATA.n_items + 1)
    likeness = ItemLikeness.of([member], curve, DATA.items)
    reranking = Reranking((), DATA.items, likeness)
    catalogue = Catalogue(DATA.items, keys, ALL)
    return ServingState(None, catalogue, (), ranker, (), (), reranking=reranking)


def cases() -> HeldOutCases:
    """Each person's first three items are known; the others of the same sort are right."""
    known = PEOPLE.take(np.arange(len(PEOPLE.times)) % 4 < 2)
    seen = csr_array((10, DATA.n_items), dtype=np.bool_)
    wanted = PEOPLE.presence().toarray() > 0
    wanted[known.histories.rows, known.histories.items] = False
    return HeldOutCases(known, seen, csr_array(wanted))


def test_more_diversity_makes_lists_less_alike_and_no_better() -> None:
    points = diversity_curve(serving(), cases(), ALL, PAST, 3, (0.0, 0.9))
    plain, diverse = points
    assert (plain.strength, diverse.strength) == (0.0, 0.9)
    assert diverse.likeness < plain.likeness
    assert diverse.ndcg <= plain.ndcg


def test_strength_nothing_is_the_plain_list() -> None:
    plain, again = diversity_curve(serving(), cases(), ALL, PAST, 3, (0.0, 0.0))
    assert plain == again


def test_nobody_gives_no_figures() -> None:
    nobody = cases().select(np.zeros(0, dtype=np.int64))
    (point,) = diversity_curve(serving(), nobody, ALL, PAST, 3, (0.3,))
    assert np.isnan([point.ndcg, point.likeness]).all()
