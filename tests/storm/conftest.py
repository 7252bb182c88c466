"""The shop that the storm goes over."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.stateful.shop_model import Interaction, ShopModel
from tests.storm.steps import ITEMS, PEOPLE
from tests.storm.storm import Storm

from tastemaker import Database, Key, Tastemaker
from tastemaker.recommender import no_progress
from tastemaker.store.store import Store
from tastemaker.training.building import build
from tastemaker.training.inputs import read_training_inputs

Fork = Callable[[Callable[[], object]], int]


@pytest.fixture
def storm(database: Database, key: Key, fork: Fork, tmp_path: Path) -> Storm:
    """A shop in which everybody chose everything, and a release that was trained on it."""
    url = database.engine.url.render_as_string(hide_password=False)
    model = ShopModel()
    with Tastemaker(database, key=key) as shop:
        shop.upgrade()
        for user_id, item_id in itertools.product(PEOPLE, ITEMS):
            shop.record(user_id, item_id, "view", 1.0, at=1_700_000_000)
            one = Interaction(user_id, item_id, "view", "2023-11-14T22:13:20+00:00")
            model.record(one, 1.0)
        inputs = read_training_inputs(Store(database, key), (), ["popular"], 0)
        data = inputs.snapshot.data
        unsaved = build(inputs.registry, inputs.participants, data, no_progress)
    database.dispose()
    seed = int(os.environ.get("SEED", time.time_ns()))
    trained = (unsaved, inputs.snapshot)
    return Storm(url, key, fork, tmp_path, trained, model, random.Random(seed))
