"""A Django project with one model, on either database, and a Tastemaker in the same database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import django
import pytest
from django.conf import settings
from django.db import connections
from sqlalchemy import make_url

from tastemaker import Key, Tastemaker
from tastemaker.django import django_database
from tastemaker.store.sql.database import Database


class Project(NamedTuple):
    """A Django project.

    Attributes:
        using: the name of its database.
        order: its model of orders: a customer and an item.
        shop: the recommender in the same database.
    """

    using: str
    order: Any
    shop: Tastemaker


@pytest.fixture(scope="session")
def order_model() -> Any:
    """The model, in Django set up as any project does it."""
    settings.configure(USE_TZ=True, DATABASES={})
    django.setup()
    from django.db import models

    class Order(models.Model):  # type: ignore[misc]
        customer = models.TextField()
        item = models.TextField()

        class Meta:
            app_label = "orders"

    return Order


def settings_of(database: Database) -> dict[str, Any]:
    """The entry of a database in Django's settings."""
    url = make_url(database.engine.url)
    if url.get_backend_name() == "sqlite":
        # Django reads before it writes, and a lock taken late may be refused.
        immediate = {"transaction_mode": "IMMEDIATE"}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.database, "OPTIONS": immediate}
    place = {"HOST": url.query["host"], "USER": url.username, "NAME": url.database}
    return {"ENGINE": "django.db.backends.postgresql", **place}


@pytest.fixture
def project(database: Database, order_model: Any, key: Key) -> Iterator[Project]:
    """A project on a database of its own."""
    using = f"shop-{id(database)}"
    # what Django does with its settings when it first looks at them
    connections.databases[using] = settings_of(database)
    connections.configure_settings(connections.databases)
    with connections[using].schema_editor() as editor:
        editor.create_model(order_model)
    with Tastemaker(django_database(using), key=key) as shop:
        shop.upgrade()
        yield Project(using, order_model, shop)
    connections[using].close()
    del connections[using], connections.databases[using]
