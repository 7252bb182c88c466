"""Evaluation: splits in time, trials on what was held out, measures with intervals."""
