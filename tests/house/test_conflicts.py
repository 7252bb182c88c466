"""No file holds what a merge left for somebody to decide."""

from __future__ import annotations

from tests.house.test_sizes import ROOT

FOLDERS = ("benchmarks", "docs", "engine", "examples", "migrations", "plugins", "tests")
ENDINGS = {".py", ".md", ".toml", ".css", ".html", ".csv", ".sh", ".yml", ".txt"}
MARKS = ("<" * 7 + " ", ">" * 7 + " ")


def conflicts(text: str) -> list[str]:
    """The lines of a text that mark an unresolved conflict."""
    return [line for line in text.splitlines() if line.startswith(MARKS)]


def test_marks_are_found() -> None:
    text = f"a\n{MARKS[0]}HEAD\nb\n{MARKS[1]}other"
    assert conflicts(text) == [f"{MARKS[0]}HEAD", f"{MARKS[1]}other"]


def test_no_file_has_an_unresolved_conflict() -> None:
    places = [ROOT / folder for folder in FOLDERS]
    files = [file for place in places for file in place.rglob("*") if file.suffix in ENDINGS]
    files += [file for file in ROOT.iterdir() if file.suffix in ENDINGS or file.name == "Makefile"]
    texts = {str(file): file.read_text("utf-8", "replace") for file in files}
    assert len(texts) > 500
    assert {file: found for file, text in texts.items() if (found := conflicts(text))} == {}
