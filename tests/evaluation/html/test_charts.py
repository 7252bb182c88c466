from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tastemaker.evaluation.html.charts import HEIGHT, Series, bar, columns, lines, scale, whisker

NASTY = "<b>\"&'"


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def numbers(element: ElementTree.Element, name: str) -> list[float]:
    return [
        float(child.attrib[name].rstrip("%")) for child in element.iter() if name in child.attrib
    ]


@pytest.mark.parametrize(
    ("highest", "top"), [(0.43, 0.5), (1.0, 1.0), (0.0, 1.0), (0.0061, 0.008), (37.0, 40.0)]
)
def test_a_scale_ends_just_above_the_highest_value(highest: float, top: float) -> None:
    end, step = scale(highest)
    assert end == pytest.approx(top)
    assert end / step == pytest.approx(round(end / step))
    assert 1 <= end / step <= 6


def test_a_line_joins_the_values_that_there_are() -> None:
    series = [Series("ease", "c1", [0.1, None, 0.3, 0.2], [(0.05, 0.2)])]
    chart = parsed(lines(series, ["0", "1", "2", "5"], "quality", percent=False))
    assert chart.attrib["role"] == "img"
    assert chart.attrib["aria-label"] == "quality"
    assert len(chart.findall(".//circle")) == 3
    assert len(chart.findall(".//line[@class='line']")) == 2
    assert len(chart.findall(".//line[@class='span']")) == 1
    assert "ease, 2: 0.3000" in [title.text for title in chart.iter("title")]


def test_everything_lies_within_the_chart() -> None:
    series = [Series("a", "c1", [0.0, 1.0]), Series("b", "c2", [0.37, 0.9])]
    chart = parsed(lines(series, ["x", "y"], "", percent=True))
    assert all(0 <= value <= 100 for value in numbers(chart, "cx"))
    assert all(0 <= value <= HEIGHT for value in numbers(chart, "cy"))


def test_columns_are_divided_by_the_shares() -> None:
    series = [Series("a", "c1", [0.25, 1.0]), Series("b", "c2", [0.75, 0.0])]
    chart = parsed(columns(series, ["0", "1"], "weights"))
    heights = [float(rect.attrib["height"]) for rect in chart.findall(".//rect")]
    assert len(heights) == 3
    assert heights[1] / heights[0] == pytest.approx(3, rel=0.05)
    assert heights[2] == pytest.approx(heights[0] + heights[1], rel=0.05)


def test_names_are_escaped() -> None:
    chart = parsed(lines([Series(NASTY, "c1", [1.0])], [NASTY], NASTY, percent=False))
    assert chart.attrib["aria-label"] == NASTY
    assert NASTY in [text.text for text in chart.iter("text")]
    assert [title.text for title in chart.iter("title")] == [f"{NASTY}, {NASTY}: 1.0000"]


def test_rows_of_a_table_are_drawn_to_scale() -> None:
    row = whisker(0.25, 0.0, 0.5, 0.5, "c1")
    (dot,) = re.findall(r'cx="([\d.]+)%"', row)
    assert float(dot) == 50
    assert 'width="50.00%"' in bar(2.0, 4.0, "c1")
    assert parsed(bar(0.0, 0.0, "c1")) is not None
