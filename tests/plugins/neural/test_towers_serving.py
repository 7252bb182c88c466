from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tastemaker import Recommender
from tastemaker.testing import checkerboard, people_of, stored, trained
from tastemaker_plugins.neural.sequence import Sequence
from tastemaker_plugins.neural.two_tower import TwoTower

PROGRAM = """
import importlib, json, sys
import numpy as np
from tastemaker import State
from tastemaker.testing import people_of

module, name, folder = sys.argv[1:]
arrays = dict(np.load(f"{folder}/arrays.npz"))
values = json.load(open(f"{folder}/values.json"))
recommender = getattr(importlib.import_module(module), name).restore(State(arrays, values))
np.save(f"{folder}/scores.npy", recommender.score(people_of([[0, 2], [], [1]], 10)))
print([name for name in sys.modules if name.split(".")[0] in ("tensorflow", "keras")])
"""


@pytest.mark.parametrize("kind", [Sequence, TwoTower], ids=lambda kind: kind.name)
def test_serving_never_imports_tensorflow(kind: type[Recommender], tmp_path: Path) -> None:
    recommender = trained(kind, checkerboard())
    state = stored(recommender.state())
    np.savez(tmp_path / "arrays.npz", allow_pickle=False, **state.arrays)
    (tmp_path / "values.json").write_text(json.dumps(dict(state.values)))
    program = [sys.executable, "-W", "ignore", "-c", PROGRAM, kind.__module__, kind.__name__]
    done = subprocess.run([*program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    expected = recommender.score(people_of([[0, 2], [], [1]], 10))
    assert np.allclose(np.load(tmp_path / "scores.npy"), expected, equal_nan=True)
