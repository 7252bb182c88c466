from __future__ import annotations

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from tastemaker.serving.blas_threads import OneBlasThread, one_blas_thread


def blas_threads() -> list[int]:
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


def test_within_there_is_one_thread_and_afterwards_as_many_as_before() -> None:
    own = OneBlasThread()
    own.find_libraries()
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        assert before
        with own, own:
            assert set(blas_threads()) == {1}
            assert (np.ones((200, 200)) @ np.ones((200, 200)) == 200).all()
        assert blas_threads() == before


def test_it_stays_so_until_the_last_one_has_left() -> None:
    own, entered, leave = OneBlasThread(), threading.Event(), threading.Event()
    own.find_libraries()

    def stay() -> None:
        with own:
            entered.set()
            leave.wait(10)

    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        other = threading.Thread(target=stay)
        with own:
            other.start()
            entered.wait(10)
        assert set(blas_threads()) == {1}
        leave.set()
        other.join()
        assert blas_threads() == before


def test_an_error_within_leaves_all_as_it_was() -> None:
    own = OneBlasThread()
    own.find_libraries()
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        with pytest.raises(ValueError, match="lost"), own:
            raise ValueError("lost")
        assert blas_threads() == before


def test_a_library_found_while_somebody_is_within_is_limited_too() -> None:
    own = OneBlasThread()
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        with own:
            own.find_libraries()
            assert set(blas_threads()) == {1}
        assert blas_threads() == before


def test_there_is_one_for_the_process() -> None:
    assert one_blas_thread() is one_blas_thread()
