"""Recommenders by the words and attributes of items."""
