"""Recommenders of what a person chose before and may choose again."""
