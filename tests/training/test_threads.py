from __future__ import annotations

import scipy.linalg  # noqa: F401 (so that its library is loaded)
from threadpoolctl import threadpool_info, threadpool_limits

from tastemaker.training.threads import fair_threads, threads_limited


def threads() -> list[int]:
    return [int(one["num_threads"]) for one in threadpool_info() if one["user_api"] == "blas"]


def test_linear_algebra_gets_a_fair_share_and_all_of_it_back_afterwards() -> None:
    with threadpool_limits(limits=fair_threads() + 1):
        before = threads()
        with threads_limited():
            assert set(threads()) == {fair_threads()}
        assert threads() == before


def test_a_smaller_limit_stays() -> None:
    with threadpool_limits(limits=1), threads_limited():
        assert set(threads()) == {1}
