"""The re-rankers that one request brings: its boosts, and its wishes for variety."""

from __future__ import annotations

import numpy as np

from tastemaker.request.preferences import AtMost
from tastemaker.request.terms import Terms
from tastemaker.reranker import Reranker
from tastemaker.reranking import Boosts, CappedValues, Diversity, column_of
from tastemaker.serving.catalogue import Catalogue


def rerankers_of(terms: Terms, catalogue: Catalogue) -> list[Reranker]:
    """What boosts and diversity of a request add to scores; nothing without any.

    Raises:
        RuleError: a boost's rule does not fit the items.
        InputError: no item has the attribute that `AtMost` names.
    """
    rerankers: list[Reranker] = []
    if terms.boosts:
        conditions = np.stack([catalogue.matching(boost.where) for boost in terms.boosts])
        rerankers.append(Boosts(conditions, [boost.factor for boost in terms.boosts]))
    for wish in terms.diversity:
        if isinstance(wish, AtMost):
            column_of(catalogue.items, wish.attribute)
            rerankers.append(CappedValues(wish.n, wish.attribute))
        else:
            rerankers.append(Diversity(wish))
    return rerankers
