"""A Spark session whose processes know nothing that would open the database."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tastemaker.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DEFAULT_MASTER = "local[*]"
"""Where Spark runs if nothing says where: on all processors of this machine."""

PLACE = re.compile(r"spark(?:=(?P<master>.*\S))?")

OWN_VARIABLES = "TASTEMAKER_"
"""Environment variables that begin so hold the key, and the database's password."""

MEBIBYTE = 2**20


def master_of(on: str) -> str | None:
    """The master in "spark=MASTER"; None for "spark" alone, which leaves it to Spark's own files.

    Raises:
        InputError: it is no place to train on.
    """
    found = PLACE.fullmatch(on.strip())
    if found is None:
        raise InputError(
            f"There is no place {on!r} to train on. Write spark, or spark=MASTER, such as "
            "spark=local[2] or spark=spark://host:7077."
        )
    return found["master"]


def is_local(master: str | None) -> bool:
    """Whether Spark works within this machine."""
    return (master or os.environ.get("MASTER") or DEFAULT_MASTER).startswith("local")


def check_spark() -> None:
    """Nothing, if Spark, what it reads snapshots with, and Java are here.

    Raises:
        InputError: one is missing; it says what to install.
    """
    try:
        import pyarrow  # noqa: F401
        import pyspark  # noqa: F401
    except ImportError:
        raise InputError("Training on Spark needs: pip install 'tastemaker[spark]'.") from None
    if not has_java():
        raise InputError(
            "Spark needs Java 17 or later, and there is none here. Install your distribution's "
            "(Debian, Ubuntu: sudo apt-get install openjdk-17-jre-headless), or set JAVA_HOME."
        )


def has_java() -> bool:
    """Whether Java is on the path, or where JAVA_HOME says."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=f"{home}/bin" if home else None) is not None


@contextmanager
def spark_session(master: str | None, memory: int) -> Iterator[SparkSession]:
    """A session of its own, in the application's Spark if there is one; that one goes on.

    Args:
        master: where Spark runs; as Spark's own configuration says where not given.
        memory: bytes that Spark may take, where it is begun here and works on this machine.

    Raises:
        InputError: Spark or Java is not installed.
    """
    check_spark()
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    if running is not None:
        yield running.newSession()
        return
    builder = SparkSession.builder.appName("tastemaker").config("spark.ui.enabled", "false")
    builder = builder.config("spark.ui.showConsoleProgress", "false")  # there is one already
    if master is not None:
        builder = builder.master(master)
    if is_local(master):
        builder = builder.config("spark.driver.memory", f"{max(memory // MEBIBYTE, 1024)}m")
    with environment_without(OWN_VARIABLES):
        session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()


@contextmanager
def environment_without(prefix: str) -> Iterator[None]:
    """Hides the environment variables whose names begin so from processes begun in the block."""
    hidden = {name: value for name, value in os.environ.items() if name.startswith(prefix)}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)
