"""Between which bounds the time of a stage is counted, in seconds."""

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of a histogram's buckets. An answer takes milliseconds, a stage of it less."""
