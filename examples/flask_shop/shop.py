"""A shop on Flask: `gunicorn -c flask_shop/workers.py flask_shop.shop:app --workers 4`."""

import csv
from typing import Any, TextIO

import click
from flask import Flask, abort, request
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from flask_shop.database import Base, Order, Product, engine
from tastemaker import InputError, NotFoundError, Tastemaker

app = Flask(__name__)
recommender = Tastemaker(engine)


def customer() -> str:
    """Who buys. A header stands in for your log-in; it keeps ids out of paths, and so of logs."""
    return request.headers.get("x-customer") or abort(401)


@app.get("/products")
def products() -> list[dict[str, str | int]]:
    """A page of products; the next one begins after the last id of this one."""
    after, limit = request.args.get("after", ""), request.args.get("limit", 20, type=int)
    page = select(Product).where(Product.id > after).order_by(Product.id).limit(limit)
    with Session(engine) as session:
        return [
            {"id": one.id, "title": one.title, "price": one.price} for one in session.scalars(page)
        ]


@app.post("/orders")
def order() -> tuple[dict[str, int], int]:
    """An order, and what it tells about the customer's taste: both are kept, or neither."""
    product = str(request.get_json()["product"])
    take_one = (
        update(Product)
        .where(Product.id == product, Product.stock > 0)
        .values(stock=Product.stock - 1)
        .returning(Product.stock)
    )
    with Session(engine) as session, session.begin():
        placed = Order(customer=customer(), product_id=product)
        session.add(placed)
        session.flush()
        recommender.record(placed.customer, product, kind="purchase", connection=session)
        left = session.scalar(take_one)  # last, since others wait for its row
        if left is None:
            abort(409, "There is none left.")
        if left == 0:
            recommender.set_available([product], False, connection=session)
        return {"order": placed.id}, 201


@app.get("/recommendations")
def recommendations() -> dict[str, Any]:
    """What the customer may like, and why."""
    k = request.args.get("k", 10, type=int)
    return recommender.recommend(customer(), k=k, explain=True).as_dict()


@app.get("/products/<product>/similar")
def similar(product: str) -> list[dict[str, Any]]:
    """What is like a product."""
    k = request.args.get("k", 5, type=int)
    return [one.as_dict() for one in recommender.similar(product, k=k)]


@app.get("/health")
def health() -> tuple[dict[str, Any], int]:
    """Whether the recommender can serve, for a probe that looks every minute."""
    found = recommender.health()
    return found.as_dict(), 200 if found.healthy else 503


@app.errorhandler(NotFoundError)
@app.errorhandler(InputError)
def refuse(error: Exception) -> tuple[dict[str, str], int]:
    """What the recommender refuses is the client's mistake."""
    return {"error": str(error)}, 404 if isinstance(error, NotFoundError) else 422


@app.cli.command("load")
@click.argument("file", type=click.File(encoding="utf-8"))
def load(file: TextIO) -> None:
    """Puts products into the shop's own table and into the recommender, or into neither."""
    products = [
        Product(
            id=row["product_id"],
            title=row["title"],
            category=row["category"],
            price=int(row["price"]),
            stock=int(row["stock"]),
        )
        for row in csv.DictReader(file)
    ]
    items = [{"item_id": one.id, "title": one.title, "category": one.category} for one in products]
    sold_out = [one.id for one in products if one.stock == 0]
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        for product in products:
            session.merge(product)
        recommender.put_items(items, connection=session)
        recommender.set_available(sold_out, False, connection=session)


@app.cli.command("retrain")
def retrain() -> None:
    """Trains if the newest release is a day old or a thousand interactions are new; for cron."""
    with recommender.training_turn(older_than="1d", new=1000) as turn:
        click.echo(turn.reason)
        if turn.due:
            recommender.train(time_limit="30m")
