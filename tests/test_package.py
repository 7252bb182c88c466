"""The package as an index shows it, and as type checkers find it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

CHECKOUT = Path(__file__).parents[1]
HOME = "https://git.example.org/tastemaker/blob/v1"

LINKS = re.compile(r"\]\(([^)]+)\)")


def built(folder: Path, home: str) -> ZipFile:
    """A wheel, with the project's address where one is given."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=CHECKOUT,
        env={**os.environ, "TASTEMAKER_HOME": home},
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return ZipFile(wheel)


def metadata_of(wheel: ZipFile) -> Message:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(name).decode())


@pytest.mark.parametrize("home", ["", HOME + "/"])
def test_links_of_the_readme_hold_on_an_index_page(tmp_path: Path, home: str) -> None:
    with built(tmp_path, home) as wheel:
        assert {"tastemaker/py.typed", "tastemaker_plugins/py.typed"} <= set(wheel.namelist())
        metadata = metadata_of(wheel)
    text = str(metadata.get_payload())
    assert "# Tastemaker" in text
    links = [link for link in LINKS.findall(text) if not link.startswith("#")]
    assert all(link.startswith("https://") for link in links)
    assert (f"{HOME}/docs/how-to/requests.md" in links) == bool(home)
    assert metadata.get_all("Project-URL", []) == (
        [
            f"Documentation, {HOME}/docs/README.md",
            f"Changelog, {HOME}/CHANGELOG.md",
            f"Source, {HOME}",
        ]
        if home
        else []
    )


def test_what_the_readme_links_to_is_there() -> None:
    links = LINKS.findall((CHECKOUT / "README.md").read_text(encoding="utf-8"))
    files = [link.partition("#")[0] for link in links if not link.startswith(("#", "https:"))]
    assert len(files) > 5
    assert [file for file in files if not (CHECKOUT / file).exists()] == []
