"""The shop's database and its own tables."""

import os

from sqlalchemy import CheckConstraint, ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

URL = os.environ.get("TASTEMAKER_DATABASE", "sqlite:///shop.db")
engine = create_engine(URL, hide_parameters=True)


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
