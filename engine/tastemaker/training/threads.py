"""How many threads linear algebra may use while training."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def fair_threads() -> int:
    """Half of the processors that this process may run on, at least one.

    Threads of linear algebra wait for each other without sleeping. Where other programs are at work
    too, one thread that has been put aside keeps the others waiting: on two busy processors the
    inverse that `ease` needs took 7 to 17 times as long with two threads as with one.
    """
    try:
        processors = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        processors = os.cpu_count() or 1
    return max(1, processors // 2)


@contextmanager
def threads_limited() -> Iterator[None]:
    """Lets linear algebra use only `fair_threads` in the block; afterwards all is as before.

    Where OPENBLAS_NUM_THREADS or its like asks for fewer, it stays so.
    """
    import scipy.linalg  # noqa: F401 (its library must be loaded to be limited)
    from threadpoolctl import threadpool_info, threadpool_limits

    most = fair_threads()
    wanted = {
        str(one["prefix"]): min(most, int(one["num_threads"]))
        for one in threadpool_info()
        if one["user_api"] in ("blas", "openmp")
    }
    with threadpool_limits(limits=wanted):
        yield
