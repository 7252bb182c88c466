"""A release that is private as a whole: one member, and reasons that count nobody."""

from __future__ import annotations

import pytest

from tastemaker import Tastemaker, TrainingError

NAME = "ease-private"


def test_it_serves_alone_and_its_reasons_tell_of_nobody_else(engine: Tastemaker) -> None:
    engine.configure(NAME, settings={"epsilon": 100.0})
    release = engine.train(only=[NAME])
    assert [one.name for one in release.members] == [NAME, "blend"]
    answer = engine.recommend("person-0", k=3, explain=True, explore=0.0)
    assert answer[0].item_id == "item-10"
    assert answer[0].why.startswith("goes with even thing")
    assert {one.why.partition(" even")[0] for one in answer} <= {"goes with", ""}


def test_it_is_not_trained_where_links_rest_on_several_people(engine: Tastemaker) -> None:
    engine.set_support(links=5)
    with pytest.raises(TrainingError, match="ease-private cannot keep its guarantee.*--links 1"):
        engine.train(only=[NAME])


def test_it_is_listed_with_the_reason_why_it_is_not_trained(engine: Tastemaker) -> None:
    (listed,) = [one for one in engine.plugins() if one.name == NAME]
    assert "trained on request" in listed.problem
    engine.configure(NAME, settings={"epsilon": 3.0})
    (listed,) = [one for one in engine.plugins() if one.name == NAME]
    assert (listed.problem, listed.chosen) == ("", {"epsilon": 3.0})
