"""Where Spark runs, what it needs, and what its processes are not told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tastemaker.errors import InputError
from tastemaker.spark.cluster import open_cluster
from tastemaker.spark.session import environment_without, has_java, is_local, master_of
from tastemaker.training.train import spark_place


def test_places() -> None:
    assert master_of("spark") is None
    assert master_of("spark=local[2]") == "local[2]"
    assert master_of("spark=spark://host:7077") == "spark://host:7077"


@pytest.mark.parametrize("place", ["", "dask", "spark=", "spark local", "sparkling"])
def test_what_is_no_place(place: str) -> None:
    with pytest.raises(InputError, match="Write spark, or spark=MASTER"):
        master_of(place)


def test_nothing_said_is_this_process() -> None:
    assert spark_place(None, None) is None
    with pytest.raises(InputError, match="name --on spark too"):
        spark_place(None, "/tmp")


def test_local_masters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MASTER", raising=False)
    assert is_local(None) and is_local("local") and is_local("local[2]")
    assert not is_local("spark://host:7077") and not is_local("yarn")
    monkeypatch.setenv("MASTER", "yarn")
    assert not is_local(None)


def test_executors_elsewhere_need_a_folder_that_they_can_read() -> None:
    with (
        pytest.raises(InputError, match="--snapshot-directory"),
        open_cluster("spark://host:7077", None, 2**30),
    ):
        pass


def test_the_folder_must_be_there(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="There is no folder"),
        open_cluster("local[2]", tmp_path / "none", 2**30),
    ):
        pass


def test_no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert not has_java()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "java").chmod(0o700)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert has_java()


@pytest.mark.parametrize(
    ("missing", "remedy"),
    [("pyspark", "pip install 'tastemaker[spark]'"), ("java", "openjdk-17-jre-headless")],
)
def test_what_is_missing_is_named(missing: str, remedy: str, tmp_path: Path) -> None:
    """In a process with a pyspark of its own that does nothing, or with none at all."""
    if missing == "java":
        (tmp_path / "pyspark.py").touch()
    else:
        (tmp_path / "pyspark.py").write_text("raise ImportError\n")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from tastemaker.spark.session import check_spark\n"
        "check_spark()\n"
    )
    environment = os.environ | {"PATH": str(tmp_path), "JAVA_HOME": ""}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "InputError" in done.stderr and remedy in done.stderr


def test_processes_are_not_told_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASTEMAKER_KEY", "the key")
    monkeypatch.setenv("TASTEMAKER_DATABASE", "postgresql://user:password@host/db")
    names = "import os; print(*(name for name in os.environ if name.startswith('TASTEMAKER_')))"
    with environment_without("TASTEMAKER_"):
        begun = subprocess.run([sys.executable, "-c", names], capture_output=True, check=True)
    assert begun.stdout.split() == []
    assert os.environ["TASTEMAKER_KEY"] == "the key"
