"""Private recommenders are trained where somebody wants that, and nowhere else."""

from __future__ import annotations

from typing import ClassVar

import pytest

from tastemaker.plugin.registry import Registry
from tastemaker.training.fitting import choose
from tastemaker_plugins.popularity.popular import Popular


class Secretive(Popular):
    """Says that it is private."""

    name: ClassVar[str] = "secretive"
    private: ClassVar[bool] = True


@pytest.mark.parametrize(
    ("settings", "only", "takes_part"),
    [
        ({}, (), False),
        ({"secretive": {}}, (), False),
        ({"secretive": {"half_life": 3.0}}, (), True),
        ({}, ("secretive",), True),
        ({"secretive": {"half_life": 3.0}}, ("popular",), False),
    ],
)
def test_a_private_recommender_takes_part_where_it_is_named_or_set_up(
    settings: dict[str, dict[str, float]], only: tuple[str, ...], takes_part: bool
) -> None:
    chosen = [one.name for one in choose(Registry([Secretive]), settings, only)]
    assert ("secretive" in chosen) == takes_part
    assert "popular" in chosen or only


def test_what_is_listed_says_why_it_is_not_trained() -> None:
    plugin = Registry([Secretive]).find("secretive")
    assert "plugins set secretive SETTING=VALUE" in plugin.trained(None).problem
    assert plugin.configured({"half_life": 3.0}).trained(None).problem == ""
