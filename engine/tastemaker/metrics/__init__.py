"""Metrics: accuracy, beyond accuracy, intervals and paired comparison; pure functions."""
