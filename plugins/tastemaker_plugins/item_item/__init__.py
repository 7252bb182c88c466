"""Recommenders by links between items: neighbours, linear models, transitions."""
