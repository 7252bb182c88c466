"""The shop's database and its own tables, read and written by coroutines."""

import os

from sqlalchemy import CheckConstraint, ForeignKey, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tastemaker import Tastemaker

URL = os.environ.get("TASTEMAKER_DATABASE", "sqlite:///shop.db")
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
own_url = make_url(URL)
engine = create_async_engine(
    own_url.set(drivername=DRIVERS[own_url.get_backend_name()]), hide_parameters=True
)


class Base(DeclarativeBase):
    """The shop's own tables."""


class Product(Base):
    """Something to buy; the price is in cents."""

    __tablename__ = "products"
    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    category: Mapped[str]
    price: Mapped[int]
    stock: Mapped[int] = mapped_column(CheckConstraint("stock >= 0"))


class Order(Base):
    """Who bought what."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
    # looked at when the transaction commits: by then an unknown product was refused
    product_id: Mapped[str] = mapped_column(
        ForeignKey("products.id", deferrable=True, initially="DEFERRED")
    )


def open_recommender() -> Tastemaker:
    """A recommender for the process that trains, with connections of its own."""
    return Tastemaker(URL)
