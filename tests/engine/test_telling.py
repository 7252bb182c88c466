"""What people say: kept, heeded by every worker at once, explained, exported, and forgotten."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tastemaker import Answer, InputError, NotFoundError, Tastemaker
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database


@pytest.fixture
def other(trained: Tastemaker, database: Database, key: Key) -> Iterator[Tastemaker]:
    """Another worker, which has answered already."""
    with Tastemaker(database.engine, key=key, exploration=0) as worker:
        worker.recommend("person-0", k=12)
        yield worker


def ids(answer: Answer) -> list[str]:
    return [one.item_id for one in answer]


def told(shop: Tastemaker, user: str) -> list[tuple[str, str]]:
    """The kind and the item of what a person did after the first five."""
    return [(past.kind, past.item_id) for past in shop.history(user, 99)[:-5]]


def test_never_hides_an_item_in_every_worker_at_once(
    trained: Tastemaker, other: Tastemaker
) -> None:
    before = ids(other.recommend("person-0", k=12))
    assert trained.tell("person-0", before[0], "never") == 0
    for worker in (other, trained):
        assert ids(worker.recommend("person-0", k=12)) == before[1:]
    assert other.tell("person-0", before[0], "forget") == 1
    for worker in (trained, other):
        assert ids(worker.recommend("person-0", k=12)) == before


def test_never_holds_whatever_is_repeatable(trained: Tastemaker, other: Tastemaker) -> None:
    trained.set_kind("like", repeatable=True)
    everything = ids(other.recommend("person-0", k=12))
    assert len(everything) == 12
    trained.tell("person-0", everything[0], "never")
    assert sorted(ids(other.recommend("person-0", k=12))) == sorted(everything[1:])


def test_less_lowers_an_item_without_hiding_it(
    trained: Tastemaker, other: Tastemaker, left_out: Callable[[int], str]
) -> None:
    best = left_out(0)
    assert ids(other.recommend("person-0", k=12))[0] == best
    trained.tell("person-0", best, "less")
    after = other.recommend("person-0", k=12, explain=True)
    assert ids(after)[0] != best
    place = ids(after).index(best)
    assert after[place].contributions["told"] < 0
    number = best.partition("-")[2]
    assert after[place].why.endswith(f"although you wanted less like even thing {number}")
    for one in after:
        assert one.score == pytest.approx(sum(one.contributions.values()), abs=1e-5)
        assert "although" in one.why or one.contributions["told"] == 0
    assert [one.score for one in after] == sorted((one.score for one in after), reverse=True)
    # said of the weight of the kind: half as much
    falls = [after[place].contributions["told"]]
    trained.set_kind("less", -0.5)
    again = other.recommend("person-0", k=12, explain=True)
    falls += [one.contributions["told"] for one in again if one.item_id == best]
    assert falls[1] == pytest.approx(falls[0] / 2, rel=0.02)


def test_others_stay_as_they_are_to_the_last_bit(trained: Tastemaker, other: Tastemaker) -> None:
    everybody = [f"person-{person}" for person in range(24)]
    before = other.recommend_many(everybody, k=12)
    trained.tell("person-0", "item-3", "less")
    trained.tell("person-0", "item-5", "never")
    trained.tell("person-7", before["person-7"][0].item_id, "less")
    after = other.recommend_many(everybody, k=12)
    assert [user for user in everybody if after[user] != before[user]] == ["person-0", "person-7"]
    for user in ("person-0", "person-7"):
        assert list(after[user]) == list(other.recommend(user, k=12))


def test_more_of_an_item_raises_what_goes_with_it(trained: Tastemaker, other: Tastemaker) -> None:
    def odd(answer: Answer) -> float:
        """The mean place of the odd items."""
        places = [n for n, one in enumerate(answer) if int(one.item_id.partition("-")[2]) % 2]
        return sum(places) / len(places)

    trained.record("newcomer", "item-0", "like")
    before = other.recommend("newcomer", k=12)
    trained.tell("newcomer", "item-3", "more")
    after = other.recommend("newcomer", k=12)
    assert odd(after) < odd(before)
    assert "item-3" in ids(after)


def test_a_new_word_takes_the_place_of_the_former(trained: Tastemaker) -> None:
    assert [trained.tell("person-0", "item-1", word) for word in ("less", "never", "more")] == [
        0,
        1,
        1,
    ]
    trained.tell("person-0", "item-3", "less")
    assert told(trained, "person-0") == [("less", "item-3"), ("more", "item-1")]
    assert trained.tell("person-0", "item-1", "forget") == 1
    assert told(trained, "person-0") == [("less", "item-3")]


def test_to_forget_what_nothing_was_told_of_removes_what_was_done(
    trained: Tastemaker, other: Tastemaker, chosen: Callable[[int], list[int]]
) -> None:
    item = f"item-{chosen(0)[0]}"
    assert item not in ids(other.recommend("person-0", k=12))
    trained.tell("person-0", item, "less")
    assert trained.tell("person-0", item, "forget") == 1
    assert trained.tell("person-0", item, "forget") == 1
    assert trained.tell("person-0", item, "forget") == 0
    assert item in ids(other.recommend("person-0", k=12))


def test_it_is_exported_imported_and_forgotten_with_the_person(
    trained: Tastemaker, tmp_path: Path
) -> None:
    trained.tell("person-0", "item-1", "less", at="2024-05-01T00:00:00Z")
    trained.tell("person-0", "item-3", "never", at="2024-05-02T00:00:00Z")
    exported = trained.export("person-0")["interactions"]
    assert isinstance(exported, list)
    assert exported[5:] == [
        {
            "item_id": item,
            "kind": kind,
            "value": 1.0,
            "timestamp": f"2024-05-0{day}T00:00:00+00:00",
        }
        for day, item, kind in ((1, "item-1", "less"), (2, "item-3", "never"))
    ]
    before = ids(trained.recommend("person-0", k=12))
    trained.export_file("interactions", tmp_path / "all.csv.gz")
    assert trained.forget("person-0").forgotten.interactions == 7
    assert ",never," not in _exported(trained, tmp_path / "less.csv.gz")
    trained.import_file("interactions", tmp_path / "all.csv.gz")
    assert ",never," in _exported(trained, tmp_path / "again.csv.gz")
    assert ids(trained.recommend("person-0", k=12)) == before


def _exported(shop: Tastemaker, file: Path) -> str:
    shop.export_file("interactions", file)
    return gzip.decompress(file.read_bytes()).decode()


def test_nobody_learns_that_what_is_never_wanted_was_chosen(
    engine: Tastemaker, database: Database
) -> None:
    engine.put_items([{"item_id": "bait", "text": "nothing like the others"}])
    for person in range(24):
        engine.tell(f"person-{person}", "bait", ("never", "less")[person % 2])
    assert "bait" not in ids(engine.recommend("nobody", k=3))  # popularity, without a release
    assert engine.train(only=("popular", "item-knn", "tfidf")).active
    for user in ("nobody", "stranger"):
        assert ids(engine.recommend(user, k=13, explore=0))[-1] == "bait"
    shown = {one.item_id for one in engine.similar("bait", k=12)}
    assert "bait" not in shown
    assert dict.fromkeys(("never", "less"), 12) == {
        kind.kind: kind.interactions for kind in engine.kinds() if kind.kind != "like"
    }


def test_it_joins_the_applications_transaction(trained: Tastemaker, database: Database) -> None:
    def undone(connection: Connection) -> None:
        trained.tell("person-0", "item-1", "less", connection=connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), database.writing() as connection:
        undone(connection)
    assert told(trained, "person-0") == []


def test_of_two_statements_at_once_one_stays(trained: Tastemaker, other: Tastemaker) -> None:
    words = ("less", "never", "more")

    def talk(shop: Tastemaker) -> None:
        for turn in range(12):
            shop.tell("person-0", "item-1", words[turn % 3])

    threads = [threading.Thread(target=talk, args=(shop,)) for shop in (trained, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told(trained, "person-0")) == 1


def test_what_cannot_be_told_is_refused_and_nothing_is_kept(trained: Tastemaker) -> None:
    with pytest.raises(InputError, match="'hate' cannot be told"):
        trained.tell("person-0", "item-1", "hate")
    with pytest.raises(NotFoundError, match="no item 'no-such'"):
        trained.tell("newcomer", "no-such", "less")
    with pytest.raises(InputError, match="time is a text of 4 characters"):
        trained.tell("person-0", "item-1", "less", at="soon")
    with pytest.raises(NotFoundError, match="no user"):
        trained.tell("newcomer", "item-1", "forget")
    assert "newcomer" not in set(trained.user_ids())
