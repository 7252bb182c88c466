"""Tuning: searching the recommenders' settings on held-out data. Only here is Optuna imported."""
