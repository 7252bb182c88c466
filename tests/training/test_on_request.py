"""Some recommenders are trained where somebody wants that, and nowhere else."""

from __future__ import annotations

from typing import ClassVar

import pytest

from tastemaker.plugin.registry import Registry
from tastemaker.training.fitting import choose
from tastemaker_plugins.popularity.popular import Popular


class OnRequest(Popular):
    """Says why it is not trained by itself."""

    name: ClassVar[str] = "on-request"
    on_request: ClassVar[str] = "costly"


class Secretive(Popular):
    """Says that it is private, and nothing else."""

    name: ClassVar[str] = "on-request"
    private: ClassVar[bool] = True


@pytest.mark.parametrize("kind", [OnRequest, Secretive])
@pytest.mark.parametrize(
    ("settings", "only", "takes_part"),
    [
        ({}, (), False),
        ({"on-request": {}}, (), False),
        ({"on-request": {"half_life": 3.0}}, (), True),
        ({}, ("on-request",), True),
        ({"on-request": {"half_life": 3.0}}, ("popular",), False),
    ],
)
def test_one_on_request_takes_part_where_it_is_named_or_set_up(
    kind: type[Popular],
    settings: dict[str, dict[str, float]],
    only: tuple[str, ...],
    takes_part: bool,
) -> None:
    chosen = [one.name for one in choose(Registry([kind]), settings, only)]
    assert ("on-request" in chosen) == takes_part
    assert "popular" in chosen or only


def test_one_on_request_takes_part_where_it_was_switched_on() -> None:
    chosen = choose(Registry([OnRequest]), {}, (), ["on-request"])
    assert "on-request" in [one.name for one in chosen]


def test_what_is_listed_says_why_it_is_not_trained() -> None:
    plugin = Registry([OnRequest]).find("on-request")
    assert plugin.trained(None).problem == (
        "costly, so trained on request: `tastemaker plugins enable on-request`, or name it to "
        "`train`"
    )
    assert plugin.trained(None, wanted=True).problem == ""
    assert plugin.configured({"half_life": 3.0}).trained(None).problem == ""


def test_a_private_one_that_gives_no_reason_is_listed_as_private() -> None:
    problem = Registry([Secretive]).find("on-request").trained(None).problem
    assert problem.startswith("private, so trained on request: ")
