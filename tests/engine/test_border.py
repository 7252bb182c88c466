"""Errors of the engine's methods: no id, attribute or key in anything that can be reported."""

from __future__ import annotations

import logging
import shutil
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tastemaker import Request, Tastemaker, create_key_file
from tastemaker.store.crypto.keys import Key

USER = "kanarienvogel@example.org"
VALUE = "Wellensittichstraße"
CANARIES = (USER, VALUE)

Call = Callable[[Tastemaker], object]
HARMLESS: Mapping[str, object] = {"user_id": USER, "attributes": {"street": VALUE}}


def rows() -> Iterator[dict[str, object]]:
    yield {**HARMLESS}
    raise LookupError("of the application")


CALLS: dict[str, Call] = {
    "recommend": lambda shop: shop.recommend(USER, k=0),
    "recommend long": lambda shop: shop.recommend(USER * 100),
    "recommend surface": lambda shop: shop.recommend(USER, surface="none"),
    "recommend where": lambda shop: shop.recommend(USER, where="price <"),
    "recommend features": lambda shop: shop.recommend(USER, features={"town": float("nan")}),
    "recommend recent": lambda shop: shop.recommend(USER, recent=[{"item": VALUE}]),
    "recommend after": lambda shop: shop.recommend(USER, after=VALUE),
    "recommend typed": lambda shop: shop.recommend(USER, k="ten"),  # type: ignore[arg-type]
    "recommend nobody": lambda shop: shop.recommend(b"x" + USER.encode()),  # type: ignore[arg-type]
    "recommend request": lambda shop: shop.recommend(request={"user_id": USER, "no": 1}),
    "recommend exclude": lambda shop: shop.recommend(USER, exclude=VALUE),
    "recommend boost": lambda shop: shop.recommend(USER, boost={"price <": 2}),
    "recommend diversity": lambda shop: shop.recommend(USER, diversity=3),
    "recommend seen": lambda shop: shop.recommend(USER, seen="never"),  # type: ignore[arg-type]
    "recommend explore": lambda shop: shop.recommend(USER, explore=3),
    "recommend_many": lambda shop: shop.recommend_many([USER, USER + "\0"]),
    "recommend_many one": lambda shop: shop.recommend_many(USER),
    "recommend_many k": lambda shop: shop.recommend_many([USER], k=-1),
    "similar": lambda shop: shop.similar("nothing"),
    "history": lambda shop: shop.history(USER + "\0"),
    "show": lambda shop: shop.show(USER + "nobody"),
    "export": lambda shop: shop.export(USER + "nobody"),
    "forget": lambda shop: shop.forget(USER + "nobody"),
    "merge": lambda shop: shop.merge_users(USER, USER),
    "merge id": lambda shop: shop.merge_users(USER, USER + "\0"),
    "record": lambda shop: shop.record(USER, "item-1", value=float("nan")),
    "record id": lambda shop: shop.record(USER + "\0", "item-1"),
    "record kind": lambda shop: shop.record(USER, "item-1", kind=VALUE * 99),
    "record at": lambda shop: shop.record(USER, "item-1", at=VALUE),
    "record connection": lambda shop: shop.record(USER, "i", connection=VALUE),  # type: ignore
    "record_many": lambda shop: shop.record_many([{"user_id": USER, "item_id": "\0"}]),
    "record_many rows": lambda shop: shop.record_many([USER]),  # type: ignore[list-item]
    "put_users": lambda shop: shop.put_users([{"user_id": USER, "attributes": {VALUE: set()}}]),
    "put_users title": lambda shop: shop.put_users([{"user_id": USER, "title": VALUE}]),
    "put_users twice": lambda shop: shop.put_users([HARMLESS, {"user": USER}]),
    "put_users of the application": lambda shop: shop.put_users(rows()),
    "put_users features": lambda shop: shop.put_users([HARMLESS], features=[VALUE * 99]),
    "tell": lambda shop: shop.tell(USER, "item-1", "nothing"),
    "remove": lambda shop: shop.remove(USER, "item-1", kind=VALUE * 99),
    "set_surface": lambda shop: shop.set_surface("x", Request(user_id=USER)),
    "import": lambda shop: shop.import_file("users", Path("none.csv")),
    "user_ids": lambda shop: list(shop.user_ids()),
}

