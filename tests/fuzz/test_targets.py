"""Whatever reads bytes of strangers takes any: the short form of `make fuzz`, without atheris."""

from __future__ import annotations

import random

import pytest
from tests.fuzz.targets import TARGETS, seeds
from tests.store.crypto.test_container_damage import mutated

ROUNDS = 150


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_are_taken_or_refused_with_a_typed_error(name: str) -> None:
    if name in ("parquet", "packed"):
        pytest.importorskip("pyarrow")
    chance, target = random.Random(name), TARGETS[name]
    for seed in (b"", *seeds(name)):
        target(seed)
        for _ in range(ROUNDS):
            target(mutated(seed, chance))
