from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import create_engine, select, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError, ReleaseError, TamperedError, WrongKeyError
from tastemaker.serving.answers import Recommendation
from tastemaker.store.crypto.keys import Key
from tastemaker.store.crypto.sealed_column import SealedBytes
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import meta, model, model_chunk

PEOPLE = 24
ITEMS = 12
FAST = ("item-knn", "popular", "tfidf")


def fill(engine: Tastemaker, database: Database) -> None:
    """Even people choose even items and odd people odd ones; each leaves one out."""
    names = ("even", "odd")
    engine.put_items(
        {
            "item_id": f"item-{item}",
            "title": f"{names[item % 2]} thing {item}",
            "text": f"an {names[item % 2]} story of {names[item % 2]} people",
            "attributes": {"parity": names[item % 2]},
        }
        for item in range(ITEMS)
    )
    with database.writing() as connection:
        for person in range(PEOPLE):
            for item in chosen(person):
                at = moment(person, item)
                engine.record(f"person-{person}", f"item-{item}", "like", 1.0, at, connection)


def chosen(person: int) -> list[int]:
    """The items that a person chose, in the order of time."""
    turn = person // 2 % (ITEMS // 2)
    own = list(range(person % 2, ITEMS, 2))
    rotated = own[turn:] + own[:turn]
    return rotated[:-1]


def left_out(person: int) -> str:
    """The item of the person's parity that the person did not choose."""
    (item,) = set(range(person % 2, ITEMS, 2)).difference(chosen(person))
    return f"item-{item}"


def moment(person: int, item: int) -> float:
    """When a person chose an item: everybody chooses the first, then everybody the second, …"""
    return 1_600_000_000.0 + chosen(person).index(item) * 86_400 + person * 60


@pytest.fixture
def engine(database: Database, key: Key) -> Iterator[Tastemaker]:
    with Tastemaker(database, key=key) as engine:
        engine.upgrade()
        fill(engine, database)
        yield engine


@pytest.fixture
def trained(engine: Tastemaker) -> Tastemaker:
    assert engine.train(only=FAST).active
    return engine


def ids(answer: Sequence[Recommendation]) -> list[str]:
    return [one.item_id for one in answer]


def test_train_with_everything_and_recommend(engine: Tastemaker) -> None:
    release = engine.train()
    assert (release.number, release.active) == (1, True)
    assert (release.n_users, release.n_items) == (PEOPLE, ITEMS)
    assert release.measures
    assert [one.problem for one in release.members if one.problem] == []
    for person in (0, 1, 7):
        answer = engine.recommend(f"person-{person}", k=3)
        assert answer.details.release == 1
        assert answer.details.problems == ()
        assert answer[0].item_id == left_out(person)
    assert engine.release().to_json() == release.to_json()
    (summary,) = engine.releases()
    assert (summary.number, summary.state) == (1, "active")


def test_seen_and_unavailable_items_are_left_out(trained: Tastemaker) -> None:
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


def test_the_unknown_and_those_without_history_are_answered(trained: Tastemaker) -> None:
    trained.put_users([{"user_id": "newcomer", "attributes": {"country": "France"}}])
    unknown = trained.recommend("a stranger", k=5)
    assert len(unknown) == 5
    assert unknown.details.history_length == 0
    assert ids(trained.recommend("newcomer", k=5)) == ids(unknown)
    assert "a stranger" not in set(trained.user_ids())


def test_without_a_release_popularity_answers(engine: Tastemaker) -> None:
    engine.record("somebody", "item-3")
    answer = engine.recommend("a stranger", k=ITEMS)
    assert answer.details.release is None
    assert len(answer) == ITEMS
    assert answer[0].item_id == "item-3"


def test_without_a_release_nothing_is_known_to_be_alike(engine: Tastemaker) -> None:
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


def test_an_empty_database_answers_with_nothing(database: Database, key: Key) -> None:
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


