"""`tastemaker demo`: from nothing to explained recommendations on real data."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import as_file
from pathlib import Path

import click

from tastemaker import demo as shipped
from tastemaker.cli.echo import echo
from tastemaker.cli.output import console, print_table
from tastemaker.cli.recommend import print_answer
from tastemaker.cli.train import print_release
from tastemaker.cli.verbosity import shows_progress
from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError
from tastemaker.plugin.registry import Registry
from tastemaker.store.crypto.keys import KEY_FILE, create_key_file

CUSTOMERS = (
    (shipped.LONG_HISTORY, "A customer with a long history"),
    (shipped.SINGLE_PURCHASE, "A customer with a single purchase"),
    (shipped.UNKNOWN_VISITOR, "A visitor who is not in the database"),
)

QUICK = (
    "popular",
    "recent-popular",
    "new-items",
    "demographic-popularity",
    "item-knn",
    "ease",
    "transition",
    "svd-trending",
    "tfidf",
)
"""What the demonstration trains: it should take a minute."""

MORE = """
These are the quick recommenders. `tastemaker train` trains all that are installed, and measures
which of them help; the neural ones come with: pip install 'tastemaker[neural]'"""


@click.command()
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the database and its key here, to go on with; a temporary folder otherwise.",
)
@click.option(
    "--customers",
    type=click.IntRange(1),
    metavar="N",
    help="Only so many of the customers, for a quicker look; all 4,338 otherwise.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    default=QUICK,
    help="Train only this recommender; repeatable.  [default: the quick ones]",
)
def demo(directory: Path | None, customers: int | None, only: tuple[str, ...]) -> None:
    """Show the whole job on real data: Online Retail, a UK gift shop's year of purchases.

    Creates a database with sealed fields, imports products, customers and purchases, trains the
    quick recommenders, learns the blend, and recommends to three customers, with reasons.

    \b
    Examples:
      tastemaker demo
      tastemaker demo --customers 500 --directory shop
    """
    if directory is not None:
        make_folder(directory)
        run(directory, customers, only)
        echo(f"\nEverything is in {directory}. Go on there with, for example:")
        echo(f"  cd {directory} && tastemaker recommend 12347 --explain")
        return
    with tempfile.TemporaryDirectory(prefix="tastemaker-demo-") as folder:
        run(Path(folder), customers, only)
    echo("\nTo keep the database and go on with it: tastemaker demo --directory shop")


def make_folder(directory: Path) -> None:
    """Makes a folder, unless it is there.

    Raises:
        InputError: it cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder {directory} cannot be made: {error.strerror}. Choose another place."
        ) from None


def run(folder: Path, customers: int | None, only: Sequence[str]) -> None:
    """The demonstration in a folder of its own."""
    start = time.monotonic()
    registry = Registry()
    for name in only:
        registry.find(name)  # refused before anything long begins
    key = create_key_file(folder / KEY_FILE)
    with Tastemaker(f"sqlite:///{folder / 'tastemaker.db'}", key=key) as shop:
        shop.upgrade()
        echo("1. A migrated SQLite database, with a key of its own. Importing Online Retail:")
        import_data(shop, customers)
        echo("2. Training, the latest shares of time held out to learn the blend:")
        release = shop.train(only=only, progress=shows_progress())
        print_release(release, "table")
        echo("3. Recommendations:")
        for user, who in CUSTOMERS:
            show_customer(shop, user, who)
    echo(f"Done in {time.monotonic() - start:.0f} s.{MORE}")


def import_data(shop: Tastemaker, customers: int | None) -> None:
    """Imports the shipped files, or a part of them, and prints how many rows each had."""
    rows: list[dict[str, object]] = []
    for what in ("items", "users", "interactions"):
        features = ("country",) if what == "users" else ()
        with file_of(what, customers) as path:
            result = shop.import_file(what, path, features=features, progress=shows_progress())
        rows.append({"what": what, "read": result.read, "new": result.new})
    print_table(rows, ("what", "read", "new"))


@contextmanager
def file_of(what: str, customers: int | None) -> Iterator[Path]:
    """A shipped file, whole or with so many customers."""
    if customers is None or what == "items":
        with as_file(shipped.data(what)) as path:
            yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{what}.csv"
        shipped.write_slice(what, customers, path)
        yield path


def show_customer(shop: Tastemaker, user: str, who: str) -> None:
    """Prints who it is, the latest purchases, and what is recommended and why."""
    out = console()
    out.print(who)
    for past in shop.history(user, 3):
        out.print(f"   bought {past.at:%Y-%m-%d}: {past.title}")
    print_answer(user, shop.recommend(user, k=5, explain=True))
