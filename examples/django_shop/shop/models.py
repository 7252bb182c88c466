"""The shop's own tables."""

from django.db import models


class Product(models.Model):
    """Something to buy; the price is in cents."""

    id = models.TextField(primary_key=True)
    title = models.TextField()
    category = models.TextField()
    price = models.PositiveIntegerField()
    stock = models.PositiveIntegerField()


class Order(models.Model):
    """Who bought what."""

    customer = models.TextField()
    product = models.ForeignKey(Product, models.PROTECT)
