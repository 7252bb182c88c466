from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tastemaker_plugins.neural.state_cache import KEPT_HISTORIES, StateCache


def test_what_was_put_is_given_again_and_nothing_else() -> None:
    cache, state = StateCache(), np.ones((1, 2), np.float32)
    cache.put(b"one", state)
    assert cache.get(b"one") is state
    assert cache.get(b"two") is None


def test_the_one_least_asked_for_is_dropped() -> None:
    cache = StateCache()
    for number in range(KEPT_HISTORIES):
        cache.put(str(number).encode(), np.zeros(1, np.float32))
    cache.get(b"0")
    cache.put(b"new", np.zeros(1, np.float32))
    assert len(cache) == KEPT_HISTORIES
    assert cache.get(b"0") is not None
    assert cache.get(b"1") is None


def test_threads_do_not_disturb_each_other() -> None:
    cache = StateCache()

    def ask(number: int) -> bool:
        key = str(number % 3000).encode()
        found = cache.get(key)
        if found is None:
            cache.put(key, np.full(1, number % 3000, np.float32))
            return True
        return bool(found[0] == number % 3000)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(12_000)))
    assert len(cache) <= KEPT_HISTORIES
