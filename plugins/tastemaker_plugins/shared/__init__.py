"""What several recommenders share: recency, trends."""
