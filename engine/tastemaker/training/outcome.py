"""What the log says of training runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from tastemaker.errors import TastemakerError
from tastemaker.plugin.guard import describe
from tastemaker.training.report import Release

_logger = logging.getLogger("tastemaker.training")


def logged(train: Callable[[], Release]) -> Release:
    """What a training run brings; the log says what came of it, or why nothing did."""
    start = time.monotonic()
    try:
        release = train()
    except Exception as error:  # of foreign errors no text: it may hold values
        _logger.error("Training failed: %s", describe(error, quote=(TastemakerError,)))
        raise
    log_outcome(release, time.monotonic() - start)
    return release


def log_outcome(release: Release, seconds: float) -> None:
    """Says that a release was trained, how it measured, and which recommenders failed."""
    state = "active" if release.active else "kept, not active"
    quality = release.measures.get("ndcg@10")
    measured = "not measured" if quality is None else f"NDCG@10 {quality:.4f}"
    failed = [one.name for one in release.members if one.state == "failed"]
    _logger.log(
        logging.WARNING if failed else logging.INFO,
        "Release %d was trained in %.1f s (%s; %s). Recommenders that failed: %s.",
        release.number,
        seconds,
        state,
        measured,
        ", ".join(failed) or "none",
    )
