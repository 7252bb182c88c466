"""What was trained serves where TensorFlow is not even imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tastemaker.testing import checkerboard, stored, trained
from tastemaker_plugins.neural.reading import TextRecommender
from tastemaker_plugins.neural.text_cnn import TextCnn
from tastemaker_plugins.neural.text_lstm import TextLstm
from tastemaker_plugins.neural.text_two_tower import TextTwoTower

SERVE = """
import importlib, json, sys
from pathlib import Path
import numpy as np
from tastemaker import State
from tastemaker.testing import items_of, people_of

folder, module, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
arrays = {file.name[:-10]: np.load(file) for file in folder.glob("*.array.npy")}
state = State(arrays, json.loads((folder / "values.json").read_text()))
served = getattr(importlib.import_module(module), name).restore(state)
served.extend(items_of(3, first=10))
people = people_of([[0, 2, 10], [1], []], 13)
np.save(folder / "scores.npy", served.score(people))
served.reasons(people, np.full((3, 1), 12)), served.similar(11)
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
"""


@pytest.mark.parametrize("kind", (TextTwoTower, TextCnn, TextLstm), ids=lambda kind: kind.name)
def test_serving_never_imports_tensorflow(kind: type[TextRecommender], tmp_path: Path) -> None:
    state = stored(trained(kind, checkerboard()).state())
    for name, array in state.arrays.items():
        np.save(tmp_path / f"{name}.array.npy", array)
    (tmp_path / "values.json").write_text(json.dumps(state.values))
    command = [sys.executable, "-c", SERVE, str(tmp_path), kind.__module__, kind.__name__]
    subprocess.run(command, check=True, timeout=120)
    scores = np.load(tmp_path / "scores.npy")
    assert scores.shape == (3, 13)
    assert np.isfinite(scores[:2]).all()
    # even items' texts are alike, the new ones' too
    assert scores[0, 12] > scores[0, 11]
