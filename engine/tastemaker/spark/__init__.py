"""Spark: fits recommenders on a cluster, from a snapshot that names nobody."""
