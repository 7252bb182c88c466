"""`python manage.py load products.csv`."""

import csv
from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.db import transaction

from shop.models import Product
from shop.recommender import recommender
from tastemaker.django import django_connection

COLUMNS = ("title", "category", "price", "stock")


class Command(BaseCommand):
    """Puts products into the shop's own table and into the recommender, or into neither."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file is the only one."""
        parser.add_argument("file")

    @transaction.atomic
    def handle(self, file: str, **options: object) -> None:
        """Writes both."""
        with open(file, encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        Product.objects.bulk_create(
            [
                Product(id=row["product_id"], **{name: row[name] for name in COLUMNS})
                for row in rows
            ],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=COLUMNS,
        )
        items = [
            {"item_id": row["product_id"], "title": row["title"], "category": row["category"]}
            for row in rows
        ]
        sold_out = [row["product_id"] for row in rows if int(row["stock"]) == 0]
        recommender().put_items(items, connection=django_connection())
        recommender().set_available(sold_out, False, connection=django_connection())
