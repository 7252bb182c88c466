from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, QueuePool

from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError, SchemaError, WrongKeyError
from tastemaker.serving.answers import Recommendation
from tastemaker.store.crypto.keys import Key
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import VERSION_TABLE
from tastemaker.store.users.rows import ROWS_AT_A_TIME

Chosen: TypeAlias = Callable[[int], list[int]]
LeftOut: TypeAlias = Callable[[int], str]

PEOPLE = 24
ITEMS = 12
FAST = ("item-knn", "popular", "tfidf")


def ids(answer: Sequence[Recommendation]) -> list[str]:
    return [one.item_id for one in answer]


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_train_with_everything_and_recommend(engine: Tastemaker, left_out: LeftOut) -> None:
    release = engine.train()
    assert (release.number, release.active) == (1, True)
    assert (release.n_users, release.n_items) == (PEOPLE, ITEMS)
    assert release.measures
    out = ("failed", "declined", "unavailable")
    assert [one.problem for one in release.members if one.state in out] == []
    for person in (0, 1, 7):
        answer = engine.recommend(f"person-{person}", k=3)
        assert answer.details.release == 1
        assert answer.details.problems == ()
        assert answer[0].item_id == left_out(person)
    assert engine.release().to_json() == release.to_json()
    (summary,) = engine.releases()
    assert (summary.number, summary.state) == (1, "active")


def test_seen_and_unavailable_items_are_left_out(
    trained: Tastemaker, chosen: Chosen, left_out: LeftOut
) -> None:
    seen = {f"item-{item}" for item in chosen(0)}
    everything = {f"item-{item}" for item in range(ITEMS)}
    assert set(ids(trained.recommend("person-0", k=50))) == everything - seen
    assert trained.set_available([left_out(0)], False) == 1
    assert set(ids(trained.recommend("person-0", k=50))) == everything - seen - {left_out(0)}
    trained.set_available([left_out(0)], True)
    assert trained.recommend("person-0")[0].item_id == left_out(0)


def test_only_items_that_match_are_shown(trained: Tastemaker) -> None:
    answer = trained.recommend("person-0", k=50, where={"parity": "odd"})
    assert set(ids(answer)) == {f"item-{item}" for item in range(1, ITEMS, 2)}
    with pytest.raises(InputError, match="parity"):
        trained.recommend("person-0", where={"colour": "red"})


def test_unknown_users_and_those_without_history_get_recommendations(trained: Tastemaker) -> None:
    trained.put_users([{"user_id": "newcomer", "attributes": {"country": "France"}}])
    unknown = trained.recommend("a stranger", k=5)
    assert len(unknown) == 5
    assert unknown.details.history_length == 0
    assert ids(trained.recommend("newcomer", k=5)) == ids(unknown)
    assert "a stranger" not in set(trained.user_ids())


def test_without_a_release_popularity_serves(engine: Tastemaker) -> None:
    engine.record("somebody", "item-3")
    answer = engine.recommend("a stranger", k=ITEMS)
    assert answer.details.release is None
    assert len(answer) == ITEMS
    assert answer[0].item_id == "item-3"


def test_without_a_release_nothing_is_known_to_be_similar(engine: Tastemaker) -> None:
    assert engine.similar("item-1") == []


def test_the_key_may_be_given_as_text(database: Database) -> None:
    text = base64.b64encode(bytes(range(32))).decode()
    with Tastemaker(database, key=text) as engine:
        engine.upgrade()
        engine.record("somebody", "item-1")
    with Tastemaker(database, key=Key(text)) as engine:
        assert list(engine.user_ids()) == ["somebody"]


def test_names_alone_are_not_taken_for_their_letters(engine: Tastemaker) -> None:
    for call in (engine.train, engine.evaluate):
        with pytest.raises(InputError, match="only is a str; give a list"):
            call(only="popular")
    with pytest.raises(InputError, match="features is a str"):
        engine.put_users([{"user_id": "one"}], features="town")
    with pytest.raises(InputError, match="item_ids is a str"):
        engine.set_available("item-1", False)


