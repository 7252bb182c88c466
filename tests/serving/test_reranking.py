"""Re-rankers in answers: order, parts, pages, problems, and what the operator switches."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tastemaker import Answer, RankedItems, Reranker
from tastemaker.blend import Blended, WeightCurve
from tastemaker.data import Items
from tastemaker.engine import Tastemaker
from tastemaker.plugin.guarded_recommender import GuardedRecommender
from tastemaker.plugin.guarded_reranker import GuardedReranker
from tastemaker.reranking import Diversity
from tastemaker.serving.item_likeness import ItemLikeness
from tastemaker.serving.reranking import RERANKED, Reranking, load_rerankers
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database
from tastemaker.testing import checkerboard, items_of, people_of, trained
from tastemaker_plugins.factors.svd import Svd


class LastFirst(Reranker):
    """Turns lists round."""

    name = "last-first"
    because = "from the far end"

    def adjust(self, lists: RankedItems) -> Any:
        return -2 * lists.scores


class Raising(Reranker):
    """Fails."""

    name = "raising"

    def adjust(self, lists: RankedItems) -> Any:
        raise ValueError("out of order")


def ranked(*scores: list[float], extra: int = 0) -> Blended:
    """One member's lists, best first; items by place."""
    width = max(map(len, scores)) + extra
    totals = np.full((len(scores), width), -np.inf, dtype=np.float32)
    for row, own in enumerate(scores):
        totals[row, : len(own)] = own
    valid = totals > -np.inf
    items = np.arange(width, dtype=np.int64) * valid
    return Blended(items, valid, totals, np.where(valid, totals, 0)[np.newaxis])


def reranking(*rerankers: Reranker, n_items: int = 500) -> Reranking:
    items = items_of(n_items)
    guarded = tuple(map(GuardedReranker, rerankers))
    return Reranking(guarded, items, ItemLikeness((), items))


def people(n: int = 1) -> Any:
    return people_of([[]] * n, 500)


def test_lists_are_sorted_by_the_adjusted_scores_which_are_sums_of_parts() -> None:
    result = reranking(LastFirst()).apply(ranked([3, 2, 1], [5, 4]), people(2), 3)
    assert result.best.items.tolist() == [[2, 1, 0], [1, 0, 0]]
    assert result.best.totals[0].tolist() == [-1, -2, -3]
    assert result.best.valid.tolist() == [[True] * 3, [True, True, False]]
    assert result.best.contributions[:, 0].tolist() == [[1, 2, 3], [-2, -4, -6]]
    assert result.rerankers == {"last-first": "from the far end"}


def test_one_that_fails_leaves_the_order_and_is_named() -> None:
    result = reranking(Raising(), LastFirst()).apply(ranked([3, 2, 1]), people(), 2)
    assert result.best.items.tolist() == [[2, 1]]
    assert list(result.rerankers) == ["last-first"]
    (problem,) = result.problems
    assert problem.startswith("raising ValueError (line ")
    alone = reranking(Raising()).apply(ranked([3, 2, 1]), people(), 2)
    assert alone.best.items.tolist() == [[0, 1]]


def test_those_of_a_request_take_their_turns_among_the_others() -> None:
    together = reranking(LastFirst()).along_with([Diversity(0.2)])
    assert [one.name for one in together.rerankers] == ["last-first", "diversity"]


@pytest.mark.parametrize("length", [RERANKED, RERANKED + 60])
def test_what_is_behind_those_that_are_reranked_stays_behind(length: int) -> None:
    scores = (1000 - np.arange(length)).astype(np.float32).tolist()
    result = reranking(LastFirst()).apply(ranked(scores), people(), length).best
    head = list(range(RERANKED))[::-1]
    assert result.items[0].tolist() == [*head, *range(RERANKED, length)]
    assert (np.diff(result.totals[0]) <= 0).all()
    assert result.totals == pytest.approx(result.contributions.sum(axis=0), rel=1e-6)


@pytest.mark.parametrize("rerankers", [[], [LastFirst()], [LastFirst(), Diversity(0.5)]])
def test_pages_join_to_the_whole_list(rerankers: list[Reranker]) -> None:
    own = reranking().along_with(rerankers)
    scores = np.linspace(9, 1, RERANKED + 40).astype(np.float32).tolist()
    whole = own.apply(ranked(scores), people(), RERANKED + 40).best
    for k in (1, 10, 37, RERANKED, RERANKED + 7):
        part = own.apply(ranked(scores), people(), k).best
        assert part.items.tolist() == whole.items[:, :k].tolist()


def test_nobody_and_nothing_are_fine() -> None:
    nobody = reranking(LastFirst(), Diversity(0.5)).apply(
        ranked([1]).select(np.zeros(0, int)), people(0), 3
    )
    assert nobody.best.items.shape == (0, 1)
    nothing = reranking(LastFirst(), Diversity(0.5)).apply(ranked([], extra=0), people(), 3)
    assert not nothing.best.valid.any()


