"""The pages of the shop, as JSON."""

import json

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from shop.models import Order, Product
from shop.recommender import recommender
from tastemaker.django import django_connection


class SoldOut(Exception):
    """There is none left."""


def customer(request: HttpRequest) -> str:
    """Who buys. A header stands in for your log-in; it keeps ids out of paths, and so of logs."""
    if "x-customer" not in request.headers:
        raise PermissionDenied
    return str(request.headers["x-customer"])


@require_GET
def products(request: HttpRequest) -> JsonResponse:
    """A page of products; the next one begins after the last id of this one."""
    after, limit = request.GET.get("after", ""), int(request.GET.get("limit", 20))
    page = Product.objects.filter(id__gt=after).order_by("id").values("id", "title", "price")
    return JsonResponse(list(page[:limit]), safe=False)


@require_POST
def order(request: HttpRequest) -> JsonResponse:
    """An order, and what it tells about the customer's taste: both are kept, or neither."""
    product = json.loads(request.body)["product"]
    try:
        with transaction.atomic():
            placed = Order.objects.create(customer=customer(request), product_id=product)
            lent = django_connection()
            recommender().record(placed.customer, product, kind="purchase", connection=lent)
            take_one(product)
    except SoldOut:
        return JsonResponse({"error": "There is none left."}, status=409)
    return JsonResponse({"order": placed.id}, status=201)


def take_one(product: str) -> None:
    """Takes a product out of the stock; the last thing in a transaction, since others wait for it.

    Raises:
        SoldOut: there is none.
    """
    own = Product.objects.filter(pk=product)
    if not own.filter(stock__gt=0).update(stock=F("stock") - 1):
        raise SoldOut
    if own.filter(stock=0).exists():
        recommender().set_available([product], False, connection=django_connection())


@require_GET
def recommendations(request: HttpRequest) -> JsonResponse:
    """What the customer may like, and why."""
    k = int(request.GET.get("k", 10))
    return JsonResponse(recommender().recommend(customer(request), k=k, explain=True).as_dict())


@require_GET
def similar(request: HttpRequest, product: str) -> JsonResponse:
    """What is like a product."""
    k = int(request.GET.get("k", 5))
    found = recommender().similar(product, k=k)
    return JsonResponse([one.as_dict() for one in found], safe=False)


@require_GET
def health(request: HttpRequest) -> JsonResponse:
    """Whether the recommender can serve, for a probe that looks every minute."""
    found = recommender().health()
    return JsonResponse(found.as_dict(), status=200 if found.healthy else 503)