def test_an_empty_database_recommends_nothing(database: Database, key: Key) -> None:
    with Tastemaker(database, key=key) as engine:
        engine.upgrade()
        assert list(engine.recommend("anybody")) == []


def test_a_recorded_interaction_changes_the_very_next_answer(trained: Tastemaker) -> None:
    trained.recommend("somebody")
    for item in (1, 3):
        trained.record("somebody", f"item-{item}", "like")
    odd = trained.recommend("somebody", k=3)
    assert odd.details.history_length == 2
    assert {int(one.removeprefix("item-")) % 2 for one in ids(odd)} == {1}
    assert not {"item-1", "item-3"} & set(ids(odd))


def test_contributions_sum_to_the_score(trained: Tastemaker, chosen: Chosen) -> None:
    for user_id in ("person-0", "person-5", "a stranger"):
        plain = trained.recommend(user_id)
        explained = trained.recommend(user_id, explain=True)
        assert ids(explained) == ids(plain)
        for one in explained:
            assert sum(one.contributions.values()) == pytest.approx(one.score, abs=1e-5)
    best = trained.recommend("person-0", explain=True)[0]
    assert best.why
    assert {reason.item_id for reason in best.reasons} <= {f"item-{item}" for item in chosen(0)}


def test_recommending_to_many_equals_one_by_one(trained: Tastemaker) -> None:
    users = [*(f"person-{person}" for person in range(PEOPLE)), "a stranger"]
    together = trained.recommend_many(users, k=5)
    assert list(together) == users
    for user_id, answer in together.items():
        alone = trained.recommend(user_id, k=5)
        assert ids(answer) == ids(alone)
        assert [one.score for one in answer] == pytest.approx([one.score for one in alone])


@pytest.mark.parametrize("commit", [True, False])
def test_recording_joins_the_applications_transaction(
    database: Database, trained: Tastemaker, commit: bool
) -> None:
    with Session(create_engine(database.engine.url, poolclass=NullPool)) as session:
        trained.record("buyer", "item-1", connection=session)
        if commit:
            session.commit()
        else:
            session.rollback()
    assert ("buyer" in set(trained.user_ids())) is commit
    assert trained.recommend("buyer").details.history_length == int(commit)


@pytest.mark.parametrize("commit", [True, False])
def test_recording_joins_a_connection(
    database: Database, trained: Tastemaker, commit: bool, left_out: LeftOut
) -> None:
    own = create_engine(database.engine.url, poolclass=NullPool)
    with own.connect() as connection, connection.begin() as transaction:
        trained.record("person-0", left_out(0), connection=connection)
        if commit:
            transaction.commit()
        else:
            transaction.rollback()
    own.dispose()
    assert (left_out(0) not in ids(trained.recommend("person-0", k=50))) is commit


def test_forgetting_deletes_and_names_the_releases(trained: Tastemaker, chosen: Chosen) -> None:
    receipt = trained.forget("person-0")
    assert receipt.forgotten.interactions == len(chosen(0))
    assert receipt.forgotten.releases == (1,)
    assert "release 1" in receipt.text()
    assert "person-0" not in receipt.text()
    assert "person-0" not in set(trained.user_ids())
    assert trained.history("person-0") == []
    assert trained.recommend("person-0").details.history_length == 0


def test_items_added_after_training_are_scored_by_their_text(engine: Tastemaker) -> None:
    engine.train(only=["tfidf"])
    engine.put_items(
        [
            {"item_id": "new-odd", "title": "odd thing", "text": "an odd story of odd people"},
            {"item_id": "new-even", "title": "even thing", "text": "an even story of even people"},
        ]
    )
    answer = engine.recommend("person-0", k=50, explain=True)
    assert answer.details.release == 1
    order = ids(answer)
    assert order.index("new-even") < order.index("new-odd")
    assert order.index("new-even") < order.index("item-1")
    assert answer[order.index("new-even")].contributions["tfidf"] > 0