def test_vectors_come_from_a_member_and_else_from_attributes() -> None:
    data = checkerboard()
    member = GuardedRecommender(trained(Svd, data), data.n_items)
    curve = WeightCurve(("svd",), (0,), np.ones((1, 1)))
    some = np.array([[0, 2, 1, 0]], dtype=np.int64)
    valid = np.array([[True, True, True, False]])
    for likeness in (
        ItemLikeness.of([member], curve, data.items),
        ItemLikeness.of([], curve, data.items),
    ):
        vectors = likeness.vectors(some, valid)
        assert vectors is not None
        assert vectors[0, 0] @ vectors[0, 1] > vectors[0, 0] @ vectors[0, 2] + 0.5
        assert not vectors[0, 3].any()
    assert ItemLikeness((), Items(("a",), ("",), ("",))).vectors(some * 0, valid) is None


def test_items_that_a_member_does_not_know_have_vectors_of_zeros() -> None:
    data = checkerboard()
    member = GuardedRecommender(trained(Svd, data), data.n_items)
    vectors, problem = member.item_vectors(np.array([1, data.n_items, 1]))
    assert problem == ""
    assert vectors is not None
    assert not vectors[1].any()
    assert (vectors[0] == vectors[2]).all()


class Boastful(Reranker):
    """Lifts one item above all others."""

    name = "boastful"
    because = "we like it"

    def adjust(self, lists: RankedItems) -> Any:
        wanted = lists.catalogue.ids.index("item-1")
        return (lists.items == wanted) * np.float32(100)


def ids(answer: Answer) -> list[str]:
    return [one.item_id for one in answer]


def test_a_plugin_reranks_every_answer_and_is_explained(
    shop: Tastemaker, shop_database: Database, key: Key
) -> None:
    plain = shop.recommend("person-0", k=5)
    with Tastemaker(shop_database, key=key, exploration=0, plugins=[Boastful]) as own:
        answer = own.recommend("person-0", k=5, explain=True)
        assert answer[0].item_id == "item-1" != plain[0].item_id
        assert ids(answer)[1:] == [one for one in ids(plain) if one != "item-1"][:4]
        assert answer[0].contributions["boastful"] == 100
        assert answer[0].why.startswith("we like it")
        assert answer[1].contributions["boastful"] == 0
        for one in answer:
            assert one.score == pytest.approx(sum(one.contributions.values()), abs=1e-4)
        many = own.recommend_many(["person-0", "person-1"], k=5)
        assert ids(many["person-0"]) == ids(answer)


def test_switched_off_it_rests_and_switched_on_it_is_back(
    shop_database: Database, key: Key
) -> None:
    with Tastemaker(shop_database, key=key, exploration=0, plugins=[Boastful]) as own:
        assert own.recommend("person-0")[0].item_id == "item-1"
        own.configure("boastful", enabled=False)
        assert own.recommend("person-0")[0].item_id != "item-1"
        own.configure("boastful", enabled=True)
        assert own.recommend("person-0")[0].item_id == "item-1"


def test_its_problem_is_in_the_answer(shop: Tastemaker, shop_database: Database, key: Key) -> None:
    with Tastemaker(shop_database, key=key, exploration=0, plugins=[Raising]) as own:
        answer = own.recommend("person-0")
        assert ids(answer) == ids(shop.recommend("person-0"))
        (problem,) = answer.details.problems
        assert problem.startswith("raising ValueError (line ")


def test_new_items_are_inserted_after_reranking(shop_database: Database, key: Key) -> None:
    with Tastemaker(shop_database, key=key, exploration=1, plugins=[Boastful]) as own:
        own.put_items([{"item_id": f"new-{n}", "title": "new"} for n in range(5)])
        answer = own.recommend("person-0", k=6, explain=True)
        assert answer[0].item_id == "item-1"
        assert [one.explored for one in answer[:3]] == [False] * 3
        explored = [one for one in answer if one.explored]
        assert explored
        for one in answer:
            assert one.score == pytest.approx(sum(one.contributions.values()), abs=1e-4)


def test_settings_that_are_refused_leave_it_out_and_say_so() -> None:
    loaded = load_rerankers([Boastful], (), {"boastful": {"size": 3}})
    assert loaded.rerankers == ()
    assert "has no setting size" in loaded.problems[0]
    assert len(load_rerankers([Boastful], ("boastful",), {}).problems) == 0


def test_it_takes_part_where_there_is_no_release(
    sqlite_template: Path, tmp_path: Path, key: Key
) -> None:
    shutil.copy(sqlite_template, tmp_path / "new.db")
    url = f"sqlite:///{tmp_path}/new.db"
    with Database(url) as database, Tastemaker(database, key=key, plugins=[Boastful]) as own:
        own.upgrade()
        own.put_items([{"item_id": f"item-{n}"} for n in range(3)])
        assert own.recommend("nobody")[0].item_id == "item-1"
