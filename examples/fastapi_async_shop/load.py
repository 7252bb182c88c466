"""Makes the shop's tables and fills them: `python -m fastapi_async_shop.load products.csv`."""

import asyncio
import csv
import sys

from sqlalchemy.ext.asyncio import AsyncSession

from fastapi_async_shop.database import Base, Product, engine
from tastemaker import AsyncTastemaker


async def load(file: str) -> None:
    """Puts products into the shop's own table and into the recommender, or into neither."""
    with open(file, encoding="utf-8", newline="") as lines:
        products = [
            Product(
                id=row["product_id"],
                title=row["title"],
                category=row["category"],
                price=int(row["price"]),
                stock=int(row["stock"]),
            )
            for row in csv.DictReader(lines)
        ]
    items = [{"item_id": one.id, "title": one.title, "category": one.category} for one in products]
    sold_out = [one.id for one in products if one.stock == 0]
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with (
        AsyncTastemaker(engine) as recommender,
        AsyncSession(engine) as session,
        session.begin(),
    ):
        for product in products:
            await session.merge(product)
        await recommender.put_items(items, connection=session)
        await recommender.set_available(sold_out, False, connection=session)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(load(sys.argv[1]))
