from __future__ import annotations

from tests.holdout.test_tuning_folds import data

from tastemaker import People
from tastemaker.data import Float32Array
from tastemaker.holdout.tuning_folds import make_tuning_folds
from tastemaker.recommender import no_progress
from tastemaker.tuning.measuring import fold_ndcg
from tastemaker_plugins.popularity.popular import Popular


class Broken(Popular):
    name = "broken"

    def score(self, people: People) -> Float32Array:
        raise ValueError("no luck")


def test_the_figure_is_that_of_a_recommender_alone() -> None:
    fold = make_tuning_folds(data())[0]
    reached, problem = fold_ndcg(Popular().fit(fold.data, no_progress), fold)
    assert reached is not None and 0 < reached <= 1
    assert problem == ""


def test_a_recommender_that_cannot_score_has_none() -> None:
    fold = make_tuning_folds(data())[0]
    reached, problem = fold_ndcg(Broken().fit(fold.data, no_progress), fold)
    assert reached is None
    assert "score" in problem  # where it failed; what it said is not quoted
