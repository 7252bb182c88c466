"""The conformance kit: run it on your own recommender, as the engine's own do.

    from tastemaker.testing import RecommenderContract

    class TestContract(RecommenderContract):
        recommender = MyRecommender

pytest runs a test for each check; one that fails tells what came back, and what the contract wants.
`check_recommender(MyRecommender)` does the same without pytest, and each check can be called with
the class. For a re-ranker it is `RerankerContract` and `check_reranker`.
"""

from tastemaker.testing.contract import (
    CONTRACT,
    check_fit_is_deterministic,
    check_people_are_independent,
    check_process_stays,
    check_recommender,
    check_threads,
)
from tastemaker.testing.demands import scored, stored, trained
from tastemaker.testing.disliking import check_dislikes
from tastemaker.testing.foundations import (
    check_description,
    check_inputs_stay,
    check_scores,
    check_small_data,
    check_speed,
    check_stored_state,
    check_untimed,
    check_unusual_histories,
)
from tastemaker.testing.outcomes import CheckResult, KitReport
from tastemaker.testing.pytest_classes import RecommenderContract, RerankerContract
from tastemaker.testing.reasoning import (
    check_extend,
    check_item_vectors,
    check_reasons,
    check_similar,
    check_words,
    reasons_given,
)
from tastemaker.testing.reranker_contract import (
    RERANKER_CONTRACT,
    check_reranker,
    check_reranker_leaves_process,
    check_reranker_speed,
)
from tastemaker.testing.reranking import (
    MakeReranker,
    RerankerCheck,
    adjusted,
    check_deterministic,
    check_first_places_stay,
    check_lists_are_independent,
    check_lists_stay,
    check_parts,
    check_reranker_description,
    check_rerankers_threads,
    check_settings_round_trip,
    ranked_items,
)
from tastemaker.testing.restoring import check_settings, check_state_round_trip
from tastemaker.testing.retrieval import (
    check_retrieve,
    check_score_items,
    every_item,
    retrieved_share,
)
from tastemaker.testing.samples import (
    assorted_items,
    assortment,
    checkerboard,
    items_of,
    people_of,
)
from tastemaker.testing.speed import Speed
from tastemaker.testing.subject import Check, Subject

__all__ = [
    "CONTRACT",
    "Check",
    "CheckResult",
    "KitReport",
    "MakeReranker",
    "RERANKER_CONTRACT",
    "RecommenderContract",
    "RerankerCheck",
    "RerankerContract",
    "Speed",
    "Subject",
    "adjusted",
    "assorted_items",
    "assortment",
    "check_description",
    "check_deterministic",
    "check_dislikes",
    "check_extend",
    "check_first_places_stay",
    "check_fit_is_deterministic",
    "check_inputs_stay",
    "check_item_vectors",
    "check_lists_are_independent",
    "check_lists_stay",
    "check_parts",
    "check_people_are_independent",
    "check_process_stays",
    "check_reasons",
    "check_recommender",
    "check_reranker",
    "check_reranker_description",
    "check_reranker_leaves_process",
    "check_reranker_speed",
    "check_rerankers_threads",
    "check_retrieve",
    "check_score_items",
    "check_scores",
    "check_settings",
    "check_settings_round_trip",
    "check_similar",
    "check_small_data",
    "check_speed",
    "check_state_round_trip",
    "check_stored_state",
    "check_threads",
    "check_untimed",
    "check_unusual_histories",
    "check_words",
    "checkerboard",
    "every_item",
    "items_of",
    "people_of",
    "ranked_items",
    "reasons_given",
    "retrieved_share",
    "scored",
    "stored",
    "trained",
]
