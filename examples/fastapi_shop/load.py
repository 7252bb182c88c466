"""Makes the shop's tables and fills them: `python -m fastapi_shop.load products.csv`."""

import csv
import sys

from sqlalchemy.orm import Session

from fastapi_shop.database import Base, Product, engine, open_recommender


def load(file: str) -> None:
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
    Base.metadata.create_all(engine)
    with open_recommender() as recommender, Session(engine) as session, session.begin():
        for product in products:
            session.merge(product)
        recommender.put_items(items, connection=session)
        recommender.set_available(sold_out, False, connection=session)


if __name__ == "__main__":
    load(sys.argv[1])
