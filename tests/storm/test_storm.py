"""Workers killed again and again: nothing acknowledged is lost, nothing is half done or stuck."""

from __future__ import annotations

import os

import pytest
from tests.storm.storm import Storm

KILLS = int(os.environ.get("KILLS", "5000"))
"""How many workers the long form kills on each of the two databases; `make storm KILLS=…`."""

PART = 250
"""After how many kills it says how far it is."""

RESTART_SECONDS = 30.0
"""How long opening and reading everything may take after a kill; a hang would take for ever."""


def run(storm: Storm, kills: int) -> None:
    for part in range(PART, kills + PART, PART):
        storm.run(min(part, kills))
        print(
            f"{storm.kills.total()} kills, {storm.acknowledged} acknowledged steps, none lost; "
            f"slowest look {storm.slowest:.2f} s; {dict(storm.kills.most_common())}",
            flush=True,
        )
    assert storm.slowest < RESTART_SECONDS


def test_a_few_kills(storm: Storm) -> None:
    run(storm, 20)


@pytest.mark.slow
@pytest.mark.timeout(24 * 3600)
def test_a_storm_of_kills(storm: Storm) -> None:
    run(storm, KILLS)