SOUND: dict[str, Call] = {
    "sound recommend": lambda shop: shop.recommend(USER, explain=True),
    "sound recommend_many": lambda shop: shop.recommend_many([USER, VALUE]),
    "sound recent": lambda shop: shop.recommend(USER, recent=["item-1"], where="price > 1"),
    "sound history": lambda shop: shop.history(USER),
    "sound show": lambda shop: shop.show(USER),
    "sound export": lambda shop: shop.export(USER),
    "sound forget": lambda shop: shop.forget(USER),
    "sound merge": lambda shop: shop.merge_users(USER, VALUE),
    "sound record": lambda shop: shop.record(USER, "item-4"),
    "sound record_many": lambda shop: shop.record_many([{"user_id": USER, "item_id": VALUE}]),
    "sound put_users": lambda shop: shop.put_users([HARMLESS]),
    "sound update_users": lambda shop: shop.update_users([HARMLESS]),
    "sound remove": lambda shop: shop.remove(USER, "item-1"),
    "sound tell": lambda shop: shop.tell(USER, "item-1", "less"),
    "sound user_ids": lambda shop: list(shop.user_ids()),
    "sound rotate": lambda shop: shop.keys.rotate(destroy=True),
    "sound verify": lambda shop: shop.keys.verify(),
    "sound releases": lambda shop: shop.releases(),
    "sound delete_items": lambda shop: shop.delete_items(["item-1"]),
    "sound put_items": lambda shop: shop.put_items([{"item_id": VALUE}]),
}
"""Calls with nothing wrong in them: what fails is the database's."""


def healthy(shop: Tastemaker, file: Path) -> None:
    """The database is as it should be."""


def without_tables(shop: Tastemaker, file: Path) -> None:
    """Tables are gone."""
    with shop._store.database.writing() as connection:
        for table in ("user", "interaction", "meta"):
            connection.exec_driver_sql(f"ALTER TABLE tastemaker_{table} RENAME TO gone_{table}")


def damaged(shop: Tastemaker, file: Path) -> None:
    """No sealed value can be opened."""
    with shop._store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE tastemaker_user SET external_id = x'00'")
        connection.exec_driver_sql("UPDATE tastemaker_user SET attributes = x'00'")


def without_keys(shop: Tastemaker, file: Path) -> None:
    """The rows of the keys are gone."""
    with shop._store.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM tastemaker_key")


def with_changed_keys(shop: Tastemaker, file: Path) -> None:
    """No key can be unwrapped."""
    with shop._store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE tastemaker_key SET wrapped = x'00'")


def with_another_column(shop: Tastemaker, file: Path) -> None:
    """What the statements name is not there."""
    with shop._store.database.writing() as connection:
        for table, column in (("user", "ref"), ("interaction", "time"), ("item", "updated")):
            change = f"ALTER TABLE tastemaker_{table} RENAME COLUMN {column} TO gone"
            connection.exec_driver_sql(change)


def refusing(shop: Tastemaker, file: Path) -> None:
    """The database refuses every change, with an error that tells what it knows of people."""
    with shop._store.database.writing() as connection:
        for table in ("user", "interaction", "item", "kind"):
            for change in ("INSERT", "UPDATE", "DELETE"):
                connection.exec_driver_sql(
                    f"CREATE TRIGGER refuse_{table}_{change} BEFORE {change} ON tastemaker_{table}"
                    f" BEGIN SELECT RAISE(ABORT, '{USER} {VALUE}'); END"
                )


def overwritten(shop: Tastemaker, file: Path) -> None:
    """The file is no database any more."""
    shop._store.database.dispose()
    file.write_bytes(f"{USER} {VALUE} ".encode() * 1000)
    file.with_name(file.name + "-wal").unlink(missing_ok=True)


def gone(shop: Tastemaker, file: Path) -> None:
    """In the place of the file there is a folder."""
    shop._store.database.dispose()
    for one in file.parent.glob(file.name + "*"):
        one.unlink()
    file.mkdir()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, key: Key) -> Path:
    file = tmp_path_factory.mktemp("border") / "shop.db"
    with Tastemaker(f"sqlite:///{file}", key=key) as shop:
        shop.upgrade()
        shop.put_items([{"item_id": f"item-{number}"} for number in range(5)])
        shop.put_users([HARMLESS], features=["street"])
        for number in range(3):
            shop.record(USER, f"item-{number}")
    return file


def renewed(file: Path, template: Path) -> None:
    """A copy of the template, whatever was there before."""
    for one in file.parent.glob(file.name + "*"):
        one.rmdir() if one.is_dir() else one.unlink()
    shutil.copy(template, file)


def failed(call: Call, shop: Tastemaker) -> BaseException | None:
    """What a call raises, without the frame that this is."""
    try:
        call(shop)
    except Exception as error:
        assert error.__traceback__ is not None
        return error.with_traceback(error.__traceback__.tb_next)
    return None


