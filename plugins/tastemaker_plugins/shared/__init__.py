"""What several recommenders share: recency, trends, neighbours, vectors of items, and terms."""
