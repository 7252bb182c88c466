"""Recommenders in processes of their own: without keys, and with limits that hold."""
