"""Changing a database's keys while it is in use: promoted, re-encrypted, verified, retired."""
