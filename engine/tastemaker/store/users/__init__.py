"""Users: sealed before the database sees them, found by their ref, read back in clear."""
