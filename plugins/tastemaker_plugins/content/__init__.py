"""Recommenders by what items say of themselves."""
