"""Two stages and a scan of every item, on real data: a part of Online Retail."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tastemaker import Answer, Tastemaker, create_key_file
from tastemaker.demo import data, write_slice

CUSTOMERS = 400
RECOMMENDERS = ("popular", "item-knn", "rp3beta", "transition", "svd", "tfidf")


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tastemaker]:
    folder = tmp_path_factory.mktemp("retail")
    write_slice("interactions", CUSTOMERS, folder / "interactions.csv")
    key = create_key_file(folder / "tastemaker.key")
    with Tastemaker(f"sqlite:///{folder}/tastemaker.db", key=key, exploration=0) as engine:
        engine.upgrade()
        (folder / "items.csv.gz").write_bytes(data("items").read_bytes())
        engine.import_file("items", folder / "items.csv.gz")
        engine.import_file("interactions", folder / "interactions.csv")
        release = engine.train(only=RECOMMENDERS)
        assert release.curve is not None
        yield engine


def ids(answer: Answer) -> set[str]:
    return {one.item_id for one in answer}


def shared(one: dict[str, Answer], other: dict[str, Answer]) -> float:
    return float(
        np.mean([len(ids(one[user]) & ids(other[user])) / len(other[user]) for user in other])
    )


def test_candidates_give_nearly_what_a_scan_gives(retail: Tastemaker) -> None:
    users = [*list(retail.user_ids())[:150], "somebody new"]
    quick, exact = retail.recommend_many(users), retail.recommend_many(users, exact=True)
    assert all(len(answer) == 10 for answer in (*quick.values(), *exact.values()))
    assert shared(quick, exact) >= 0.95
    differences = [
        abs(one.score - other.score)
        for user in users
        for one in quick[user]
        for other in exact[user]
        if one.item_id == other.item_id
    ]
    # ties at the last place of a retriever's list make the scales differ a little
    assert np.mean(differences) < 0.02


def test_an_answer_alone_is_the_answer_among_many(retail: Tastemaker) -> None:
    users = list(retail.user_ids())[:20]
    together = retail.recommend_many(users)
    for user in users:
        alone = retail.recommend(user)
        assert [one.item_id for one in alone] == [one.item_id for one in together[user]]


def test_every_part_of_an_explained_answer_adds_up(retail: Tastemaker) -> None:
    for user in list(retail.user_ids())[:20]:
        for exact in (False, True):
            for one in retail.recommend(user, explain=True, exact=exact):
                assert sum(one.contributions.values()) == pytest.approx(one.score, abs=1e-5)
                assert one.why


@pytest.mark.parametrize("k", [1, 10, 150, 500])
def test_k_items_come_with_and_without_a_filter(retail: Tastemaker, k: int) -> None:
    user = next(iter(retail.user_ids()))
    few = sorted(retail.recommend(user, k=3000, exact=True), key=lambda one: one.score)[:k]
    retail.set_available([one.item_id for one in few], False)
    try:
        answer = retail.recommend(user, k=k)
        assert len(answer) == k
        assert not ids(answer) & {one.item_id for one in few}
    finally:
        retail.set_available([one.item_id for one in few], True)
