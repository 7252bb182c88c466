"""Django: its own connection lent to a write, so that `atomic()` commits or rolls back both.

An application opens its `Tastemaker` on `django_database()`, which has connections of its own to
Django's database, and gives `connection=django_connection()` to what belongs into a transaction.
"""

from tastemaker.django.lending import django_connection
from tastemaker.django.opening import django_database

__all__ = ["django_connection", "django_database"]
