"""Ranking: people → scores → blend → filters → explained recommendations."""
