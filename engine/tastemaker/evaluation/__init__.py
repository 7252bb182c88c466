"""Evaluation: what would be recommended, measured on what people went on to choose."""
