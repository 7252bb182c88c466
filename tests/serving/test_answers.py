from __future__ import annotations

import json

from tastemaker import Tastemaker


def test_an_explained_answer_is_json_by_the_names_of_its_fields(shop: Tastemaker) -> None:
    answer = shop.recommend("person-4", k=2, explain=True)
    whole = json.loads(json.dumps(answer.as_dict()))
    assert whole["release"] == 1
    assert whole["after"] == answer.after
    assert [one["item_id"] for one in whole["recommendations"]] == [one.item_id for one in answer]
    first = whole["recommendations"][0]
    assert first["contributions"] == answer[0].contributions
    assert first["reasons"][0]["title"] == answer[0].reasons[0].title
    assert sorted(first) == sorted(answer[0]._fields)