def reported(error: BaseException) -> str:
    """All that a crash reporter could send of it, but for the application's own frames."""
    parts: list[str] = []
    chain: list[BaseException | None] = [error]
    while chain:
        one = chain.pop()
        if one is None:
            continue
        parts += [str(one), repr(one), repr(one.args), repr(vars(one))]
        step = one.__traceback__
        while step is not None:
            own = step.tb_frame.f_code.co_filename == __file__
            parts.extend(() if own else everything_in(step.tb_frame.f_locals))
            step = step.tb_next
        chain += [one.__cause__, one.__context__]
    return "\n".join(parts)


def everything_in(found: Any, depth: int = 3) -> Iterator[str]:
    """The texts in a value, and in what it is made of."""
    yield repr(found)
    if depth and isinstance(found, dict):
        for value in found.values():
            yield from everything_in(value, depth - 1)
    elif depth and isinstance(found, list | tuple | set):
        for value in found:
            yield from everything_in(value, depth - 1)
    elif depth and hasattr(found, "__dict__") and not isinstance(found, type):
        yield from everything_in(vars(found), depth - 1)


EVERY = {**CALLS, **SOUND}
State = Callable[[Tastemaker, Path], None]
STATES: list[tuple[State, dict[str, Call], int]] = [
    (healthy, EVERY, 42),
    (without_tables, EVERY, 62),
    (damaged, EVERY, 49),
    (with_another_column, EVERY, 60),
    (refusing, EVERY, 53),
    (overwritten, EVERY, 62),
    (gone, SOUND, 20),
    (without_keys, SOUND, 5),
    (with_changed_keys, SOUND, 3),
]
"""What the database is like, what is called then, and how many calls fail: 356 in all."""


@pytest.mark.parametrize(
    ("state", "calls", "fail"), STATES, ids=[state.__name__ for state, *_ in STATES]
)
def test_no_failing_call_reports_anything_of_people(
    state: State,
    calls: dict[str, Call],
    fail: int,
    template: Path,
    key: Key,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    file, leaks, failures = tmp_path / "shop.db", [], 0
    for name, call in calls.items():
        renewed(file, template)
        with Tastemaker(f"sqlite:///{file}", key=key) as shop:
            state(shop, file)
            error = failed(call, shop)
        if error is None:
            continue
        failures += 1
        texts = reported(error) + caplog.text
        leaks += [f"{name}: {canary}" for canary in CANARIES if canary in texts]
        caplog.clear()
    assert leaks == []
    assert failures >= fail


def test_more_than_300_failures_are_looked_at() -> None:
    assert sum(fail for *_, fail in STATES) >= 300


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "nonsense://", "sqlite:///x.db"])
def test_no_key_is_reported(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    create_key_file(tmp_path / "one.key")
    create_key_file(tmp_path / "other.key")
    text = (tmp_path / "one.key").read_text().strip()
    other = (tmp_path / "other.key").read_text().strip()
    with Tastemaker("sqlite:///x.db", key=other) as shop:
        shop.upgrade()
    error = failed(lambda _: Tastemaker(url, key=text).user_ids(), shop)
    error = error or failed(lambda _: Tastemaker(url, key=text).kinds(), shop)
    assert error is not None
    assert text not in reported(error)


def test_frames_of_the_application_stay(template: Path, key: Key) -> None:
    with Tastemaker(f"sqlite:///{template}", key=key) as shop:
        error = failed(lambda shop: shop.put_users(rows()), shop)
    assert error is not None
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert names == ["<lambda>", "call", "rows"]


def test_where_an_unexpected_error_was_raised_is_noted(
    template: Path, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Tastemaker(f"sqlite:///{template}", key=key) as shop:
        monkeypatch.setattr(shop, "_serving", lambda: None)
        error = failed(lambda shop: shop.history(USER), shop)
    assert isinstance(error, AttributeError)
    (note,) = error.__notes__
    assert "requesting.py:" in note
    assert USER not in note


def test_all_frames_stay_where_that_is_wanted(
    template: Path, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASTEMAKER_TRACEBACKS", "full")
    with Tastemaker(f"sqlite:///{template}", key=key) as shop:
        error = failed(partial(Tastemaker.recommend, k=0), shop)
    assert error is not None
    assert "check_count" in [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def test_what_is_bordered_is_described_as_before() -> None:
    assert Tastemaker.recommend.__doc__
    assert Tastemaker.recommend.__name__ == "recommend"
    assert isinstance(Tastemaker.name, property)
    assert Tastemaker.name.__doc__
