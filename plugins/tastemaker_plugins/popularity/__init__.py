"""Recommenders by popularity: the same list for everybody, or for everybody of a group."""
