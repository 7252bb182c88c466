"""The tables at first; written by `python manage.py makemigrations shop`."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Makes both tables."""

    initial = True

    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("title", models.TextField()),
                ("category", models.TextField()),
                ("price", models.PositiveIntegerField()),
                ("stock", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("customer", models.TextField()),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="shop.product"
                    ),
                ),
            ],
        ),
    ]
