"""The recommenders that come with Tastemaker, each a plugin by the public route."""
