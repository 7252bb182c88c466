"""The recommender in Django's database."""

from functools import cache

from tastemaker import Tastemaker
from tastemaker.django import django_database


@cache
def recommender() -> Tastemaker:
    """The recommender of this process, opened when it is first needed."""
    return Tastemaker(django_database())
