"""The example shops retrain: in the background, or by a command of their framework for cron."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from tests.examples.conftest import KEY, fill, write_products
from tests.examples.shops import EXAMPLES, SHOPS, arguments, environment, load, serving

from tastemaker import Tastemaker

COMMANDS = ["flask --app flask_shop.shop retrain", "python django_shop/manage.py retrain"]


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_trains_when_it_is_due(command: str, trained_file: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{shutil.copy(trained_file, tmp_path)}"
    done = subprocess.run(
        arguments(command), cwd=EXAMPLES, env=environment(url, KEY), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Release 2" in done.stdout
    with Tastemaker(url, key=KEY) as recommender:
        assert len(recommender.releases()) == 2


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", ["fastapi", "fastapi-async"])
def test_workers_of_uvicorn_train_once_beside_what_they_serve(name: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    fill(url, releases=0)
    write_products(tmp_path / "products.csv")
    load(SHOPS[name], url, KEY, tmp_path)
    with serving(SHOPS[name], url, KEY, 2) as server:
        assert server.once("/recommendations").content["release"] is None
        while server.once("/recommendations").content["release"] is None:
            time.sleep(0.5)
    with Tastemaker(url, key=KEY) as recommender:
        assert [one.number for one in recommender.releases()] == [1]
