from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from tastemaker import Answer, F, Tastemaker, days, rule_from_json
from tastemaker.errors import InputError, NotFoundError
from tastemaker.serving import recommending as room
from tastemaker.serving.recommending import WORKERS, part_size, respond_in_turn
from tastemaker.serving.request_batch import RequestBatch, read_request_batch
from tastemaker.serving.server import Server
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database
from tastemaker.store.store import Store

PEOPLE = 24
ITEMS = 12


def ids(answer: Answer) -> list[str]:
    return [one.item_id for one in answer]


def chosen(person: int) -> set[str]:
    """All items of the person's parity but one, as the shop has it."""
    turn = person // 2 % (ITEMS // 2)
    own = list(range(person % 2, ITEMS, 2))
    return {f"item-{item}" for item in (own[turn:] + own[:turn])[:-1]}


EVERYTHING = {f"item-{item}" for item in range(ITEMS)}


@pytest.mark.parametrize("k", [ITEMS, 1000])
def test_a_k_beyond_the_catalogue_gives_all_that_may_be_shown(shop: Tastemaker, k: int) -> None:
    answer = shop.recommend("person-4", k=k)
    assert set(ids(answer)) == EVERYTHING - chosen(4)
    assert len(set(ids(answer))) == len(answer)
    scores = [one.score for one in answer]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("k", [0, -1, 1.5, True])
def test_what_is_no_count_is_refused(shop: Tastemaker, k: int) -> None:
    with pytest.raises(InputError):
        shop.recommend("person-4", k=k)
    with pytest.raises(InputError):
        shop.recommend_many(["person-4"], k=k)


def test_a_filter_leaves_nothing_or_fewer(shop: Tastemaker) -> None:
    odd = shop.recommend("person-4", k=ITEMS, where={"parity": "odd"})
    assert set(ids(odd)) == {f"item-{item}" for item in range(1, ITEMS, 2)}
    assert set(ids(shop.recommend("person-4", where={"parity": "even"}))) == (
        EVERYTHING - chosen(4) - set(ids(odd))
    )
    assert list(shop.recommend("person-4", where={"parity": "neither"})) == []
    filtered = shop.recommend_many(["person-4", "person-5"], where={"parity": "neither"})
    assert [list(answer) for answer in filtered.values()] == [[], []]


def test_no_users_get_no_answers(shop: Tastemaker) -> None:
    assert shop.recommend_many([]) == {}
    assert shop.recommend_many(iter(["person-1", "person-1"])).keys() == {"person-1"}


def test_one_id_alone_is_not_taken_for_its_letters(shop: Tastemaker) -> None:
    with pytest.raises(InputError, match="user_ids is a str; give a list"):
        shop.recommend_many("person-1")


def test_rules_are_taken_in_every_form(shop: Tastemaker) -> None:
    odd = ids(shop.recommend("person-4", k=ITEMS, where={"parity": "odd"}))
    rule = (F.parity == "odd") & (F.created > days(-1)) & (F.updated <= days(0.5))
    assert ids(shop.recommend("person-4", k=ITEMS, where=rule)) == odd
    assert ids(shop.recommend("person-4", k=ITEMS, where=str(rule))) == odd
    assert ids(shop.recommend("person-4", k=ITEMS, where=rule_from_json(rule.as_json()))) == odd
    assert ids(shop.recommend("person-4", where=F.item_id == "item-1")) == ["item-1"]
    assert ids(shop.recommend("person-4", where=F.created < days(-1))) == []
    for answer in shop.recommend_many(["person-4", "person-6"], ITEMS, rule).values():
        assert set(ids(answer)) == set(odd)


def test_rules_follow_the_catalogue(shop: Tastemaker) -> None:
    rule = F.parity == "none"
    assert ids(shop.recommend("person-4", where=rule)) == []
    shop.put_items([{"item_id": "item-1", "attributes": {"parity": "none"}}])
    assert ids(shop.recommend("person-4", where=rule)) == ["item-1"]


def test_a_refused_filter_is_refused_for_many_too(shop: Tastemaker) -> None:
    with pytest.raises(InputError, match="colour"):
        shop.recommend_many(["person-1", "person-2"], where={"colour": "red"})


def test_titles_come_with_the_items(shop: Tastemaker) -> None:
    best = shop.recommend("person-4")[0]
    assert best.title.endswith(f"thing {best.item_id}")
    assert (best.contributions, best.reasons, best.why, best.explored) == ({}, (), "", False)


