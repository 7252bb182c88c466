"""Cryptography of the store: sealed values, the key ring, signed model containers."""
