"""A shop on FastAPI, asynchronous: `uvicorn fastapi_async_shop.shop:app --workers 4`."""

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fastapi_async_shop.database import Order, Product, engine, open_recommender
from tastemaker import AsyncTastemaker, InputError, NotFoundError, Retrainer, RetrainingPlan

# threads that calculate hand over to the event loop ten times as often as Python's default has it
sys.setswitchinterval(0.0005)
recommender = AsyncTastemaker(engine, threads=2)
retrainer = Retrainer(open_recommender, RetrainingPlan(older_than="1d", new=1000))

Customer = Annotated[str, Header(alias="x-customer")]
"""Who buys. A header stands in for your log-in; it keeps ids out of paths, and so out of logs."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Retrains while the shop is open; however many workers there are, one trains at a time."""
    await recommender.warm_up()  # until then this worker gets no requests
    gc.freeze()  # garbage collections pass over what is there by now: they held up requests
    with retrainer:
        yield
    await recommender.close()
    await engine.dispose()


app = FastAPI(title="A shop", lifespan=lifespan)


class Wanted(BaseModel):
    """What somebody wants to buy."""

    product: str


@app.get("/products")
async def products(after: str = "", limit: int = 20) -> list[dict[str, str | int]]:
    """A page of products; the next one begins after the last id of this one."""
    page = select(Product).where(Product.id > after).order_by(Product.id).limit(limit)
    async with AsyncSession(engine) as session:
        return [
            {"id": one.id, "title": one.title, "price": one.price}
            for one in await session.scalars(page)
        ]


@app.post("/orders", status_code=201)
async def order(wanted: Wanted, customer: Customer) -> dict[str, int]:
    """An order, and what it tells about the customer's taste: both are kept, or neither."""
    take_one = (
        update(Product)
        .where(Product.id == wanted.product, Product.stock > 0)
        .values(stock=Product.stock - 1)
        .returning(Product.stock)
    )
    async with AsyncSession(engine) as session, session.begin():
        placed = Order(customer=customer, product_id=wanted.product)
        session.add(placed)
        await session.flush()
        await recommender.record(customer, wanted.product, kind="purchase", connection=session)
        left = await session.scalar(take_one)  # last, since others wait for its row
        if left is None:
            raise HTTPException(409, "There is none left.")
        if left == 0:
            await recommender.set_available([wanted.product], False, connection=session)
        return {"order": placed.id}


@app.get("/recommendations")
async def recommendations(customer: Customer, k: int = 10) -> dict[str, Any]:
    """What the customer may like, and why."""
    answer = await recommender.recommend(customer, k=k, explain=True)
    return answer.as_dict()


@app.get("/products/{product}/similar")
async def similar(product: str, k: int = 5) -> list[dict[str, Any]]:
    """What is like a product."""
    return [one.as_dict() for one in await recommender.similar(product, k=k)]


@app.get("/health")
async def health(response: Response) -> dict[str, Any]:
    """Whether the recommender can serve, for a probe that looks every minute."""
    found = await recommender.health()
    response.status_code = 200 if found.healthy else 503
    return found.as_dict()


@app.exception_handler(NotFoundError)
@app.exception_handler(InputError)
async def refuse(request: Request, error: Exception) -> JSONResponse:
    """What the recommender refuses is the client's mistake."""
    return JSONResponse({"error": str(error)}, 404 if isinstance(error, NotFoundError) else 422)
