"""Django's `atomic()` commits or rolls back an order and its interaction together."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from django.db import connections, transaction
from sqlalchemy import text
from tests.django.conftest import Project

from tastemaker import InputError, Key, Tastemaker
from tastemaker.django import django_connection, django_database
from tastemaker.store.sql.database import Database


class Undo(Exception):
    """Ends a block of `atomic()` without keeping what it wrote."""


@contextmanager
def undone() -> Iterator[None]:
    """Goes on after the block, which raises Undo."""
    with pytest.raises(Undo):
        yield


def buy(project: Project, customer: str, item: str) -> None:
    """An order and its interaction, in the transaction that is open."""
    project.order.objects.using(project.using).create(customer=customer, item=item)
    lent = django_connection(project.using)
    project.shop.record(customer, item, "purchase", connection=lent)


def orders(project: Project) -> list[tuple[str, str]]:
    rows = project.order.objects.using(project.using).values_list("customer", "item")
    return sorted(rows)


def interactions(project: Project) -> list[tuple[str, str]]:
    found = []
    for user_id in project.shop.user_ids():
        exported: Any = project.shop.export(user_id)["interactions"]
        found += [(user_id, one["item_id"]) for one in exported]
    return sorted(found)


def test_both_are_kept_or_neither(project: Project) -> None:
    with undone(), transaction.atomic(project.using):
        buy(project, "alice", "tea")
        raise Undo
    assert orders(project) == interactions(project) == []
    with transaction.atomic(project.using):
        buy(project, "alice", "tea")
        assert orders(project) == [("alice", "tea")]
    assert orders(project) == interactions(project) == [("alice", "tea")]


def test_an_inner_block_that_is_undone_takes_its_own_with_it(project: Project) -> None:
    with transaction.atomic(project.using):
        buy(project, "alice", "tea")
        with undone(), transaction.atomic(project.using):
            buy(project, "bob", "cup")
            raise Undo
        buy(project, "carol", "pot")
    assert orders(project) == interactions(project) == [("alice", "tea"), ("carol", "pot")]


def random_purchases(project: Project, count: int) -> int:
    """Buys in transactions and savepoints that are undone at random; how many were kept."""
    chance = random.Random(7)
    for number in range(count):
        customer = f"customer-{number}"
        try:
            with transaction.atomic(project.using):
                buy(project, customer, "tea")
                for item in ("cup", "pot"):
                    try:
                        with transaction.atomic(project.using):
                            buy(project, customer, item)
                            if chance.random() < 0.5:
                                raise Undo
                    except Undo:
                        pass
                if chance.random() < 0.5:
                    raise Undo
        except Undo:
            pass
    return len(orders(project))


@pytest.mark.parametrize(
    "count", [200, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]
)
def test_orders_and_interactions_agree_whatever_is_undone(project: Project, count: int) -> None:
    kept = random_purchases(project, count)
    assert count / 2 < kept < 3 * count / 2
    assert orders(project) == interactions(project)


def test_a_write_that_fails_leaves_djangos_transaction_alone(
    project: Project, tmp_path_factory: pytest.TempPathFactory, key: Key
) -> None:
    file = tmp_path_factory.mktemp("other") / "other.db"
    with Tastemaker(f"sqlite:///{file}", key=key) as other:
        other.upgrade()
        with transaction.atomic(project.using):
            buy(project, "alice", "tea")
            with pytest.raises(InputError):
                other.record("alice", "tea", connection=django_connection(project.using))
            with pytest.raises(InputError):
                project.shop.record("", "tea", connection=django_connection(project.using))
    assert orders(project) == interactions(project) == [("alice", "tea")]


def test_an_error_of_the_database_undoes_the_write_alone(project: Project) -> None:
    def broken(own: object) -> None:
        lent.execute(text("INSERT INTO orders_order (customer, item) VALUES ('x', 'x')"))
        lent.execute(text("SELECT * FROM nowhere"))

    with transaction.atomic(project.using):
        buy(project, "alice", "tea")
        lent = django_connection(project.using)
        with pytest.raises(Exception, match="failed during a test"):
            project.shop._store.write("a test", broken, lent)
        buy(project, "bob", "cup")
    assert orders(project) == interactions(project) == [("alice", "tea"), ("bob", "cup")]


def test_many_rows_join_too(project: Project) -> None:
    rows = [{"user_id": f"user-{n}", "item_id": "tea", "timestamp": n} for n in range(500)]
    with undone(), transaction.atomic(project.using):
        lent = django_connection(project.using)
        assert project.shop.record_many(rows, connection=lent).new == 500
        raise Undo
    assert interactions(project) == []
    with transaction.atomic(project.using):
        lent = django_connection(project.using)
        project.shop.put_items([{"item_id": "tea", "price": 3}], connection=lent)
        assert project.shop.record_many(rows, connection=lent).new == 500
    assert len(interactions(project)) == 500


def test_no_transaction_no_connection(project: Project) -> None:
    with pytest.raises(InputError, match="Django is not in a transaction"):
        django_connection(project.using)


def test_djangos_own_wrapper_is_refused_with_the_way_to_do_it(project: Project) -> None:
    from django.db import connection

    for given in (connection, connections[project.using]):
        with pytest.raises(InputError, match=r"Give connection=django_connection\(\)"):
            project.shop.record("alice", "tea", connection=given)


def test_djangos_other_way_to_a_transaction(project: Project) -> None:
    transaction.set_autocommit(False, project.using)
    buy(project, "alice", "tea")
    transaction.rollback(project.using)
    assert orders(project) == interactions(project) == []
    buy(project, "bob", "cup")
    transaction.commit(project.using)
    assert interactions(project) == [("bob", "cup")]


def test_each_thread_has_its_own(project: Project) -> None:
    def elsewhere() -> None:
        with undone(), transaction.atomic(project.using):
            buy(project, "bob", "cup")
            raise Undo
        connections[project.using].close()

    with transaction.atomic(project.using):
        buy(project, "alice", "tea")
    thread = Thread(target=elsewhere)
    thread.start()
    thread.join()
    with transaction.atomic(project.using):
        buy(project, "carol", "pot")
    assert orders(project) == interactions(project) == [("alice", "tea"), ("carol", "pot")]


@pytest.fixture
def sqlite_project(project: Project) -> Project:
    if connections[project.using].vendor != "sqlite":
        pytest.skip("SQLite alone has one writer at a time")
    return project


def test_a_write_that_would_wait_for_itself_is_refused_at_once(sqlite_project: Project) -> None:
    project = sqlite_project
    with transaction.atomic(project.using):
        project.order.objects.using(project.using).create(customer="alice", item="tea")
        with pytest.raises(InputError, match=r"connection=django_connection\(\).*on_commit"):
            project.shop.record("alice", "tea")
        with pytest.raises(InputError, match=r"one writer at a time"):
            project.shop.put_items([{"item_id": "tea"}])
        assert list(project.shop.user_ids()) == []
        transaction.on_commit(lambda: project.shop.record("alice", "tea"), project.using)
    assert orders(project) == interactions(project) == [("alice", "tea")]


def test_postgresql_with_bindings_of_the_server(
    postgresql_database: Database, order_model: object, key: Key
) -> None:
    from tests.django.conftest import settings_of

    server = {"OPTIONS": {"server_side_binding": True}}
    connections.databases["bound"] = {**settings_of(postgresql_database), **server}
    connections.configure_settings(connections.databases)
    rows = [{"user_id": f"user-{n}", "item_id": "tea", "timestamp": n} for n in range(50)]
    with Tastemaker(django_database("bound"), key=key) as shop:
        shop.upgrade()
        with transaction.atomic("bound"):
            assert shop.record_many(rows, connection=django_connection("bound")).new == 50
        assert len(list(shop.user_ids())) == 50
    connections["bound"].close()
    del connections["bound"], connections.databases["bound"]


@pytest.mark.usefixtures("order_model")
@pytest.mark.parametrize("name", [":memory:", "file:memorydb_default?mode=memory&cache=shared"])
def test_a_database_in_memory_is_refused(name: str) -> None:
    connections.databases["memory"] = {"ENGINE": "django.db.backends.sqlite3", "NAME": name}
    connections.configure_settings(connections.databases)
    with pytest.raises(InputError, match="is in memory.*test.sqlite3"):
        django_database("memory")
    del connections["memory"], connections.databases["memory"]


def test_without_django_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "django.db", None)
    with pytest.raises(InputError, match=r"pip install 'tastemaker\[django\]'"):
        django_database()
