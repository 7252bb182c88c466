"""Nothing that names a person, and no key, reaches what Spark runs on."""

from __future__ import annotations

import base64
import secrets
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.test_canary import forms

from tastemaker.engine import Tastemaker

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("default"),
    pytest.mark.timeout(1800),  # Spark has many threads: minutes on a busy machine
]

PERSON = "kanarienvogel"
IDS = [f"{PERSON}.{number}@example.org" for number in range(24)]
STREET = "Wellensittichstraße 17"
ITEM = "kanarienfutter"
MEMBERS = ("popular", "item-knn", "transition", "als")

CONFIGURATION = """
spark.eventLog.enabled true
spark.eventLog.compress false
spark.eventLog.dir {folder}/events
spark.local.dir {folder}/spill
spark.shuffle.compress false
spark.shuffle.spill.compress false
spark.shuffle.spill.numElementsForceSpillThreshold 20
spark.sql.windowExec.buffer.spill.threshold 20
spark.sql.sortMergeJoinExec.buffer.spill.threshold 20
spark.sql.autoBroadcastJoinThreshold -1
spark.sql.shuffle.partitions 4
"""


@pytest.fixture
def secret() -> bytes:
    """The key that opens the database."""
    return secrets.token_bytes(32)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: bytes) -> Path:
    """Where Spark writes its events, its spill and snapshots; the key is in the environment."""
    for name in ("events", "spill", "snapshots", "conf"):
        (tmp_path / name).mkdir()
    configuration = CONFIGURATION.format(folder=tmp_path)
    (tmp_path / "conf" / "spark-defaults.conf").write_text(configuration)
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path / "conf"))
    monkeypatch.setenv("TASTEMAKER_DATABASE", f"sqlite:///{tmp_path}/shop.db")
    monkeypatch.setenv("TASTEMAKER_KEY", base64.b64encode(secret).decode())
    return tmp_path


class Witness:
    """A Progress that keeps, once everything is fitted, what Spark's process has and wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.places: dict[str, bytes] = {}

    def __call__(self, done: int, total: int, what: str = "") -> None:
        if what != "checking the models":
            return
        from pyspark import SparkContext

        number = SparkContext._gateway.proc.pid
        dump = self.folder / "heap.hprof"
        command = ["jcmd", str(number), "GC.heap_dump", "-all", str(dump)]
        subprocess.run(command, check=True, capture_output=True)
        self.places["heap"] = dump.read_bytes()
        dump.unlink()
        family = [number, *children(number)]
        for name in ("environ", "cmdline"):
            self.places[name] = b"\n".join(running(one, name) for one in family)
        for name in ("events", "spill", "snapshots"):
            self.places[name] = b"\n".join(contents(self.folder / name))


def running(number: int, name: str) -> bytes:
    """What the system knows of a process; nothing of one that has ended by now."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path("/proc", str(number), name).read_bytes()
    return b""


def children(number: int) -> list[int]:
    """The processes that a process, or one of its threads, began."""
    lists = Path("/proc", str(number), "task").glob("*/children")
    return [int(child) for own in lists for child in own.read_text().split()]


def contents(folder: Path) -> Iterable[bytes]:
    """What is in the files of a folder and of those in it."""
    return (file.read_bytes() for file in folder.rglob("*") if file.is_file())


def fill(engine: Tastemaker) -> None:
    """Even people like even items; everybody has an address."""
    engine.put_items({"item_id": f"{ITEM}-{item}"} for item in range(12))
    engine.put_users(
        [{"user_id": user_id, "attributes": {"street": STREET}} for user_id in IDS],
        features=["street"],
    )
    for person, user_id in enumerate(IDS):
        for turn in range(5):
            item = (2 * (person // 2 + turn) + person) % 12
            engine.record(user_id, f"{ITEM}-{item}", at=1.6e9 + 86_400 * turn + person)


def test_nobody_reaches_spark(folder: Path, secret: bytes) -> None:
    witness = Witness(folder)
    with Tastemaker(f"sqlite:///{folder}/shop.db") as engine:
        engine.upgrade()
        fill(engine)
        engine.configure("als", settings={"factors": 4, "epochs": 2})
        release = engine.train(
            only=MEMBERS,
            on="spark=local[2]",
            snapshot_directory=folder / "snapshots",
            memory_limit="1G",  # and so the dump stays small
            progress=witness,
        )
        assert {one.name: one.problem for one in release.members if one.state == "failed"} == {}
        assert len(engine.recommend(IDS[0])) > 0
    assert b"SparkListenerTaskEnd" in witness.places["events"]
    assert b"FROM interactions" in witness.places["heap"]
    assert all(witness.places[name] for name in ("spill", "snapshots"))

    assert b"pyspark.daemon" not in witness.places["cmdline"]  # no Python of Spark's own
    coded = base64.b64encode(secret).rstrip(b"=")
    keys = [secret, secret.hex().encode(), secret.hex().upper().encode(), coded]
    needles = {"key": keys} | {one: list(forms(one)) for one in (PERSON, STREET, ITEM)}
    for place, content in witness.places.items():
        found = [one for one, own in needles.items() if any(form in content for form in own)]
        assert found == [], place
    assert list((folder / "snapshots").iterdir()) == []
