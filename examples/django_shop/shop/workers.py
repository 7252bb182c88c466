"""Settings of gunicorn: workers that answer at once, from their first request on."""

import gc
from typing import Any

preload_app = True
threads = 4


def when_ready(server: Any) -> None:
    """Before any worker is forked: what serves lies in memory that all of them share."""
    from shop.recommender import recommender

    recommender().warm_up()
    gc.freeze()  # garbage collections pass over it, and it stays common memory


def post_worker_init(worker: Any) -> None:
    """In each worker, before its first request: it takes up what was activated since."""
    from shop.recommender import recommender

    recommender().warm_up()
    gc.freeze()  # garbage collections pass over what is there by now: they held up requests
