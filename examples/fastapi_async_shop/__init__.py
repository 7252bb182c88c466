"""A shop on FastAPI, with coroutines."""