def test_contributions_sum_to_the_score(trained: Tastemaker) -> None:
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
    asked = [*(f"person-{person}" for person in range(PEOPLE)), "a stranger"]
    together = trained.recommend_many(asked, k=5)
    assert list(together) == asked
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
    database: Database, trained: Tastemaker, commit: bool
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


def test_forgetting_deletes_and_names_the_releases(trained: Tastemaker) -> None:
    receipt = trained.forget("person-0")
    assert receipt.forgotten.interactions == len(chosen(0))
    assert receipt.forgotten.releases == (1,)
    assert "release 1" in receipt.text()
    assert "person-0" not in receipt.text()
    assert "person-0" not in set(trained.user_ids())
    assert trained.history("person-0") == []
    assert trained.recommend("person-0").details.history_length == 0


def damage(database: Database, number: int) -> None:
    """Flips a bit of a model of a release."""
    with database.writing() as connection:
        wanted = select(model.c.id).where(model.c.release_id == number, model.c.name == FAST[0])
        key = connection.scalars(wanted).one()
        where = (model_chunk.c.model_id == key, model_chunk.c.position == 0)
        sealed = bytearray(connection.scalars(select(model_chunk.c.sealed).where(*where)).one())
        sealed[-1] ^= 1
        connection.execute(update(model_chunk).where(*where).values(sealed=SealedBytes(sealed)))


def test_a_damaged_release_gives_way_to_the_one_before(database: Database, key: Key) -> None:
    with Tastemaker(database, key=key) as engine:
        engine.upgrade()
        fill(engine, database)
        engine.train(only=FAST[:1])
        engine.train(only=FAST[:1])
        assert engine.recommend("person-0").details.release == 2
        damage(database, 2)
    with Tastemaker(database, key=key) as engine:
        answer = engine.recommend("person-0")
        assert answer[0].item_id == left_out(0)
        assert answer.details.release == 1
        assert any("Release 2" in problem for problem in answer.details.problems)
        engine.activate(1)
        with pytest.raises((ReleaseError, TamperedError)) as refused:
            engine.activate(2)
        text = str(refused.value)
        assert "The model of item-knn in release 2 is damaged" in text
        assert "Activate another release (`tastemaker release list`), or train again." in text
        answer = engine.recommend("person-0")
        assert (answer.details.release, answer.details.problems) == (1, ())
        damage(database, 1)
    with Tastemaker(database, key=key) as engine:
        answer = engine.recommend("person-0")
        assert answer.details.release is None
        assert len(answer.details.problems) == 2
        assert len(answer) == ITEMS - len(chosen(0))


def test_a_forged_pointer_is_not_believed(database: Database, trained: Tastemaker) -> None:
    trained.train(only=FAST)
    with database.writing() as connection:
        pointer = connection.scalars(
            select(meta.c.value).where(meta.c.name == "active_release")
        ).one()
        forged = "1" + pointer[1:]
        connection.execute(update(meta).where(meta.c.name == "active_release").values(value=forged))
    answer = trained.recommend("person-0")
    assert answer.details.release == 2
    assert any("pointer" in problem for problem in answer.details.problems)


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


def test_a_disabled_recommender_drops_out(trained: Tastemaker) -> None:
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


def test_a_release_can_be_put_back(trained: Tastemaker) -> None:
    trained.train(only=FAST)
    trained.activate(1)
    assert trained.recommend("person-0").details.release == 1
    assert [one.state for one in trained.releases()] == ["kept", "active"]


def test_likes_of_an_item(trained: Tastemaker) -> None:
    found = ids(trained.similar("item-1", k=3))
    assert "item-1" not in found
    assert {int(one.removeprefix("item-")) % 2 for one in found} == {1}


def test_a_wrong_key_is_refused_at_opening(database: Database, trained: Tastemaker) -> None:
    wrong = Key(base64.b64encode(bytes(32)).decode(), "the tests")
    with pytest.raises(WrongKeyError):
        Tastemaker(database, key=wrong)
