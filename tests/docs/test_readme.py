"""What the README promises beyond running: results, and how short its examples are."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.docs.snippets import README, blocks, light, run, surroundings

# All recommenders are trained, several times; in the long form the networks among them.
pytestmark = pytest.mark.timeout(900)

# The application's own module, of which the README speaks.
MODELS = """
from sqlalchemy import Column, Integer, MetaData, Table, create_engine

engine = create_engine("sqlite:///shop.db")
metadata = MetaData()
Table("orders", metadata, Column("id", Integer, primary_key=True))
"""


@pytest.fixture(
    scope="module", params=["light", pytest.param("everything", marks=pytest.mark.slow)]
)
def folder(folder_for: Callable[[Path], Path], request: pytest.FixtureRequest) -> Path:
    """A folder in which every block was run, with what its reader has installed."""
    folder = folder_for(README)
    (folder / "models.py").write_text(MODELS)
    environment = surroundings()
    if request.param == "light":
        environment = light(environment, Path(sys.executable).parent)
    (folder / "printed.txt").write_text("\n".join(run(README, folder, environment)))
    return folder


def test_every_block_runs_and_does_what_is_said(folder: Path) -> None:
    printed = (folder / "printed.txt").read_text()
    assert "16 interactions read: 16 new" in printed
    reasons = "fits well with|similar to|because of"
    assert re.search(rf"^ +1 +pot +Tea pot .*({reasons}) ", printed, re.MULTILINE)
    assert re.search(r"^ +1 +(pot +Tea pot|cup +Tea cup) ", printed, re.MULTILINE)
    assert "most-bought" in printed
    assert "blend" in printed
    assert "<svg" in (folder / "report.html").read_text()
    assert "Forgotten, with 2 interactions." in printed
    assert (folder / "recommendations.csv").read_text().startswith("user_id,rank,item_id,score\n")


def test_the_applications_migration_leaves_the_engines_tables_alone(folder: Path) -> None:
    (migration,) = (folder / "migrations" / "versions").glob("*.py")
    assert "create_table('orders'" in migration.read_text()
    assert "tastemaker" not in migration.read_text()


def test_the_examples_are_as_short_as_promised() -> None:
    embedding, plugin = [block for block in blocks(README) if block.language == "python"][:2]
    assert len(list(filter(None, embedding.code.splitlines()))) <= 10
    assert len(list(filter(None, plugin.code.splitlines()))) < 20