def test_similar_items_leave_out_the_item_itself_and_what_is_not_available(
    shop: Tastemaker,
) -> None:
    similar = [one.item_id for one in shop.similar("item-1", k=ITEMS)]
    assert set(similar) == EVERYTHING - {"item-1"}
    assert {int(one.removeprefix("item-")) % 2 for one in similar[:4]} == {1}
    shop.set_available([similar[0]], False)
    assert similar[0] not in {one.item_id for one in shop.similar("item-1", k=ITEMS)}
    with pytest.raises(NotFoundError, match="item-99"):
        shop.similar("item-99")


def test_contributions_and_reasons_are_exact(shop: Tastemaker) -> None:
    for one in shop.recommend("person-4", k=ITEMS, explain=True):
        assert sum(one.contributions.values()) == pytest.approx(one.score, abs=1e-5)
        assert {reason.item_id for reason in one.reasons} <= chosen(4)
        assert all(reason.amount > 0 for reason in one.reasons)


@pytest.fixture
def everybody(shop_database: Database, key: Key) -> RequestBatch:
    store = Store(shop_database, key)
    user_ids = [f"person-{person}" for person in range(PEOPLE)]
    with store.reading("recommending") as connection:
        state = Server(store, exploration=0).state(connection)
        return read_request_batch(connection, store.keyring, state, user_ids)


def test_people_are_known_at_the_day_that_it_is(everybody: RequestBatch) -> None:
    assert 0 <= time.time() - everybody.people.now < 2 * 86_400
    assert everybody.people.now % 86_400 == 0
    assert {part.people.now for _, part in everybody.parts(7)} == {everybody.people.now}


def part_lengths(batch: RequestBatch, exact: bool = False) -> list[int]:
    return [len(part.people) for _, part in batch.parts(part_size(batch.state, exact))]


def test_people_are_ranked_in_parts_that_fit_the_memory(
    everybody: RequestBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = room.respond(everybody)
    assert part_lengths(everybody) == [PEOPLE]
    monkeypatch.setattr(room, "MAX_CELLS", 7 * ITEMS)
    assert part_lengths(everybody) == [7, 7, 7, 3]
    assert [ids(answer) for answer in room.respond(everybody)] == [ids(answer) for answer in whole]
    at_once = 7 // (len(everybody.state.ranker.members) + 1)
    assert part_lengths(everybody, exact=True)[0] == at_once
    monkeypatch.setattr(room, "MAX_CELLS", 0)
    assert set(part_lengths(everybody)) == {1}


def test_people_with_histories_of_about_one_length_are_ranked_together(
    everybody: RequestBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories = everybody.people.histories
    newest = histories.ages <= histories.rows % 5
    batch = everybody._replace(people=everybody.people.take(newest))
    lengths = batch.people.histories.lengths
    parts = list(batch.parts(7))
    together = [part.people.histories.lengths.tolist() for _, part in parts]
    assert [length for own in together for length in own] == sorted(lengths.tolist())
    assert [lengths[rows].tolist() for rows, _ in parts] == together
    assert set(lengths.tolist()) == {1, 2, 3, 4, 5}
    alone = [room.respond(own)[0] for own in batch.each(np.arange(PEOPLE))]
    monkeypatch.setattr(room, "PEOPLE_TOGETHER", 7)
    assert [ids(answer) for answer in room.respond(batch)] == [ids(answer) for answer in alone]


def test_the_seeds_of_a_part_are_those_of_its_people(shop_database: Database, key: Key) -> None:
    store = Store(shop_database, key)
    user_ids = [f"person-{person}" for person in range(5)]
    with store.reading("recommending") as connection:
        state = Server(store, exploration=1).state(connection)
        batch = read_request_batch(connection, store.keyring, state, user_ids)
    assert batch.seeds is not None
    seeds: dict[int, int] = {}
    for rows, part in batch.parts(2):
        assert part.seeds is not None
        seeds.update(zip(rows.tolist(), part.seeds.tolist(), strict=True))
    assert seeds == dict(enumerate(batch.seeds.tolist()))
    assert len(set(seeds.values())) == 5


def test_batches_are_ranked_in_turn_and_a_failing_read_is_raised(everybody: RequestBatch) -> None:
    def batches() -> Iterator[RequestBatch]:
        for _ in range(WORKERS + 1):
            yield everybody
        raise NotFoundError("gone")

    responses = respond_in_turn(batches())
    first = next(responses)
    assert len(first) == PEOPLE
    with pytest.raises(NotFoundError, match="gone"):
        list(responses)
