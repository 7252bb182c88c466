"""What an object holds in memory: arrays once, whoever refers to them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from tastemaker.plugin.held_memory import held_bytes

LARGE = 1_000_000
"""Bytes beside which objects are nothing."""


@dataclass
class Holder:
    """Holds something."""

    held: object
    other: object = None
    more: list[object] = field(default_factory=list)


class Slotted:
    __slots__ = ("held",)

    def __init__(self, held: object) -> None:
        self.held = held


def megabytes(value: object) -> int:
    return round(held_bytes(value) / LARGE)


def array(count: int = 1) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.zeros(count * LARGE, dtype=np.uint8)


def test_arrays_are_counted_wherever_they_are() -> None:
    assert megabytes(Holder(array(), {"a": [array(2)]}, [Slotted((array(3),))])) == 6
    assert megabytes(Holder(sp.csr_array(np.ones((1000, 250), dtype=np.float64)))) in (3, 4)


def test_what_is_held_twice_is_counted_once() -> None:
    one = array()
    holder = Holder(one, one[:10], [one.view(np.float32)])
    holder.more.append(holder)
    assert megabytes(holder) == 1


def test_a_view_holds_the_whole_array() -> None:
    assert megabytes(Holder(array(5)[:10])) == 5
    assert megabytes(Holder(np.frombuffer(bytes(4 * LARGE), dtype=np.float32)[:3])) == 4


def test_a_class_and_a_module_are_the_programs() -> None:
    assert megabytes(Holder(Holder, np)) == 0
