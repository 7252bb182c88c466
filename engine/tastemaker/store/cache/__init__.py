"""Models in a local directory that the workers of a machine share."""
