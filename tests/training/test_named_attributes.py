"""A setting that names an attribute which no item has is told of."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tastemaker import Settings, setting
from tastemaker.json_types import Json
from tastemaker.plugin.discovery import Plugin
from tastemaker.testing import assortment
from tastemaker.training.named_attributes import unknown_names
from tastemaker_plugins.popularity.popular import Popular


@dataclass(frozen=True)
class ColumnSettings(Settings):
    column: str = setting("parity", "The attribute that is looked at.", names="attribute")
    feature: str = setting("", "The feature that is looked at.", names="feature")
    colour: str = setting("red", "No name of anything.")


class ByColumn(Popular):
    """Looks at an attribute."""

    name = "by-column"
    settings_type = ColumnSettings


def notes(**chosen: Json) -> list[str]:
    plugin = Plugin("by-column", "popularity", "application", "", "enabled", "", ByColumn, chosen)
    return unknown_names([plugin], assortment())


@pytest.mark.parametrize(
    "chosen", [{}, {"column": "tags", "feature": "town"}, {"column": ""}, {"colour": "blue"}]
)
def test_nothing_is_said_of_names_that_there_are(chosen: dict[str, Json]) -> None:
    assert notes(**chosen) == []


def test_a_name_that_there_is_none_of_is_told_with_those_there_are() -> None:
    assert notes(column="tag", feature="city") == [
        "The setting column of by-column names the attribute 'tag', which there is none of; "
        "there are: tags, maker, parity, price.",
        "The setting feature of by-column names the feature 'city', which there is none of; "
        "there are: age, hobbies, town.",
    ]
