"""A shop on FastAPI: `uvicorn fastapi_shop.shop:app --workers 4`."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fastapi_shop.database import Order, Product, engine, open_recommender
from tastemaker import InputError, NotFoundError, Retrainer, RetrainingPlan

recommender = open_recommender()
retrainer = Retrainer(open_recommender, RetrainingPlan(older_than="1d", new=1000))

Customer = Annotated[str, Header(alias="x-customer")]
"""Who buys. A header stands in for your log-in; it keeps ids out of paths, and so out of logs."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Retrains while the shop is open; however many workers there are, one trains at a time."""
    recommender.warm_up()  # until then this worker gets no requests
    gc.freeze()  # garbage collections pass over what is there by now: they held up requests
    with retrainer:
        yield
    recommender.close()


app = FastAPI(title="A shop", lifespan=lifespan)


class Wanted(BaseModel):
    """What somebody wants to buy."""

    product: str


@app.get("/products")
def products(after: str = "", limit: int = 20) -> list[dict[str, str | int]]:
    """A page of products; the next one begins after the last id of this one."""
    page = select(Product).where(Product.id > after).order_by(Product.id).limit(limit)
    with Session(engine) as session:
        return [
            {"id": one.id, "title": one.title, "price": one.price} for one in session.scalars(page)
        ]


@app.post("/orders", status_code=201)
def order(wanted: Wanted, customer: Customer) -> dict[str, int]:
    """An order, and what it tells about the customer's taste: both are kept, or neither."""
    take_one = (
        update(Product)
        .where(Product.id == wanted.product, Product.stock > 0)
        .values(stock=Product.stock - 1)
        .returning(Product.stock)
    )
    with Session(engine) as session, session.begin():
        placed = Order(customer=customer, product_id=wanted.product)
        session.add(placed)
        session.flush()
        recommender.record(customer, wanted.product, kind="purchase", connection=session)
        left = session.scalar(take_one)  # last, since others wait for its row
        if left is None:
            raise HTTPException(409, "There is none left.")
        if left == 0:
            recommender.set_available([wanted.product], False, connection=session)
        return {"order": placed.id}


@app.get("/recommendations")
def recommendations(customer: Customer, k: int = 10) -> dict[str, Any]:
    """What the customer may like, and why."""
    return recommender.recommend(customer, k=k, explain=True).as_dict()


@app.get("/products/{product}/similar")
def similar(product: str, k: int = 5) -> list[dict[str, Any]]:
    """What is like a product."""
    return [one.as_dict() for one in recommender.similar(product, k=k)]


@app.get("/health")
def health(response: Response) -> dict[str, Any]:
    """Whether the recommender can serve, for a probe that looks every minute."""
    found = recommender.health()
    response.status_code = 200 if found.healthy else 503
    return found.as_dict()


@app.exception_handler(NotFoundError)
@app.exception_handler(InputError)
def refuse(request: Request, error: Exception) -> JSONResponse:
    """What the recommender refuses is the client's mistake."""
    return JSONResponse({"error": str(error)}, 404 if isinstance(error, NotFoundError) else 422)