def test_a_disabled_recommender_drops_out(trained: Tastemaker, chosen: Chosen) -> None:
    serving = list(trained.recommend("person-0").details.weights)
    assert serving
    for name in serving:
        trained.configure(name, enabled=False)
        answer = trained.recommend("person-0")
        assert name not in answer.details.weights
        assert answer.details.problems == ()
        assert len(answer) == ITEMS - len(chosen(0))
    trained.configure(serving[0], enabled=True)
    assert set(trained.recommend("person-0").details.weights) == {serving[0]}


def test_items_similar_to_one(trained: Tastemaker) -> None:
    found = ids(trained.similar("item-1", k=3))
    assert "item-1" not in found
    assert {int(one.removeprefix("item-")) % 2 for one in found} == {1}


def test_a_wrong_key_is_refused_at_opening(database: Database, trained: Tastemaker) -> None:
    wrong = Key(base64.b64encode(bytes(32)).decode(), "the tests")
    with pytest.raises(WrongKeyError):
        Tastemaker(database, key=wrong)


def test_what_could_not_be_opened_leaves_no_connection(database_url: str, key: Key) -> None:
    with Tastemaker(database_url, key=key) as engine:
        engine.upgrade()
    wrong = Key(base64.b64encode(bytes(32)).decode(), "the tests")
    database = Database(database_url)
    with pytest.raises(WrongKeyError):
        Tastemaker(database, key=wrong)
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedin() == 0


def test_an_engine_opened_too_early_looks_again(database_url: str, key: Key) -> None:
    with Tastemaker(database_url, key=key) as early, Tastemaker(database_url, key=key) as later:
        with pytest.raises(SchemaError):
            early.recommend("somebody")
        later.upgrade()
        later.put_items([{"item_id": "item-1"}])
        assert ids(early.recommend("somebody")) == ["item-1"]


def test_an_engine_without_schema_asks_for_the_upgrade(database_url: str, key: Key) -> None:
    with Tastemaker(database_url, key=key) as engine:
        for call in (
            lambda: engine.recommend("anybody"),
            lambda: engine.train(),
            lambda: engine.record("somebody", "item-1"),
            lambda: engine.import_file("items", "-"),
        ):
            with pytest.raises(SchemaError, match=r"upgrade"):
                call()
        engine.upgrade()
        engine.record("somebody", "item-1")
        assert ids(engine.recommend("anybody")) == ["item-1"]
        engine.upgrade()
        assert ids(engine.recommend("anybody")) == ["item-1"]


def test_files_are_refused_where_the_schema_is_newer(database: Database, key: Key) -> None:
    with Tastemaker(database, key=key) as engine:
        engine.upgrade()
        with database.writing() as connection:
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
        for call in (engine.import_file, engine.export_file):
            with pytest.raises(SchemaError, match="9999"):
                call("items", "nothing.csv")


def test_who_reads_users_holds_no_connection(engine: Tastemaker) -> None:
    threads = 16  # one more than the pool has connections
    reading = threading.Barrier(threads, timeout=20)

    def read_and_recommend() -> int:
        users = engine.user_ids()
        first = next(users)
        reading.wait()
        return len(engine.recommend(first, k=3)) + len(list(users))

    with ThreadPoolExecutor(threads) as pool:
        done = [pool.submit(read_and_recommend) for _ in range(threads)]
        assert [one.result() for one in done] == [3 + PEOPLE - 1] * threads


def test_users_come_in_pages_and_each_once(engine: Tastemaker) -> None:
    engine.put_users({"user_id": f"new-{number}"} for number in range(2 * ROWS_AT_A_TIME))
    found = list(engine.user_ids())
    assert len(found) == len(set(found)) == PEOPLE + 2 * ROWS_AT_A_TIME
