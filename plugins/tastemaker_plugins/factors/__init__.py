"""Recommenders by item vectors: matrix factorisation."""
