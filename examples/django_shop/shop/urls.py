"""Where the pages are."""

from django.urls import path

from shop import views

urlpatterns = [
    path("products", views.products),
    path("products/<product>/similar", views.similar),
    path("orders", views.order),
    path("recommendations", views.recommendations),
    path("health", views.health),
]
