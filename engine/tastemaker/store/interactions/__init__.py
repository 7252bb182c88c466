"""Interactions: who had what to do with which item, when; as columns of numbers."""
