"""A shop on FastAPI, with ordinary functions."""
