"""How much a command says: `tastemaker -v` shows the log, `tastemaker -q` nothing but errors."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
"""What of the log is shown: as a rule, with -v, and with -vv."""


@contextmanager
def logging_to_stderr(verbose: int, quiet: bool) -> Iterator[None]:
    """Shows the engine's log on standard error while the block runs.

    Training's own log is shown with -v alone: a command prints what came of it, or the error.
    """
    level = logging.ERROR if quiet else LEVELS[min(verbose, len(LEVELS) - 1)]
    rooms = {"tastemaker": level, "tastemaker.training": level if verbose else logging.CRITICAL}
    before = {name: logging.getLogger(name).level for name in rooms}
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    top = logging.getLogger("tastemaker")
    top.addHandler(handler)
    for name, own in rooms.items():
        logging.getLogger(name).setLevel(own)
    try:
        yield
    finally:
        top.removeHandler(handler)
        for name, own in before.items():
            logging.getLogger(name).setLevel(own)


def is_quiet() -> bool:
    """Whether the command was called with -q."""
    context = click.get_current_context(True)
    return context is not None and bool(context.find_root().params.get("quiet"))


def shows_progress() -> bool:
    """Whether long work draws a bar: on a terminal, unless the command was called with -q."""
    return not is_quiet()
