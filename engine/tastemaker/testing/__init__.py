"""The conformance kit: run it on your own recommender, as the engine's own do.

    import pytest
    from tastemaker.testing import CONTRACT, Check

    @pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
    def test_contract(check: Check) -> None:
        check(MyRecommender)

Each check raises PluginError with what the contract demands. For a re-ranker it is
`RERANKER_CONTRACT`, `RerankerCheck` and `MyReranker`.
"""

from tastemaker.testing.contract import (
    CONTRACT,
    Check,
    check_description,
    check_fit_is_deterministic,
    check_inputs_stay,
    check_people_are_independent,
    check_process_stays,
    check_recommender,
    check_scores,
    check_small_data,
    check_state_round_trip,
    check_threads,
    check_untimed,
    check_unusual_histories,
)
from tastemaker.testing.demands import scored, stored, trained
from tastemaker.testing.disliking import check_dislikes
from tastemaker.testing.reasoning import (
    check_extend,
    check_item_vectors,
    check_reasons,
    check_similar,
    check_words,
    reasons_given,
)
from tastemaker.testing.reranking import (
    RERANKER_CONTRACT,
    MakeReranker,
    RerankerCheck,
    adjusted,
    check_deterministic,
    check_first_places_stay,
    check_lists_are_independent,
    check_lists_stay,
    check_parts,
    check_reranker,
    check_reranker_description,
    check_rerankers_threads,
    check_settings_round_trip,
    ranked_items,
)
from tastemaker.testing.retrieval import (
    check_retrieve,
    check_score_items,
    every_item,
    retrieved_share,
)
from tastemaker.testing.samples import checkerboard, items_of, people_of

__all__ = [
    "CONTRACT",
    "Check",
    "MakeReranker",
    "RERANKER_CONTRACT",
    "RerankerCheck",
    "adjusted",
    "check_deterministic",
    "check_first_places_stay",
    "check_item_vectors",
    "check_lists_are_independent",
    "check_lists_stay",
    "check_parts",
    "check_reranker",
    "check_reranker_description",
    "check_rerankers_threads",
    "check_settings_round_trip",
    "ranked_items",
    "check_description",
    "check_dislikes",
    "check_extend",
    "check_fit_is_deterministic",
    "check_inputs_stay",
    "check_people_are_independent",
    "check_process_stays",
    "check_reasons",
    "check_recommender",
    "check_retrieve",
    "check_score_items",
    "check_scores",
    "check_similar",
    "check_small_data",
    "check_state_round_trip",
    "check_threads",
    "check_untimed",
    "check_unusual_histories",
    "check_words",
    "reasons_given",
    "every_item",
    "retrieved_share",
    "scored",
    "stored",
    "trained",
    "checkerboard",
    "items_of",
    "people_of",
]
