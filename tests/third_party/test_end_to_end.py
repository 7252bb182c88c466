from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RUN = """
import base64, json
from tastemaker.engine import Tastemaker
from tastemaker.store.crypto.keys import Key
from tastemaker.testing import checkerboard
key = Key(base64.b64encode(bytes(range(32))).decode(), "the tests")
with Tastemaker("sqlite:///test.db", key=key) as engine:
    engine.upgrade()
    histories = checkerboard().people.histories
    for row, item in zip(histories.rows.tolist(), histories.items.tolist()):
        engine.record(f"person-{row}", f"item-{item}", at=1.6e9 + (item * 7 + row) % 10 * 86400)
    release = engine.train(only=ONLY)
    answer = engine.recommend("person-0", k=20, explain=True)
    print(json.dumps({
        "plugins": {one.name + "@" + one.distribution: [one.state, one.problem]
                    for one in engine.plugins()},
        "members": {one.name: [one.state, one.problem, one.measures] for one in release.members},
        "active": release.active,
        "answer": [one.item_id for one in answer],
        "contributions": answer[0].contributions,
        "problems": answer.details.problems,
        "release": answer.details.release,
    }))
"""

Install = Callable[..., dict[str, str]]
Run = Callable[[str, dict[str, str]], Any]

UNSEEN = {"item-0", *(f"item-{item}" for item in range(1, 10, 2))}
"""What person 0 of the checkerboard has not chosen."""


def run(in_process: Run, environment: dict[str, str], *only: str) -> Any:
    return in_process(RUN.replace("ONLY", repr(only)), environment)


def test_a_good_one_is_trained_and_listed(third_party: Install, in_process: Run) -> None:
    found = run(in_process, third_party("good"), "together")
    assert found["plugins"]["together@tastemaker-together"] == ["enabled", ""]
    state, problem, measures = found["members"]["together"]
    assert (state, problem) == ("serving", "")
    assert measures["ndcg@10"] >= 0
    assert list(found["contributions"]) == ["together"]
    assert (found["release"], found["answer"][0], found["problems"]) == (1, "item-0", [])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("broken-fit", "RuntimeError (line"),
        ("broken-score", "SystemExit (line"),
        ("broken-shape", "shape"),
    ],
)
def test_one_that_fails_costs_nobody_the_answer(
    third_party: Install, in_process: Run, name: str, says: str
) -> None:
    found = run(in_process, third_party("good", name), "together", name)
    (listed,) = [told for key, told in found["plugins"].items() if key.startswith(f"{name}@")]
    assert listed[0] == "enabled"
    assert listed[1].startswith("in the last training: ") and says in listed[1]
    state, problem, _ = found["members"][name]
    assert state == "failed"
    assert says in problem
    assert found["members"]["together"][0] == "serving"
    assert found["active"]
    assert set(found["answer"]) == UNSEEN
    assert found["answer"][0] == "item-0"


def test_all_of_them_at_once(third_party: Install, in_process: Run) -> None:
    broken = ("broken-fit", "broken-import", "broken-score", "broken-shape", "duplicate")
    wanted = ("together", "ease", "item-knn", "broken-fit", "broken-score", "broken-shape")
    found = run(in_process, third_party("good", *broken), *wanted)
    assert found["plugins"]["broken-import@tastemaker-broken-import"][0] == "failed"
    assert any(
        state == "failed" and "ease" in key
        for key, (state, _) in found["plugins"].items()
        if key.startswith("ease@")
    )
    failed = {name for name, (state, *_) in found["members"].items() if state == "failed"}
    assert failed >= {"broken-fit", "broken-score", "broken-shape"}
    assert "ease" not in failed
    assert found["active"]
    assert set(found["answer"]) == UNSEEN
