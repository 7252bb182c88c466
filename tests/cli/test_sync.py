from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

CONFIG = """
[[sync]]
name = "products"
source = "sqlite:///${APPLICATION}/application.db"
into = "items"
watermark = "changed"
query = "SELECT sku AS item_id, name AS title, changed FROM product"

[[sync]]
name = "orders"
source = "sqlite:///${APPLICATION}/application.db"
into = "interactions"
watermark = "id"
kind = "purchase"
batch_rows = 50
query = "SELECT customer AS user_id, sku AS item_id, bought AS timestamp, id FROM purchase"
"""


def application(folder: Path, count: int) -> None:
    """An application's own database."""
    with closing(sqlite3.connect(folder / "application.db")) as connection, connection:
        connection.execute("CREATE TABLE product (sku TEXT, name TEXT, changed TEXT)")
        connection.execute(
            "CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer TEXT, sku TEXT, bought INT)"
        )
        connection.executemany(
            "INSERT INTO product VALUES (?, ?, '2024-01-01')",
            [(f"new-{n}", f"New thing {n}") for n in range(7)],
        )
        add_purchases(connection, range(count))


def add_purchases(connection: sqlite3.Connection, numbers: range) -> None:
    rows = [(n, f"c-{n % 13}", f"new-{n % 7}", 1_600_000_000 + n) for n in numbers]
    connection.executemany("INSERT INTO purchase VALUES (?, ?, ?, ?)", rows)


@pytest.fixture
def configured(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an application's database, and a file that says what to sync from it."""
    application(shop, 120)
    (shop / "sync.toml").write_text(CONFIG)
    monkeypatch.setenv("APPLICATION", str(shop))
    return shop


def test_sync_from_a_file(configured: Path, run: Run) -> None:
    done = run("sync", "sync.toml", "--format", "json")
    assert done.exit_code == 0, done.output
    products, orders = json.loads(done.stdout)
    assert (products["sync"], products["into"], products["new"]) == ("products", "items", 7)
    assert (orders["new"], orders["watermark"]) == (120, "119")
    with closing(sqlite3.connect("application.db")) as connection, connection:
        add_purchases(connection, range(120, 130))
    (orders,) = json.loads(run("sync", "sync.toml", "--only", "orders", "--format", "json").stdout)
    assert orders["new"] == 10
    (orders,) = json.loads(
        run("sync", "sync.toml", "--only", "orders", "--restart", "--format", "json").stdout
    )
    assert (orders["new"], orders["watermark"]) == (0, "129")


def test_a_failing_sync_keeps_and_prints_those_before(configured: Path, run: Run) -> None:
    Path("sync.toml").write_text(CONFIG.replace("FROM purchase", "FROM nowhere"))
    done = run("sync", "sync.toml")
    assert done.exit_code == 1
    assert "products" in done.stdout
    assert "sync orders:" in done.stderr
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[[sync]]", "[[sync", "cannot be read as TOML"),
        (CONFIG, "", "must hold"),
        (CONFIG, "sync = 5", "must hold"),
        ('into = "items"', "", "sync 1 has no into"),
        ('into = "items"', 'into = "things"', "into is none of"),
        ('into = "items"', 'into = "items"\npassword = "x"', "unknown name password"),
        ('name = "orders"', 'name = "products"', "two syncs called products"),
        ("${APPLICATION}", "${NOT_SET}", "needs NOT_SET in the environment"),
        ('name = "orders"', "name = 5", "name must be text"),
    ],
)
def test_a_file_that_is_not_clear(
    configured: Path, run: Run, old: str, new: str, problem: str
) -> None:
    Path("sync.toml").write_text(CONFIG.replace(old, new))
    done = run("sync", "sync.toml")
    assert done.exit_code == 1
    assert problem in done.stderr


def test_no_password_is_shown(configured: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    for url in ("nonsense://u:${SECRET}@h/d", "postgresql+psycopg://u:${SECRET}@127.0.0.1:1/d"):
        text = CONFIG.replace("sqlite:///${APPLICATION}/application.db", url)
        Path("sync.toml").write_text(text)
        done = run("sync", "sync.toml")
        assert done.exit_code == 1
        assert "hunter2" not in done.output


def test_a_command_that_was_killed_is_started_again(configured: Path, run: Run) -> None:
    with closing(sqlite3.connect("application.db")) as connection, connection:
        add_purchases(connection, range(120, 5000))
    command = [str(Path(sys.executable).with_name("tastemaker")), "sync", "sync.toml"]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ)
    with closing(sqlite3.connect("tastemaker.db", timeout=30)) as connection:
        deadline = time.monotonic() + 120
        begun = "SELECT count(*) FROM tastemaker_meta WHERE name = 'sync:orders'"
        while not connection.execute(begun).fetchone()[0] and time.monotonic() < deadline:
            time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    done = run("sync", "sync.toml", "--format", "json")
    assert done.exit_code == 0
    orders = json.loads(done.stdout)[1]
    assert 0 < orders["new"] < 5000
    with closing(sqlite3.connect("tastemaker.db")) as connection:
        whose = "user_id IN (SELECT user_id FROM tastemaker_interaction WHERE kind_id = 2)"
        counted = f"SELECT count(*) FROM tastemaker_interaction WHERE kind_id = 2 AND {whose}"
        assert connection.execute(counted).fetchone()[0] == 5000
