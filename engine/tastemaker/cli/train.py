"""`tastemaker train` and `tastemaker release`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

import click

from tastemaker.cli.echo import echo, print_json
from tastemaker.cli.emptiness import reason_of_nothing
from tastemaker.cli.options import (
    Format,
    database_option,
    format_option,
    hold_out_option,
    memory_limit_option,
    only_option,
    open_engine,
    seed_option,
)
from tastemaker.cli.output import print_rows, print_table, print_text
from tastemaker.cli.verbosity import shows_progress
from tastemaker.errors import NotFoundError
from tastemaker.training.data_quality import Finding
from tastemaker.training.report import Release
from tastemaker.training.turn import TrainingTurn

QUALITY = ("check", "found", "detail", "done")
verbose_option = click.option(
    "--verbose", is_flag=True, help="Also a table of where the time of the training run went."
)

NO_RELEASE = "There is no release yet. `tastemaker train` makes one."

SUMMARY = ("release", "state", "trained_at", "recommenders", "ndcg@10", "size", "problem")


@click.command()
@only_option
@seed_option
@memory_limit_option
@click.option(
    "--time-limit",
    default="15m",
    show_default=True,
    metavar="TIME",
    help="For all of it, such as 90s or 2h; what there is no time for is left out.",
)
@click.option(
    "--release-size",
    metavar="SIZE",
    help="For the models of the release, such as 200M; those that give least weight for their "
    "bytes are left out until the others fit.",
)
@click.option(
    "--serving-memory",
    metavar="SIZE",
    help="The same for what each process that serves holds of them in memory, such as 400MB.",
)
@hold_out_option
@click.option(
    "--quick",
    is_flag=True,
    help="Only what gives most for its cost: no networks, fewer folds; a note says what is missed.",
)
@click.option(
    "--on",
    metavar="PLACE",
    help="Where to fit what can be fitted there: spark, or spark=MASTER. Here, if not given.",
)
@click.option(
    "--snapshot-directory",
    type=click.Path(file_okay=False),
    help="A folder that Spark's executors can read. What is written there names nobody.",
)
@click.option("--keep", is_flag=True, help="Keep the release without activating it.")
@click.option(
    "--if-older-than",
    metavar="TIME",
    help="Train only once the newest release is so old, such as 12h or 1d.",
)
@click.option(
    "--if-new",
    type=click.IntRange(1),
    metavar="N",
    help="Train only if there are N interactions more than it was trained on. Beside "
    "--if-older-than, one of the two is enough.",
)
@verbose_option
@format_option
@database_option
def train(
    only: tuple[str, ...],
    seed: int,
    memory_limit: str | None,
    time_limit: str,
    release_size: str | None,
    serving_memory: str | None,
    hold_out: str | None,
    quick: bool,
    on: str | None,
    snapshot_directory: str | None,
    keep: bool,
    if_older_than: str | None,
    if_new: int | None,
    verbose: bool,
    output_format: Format,
    database_url: str,
) -> None:
    """Train every enabled recommender, learn the blend, and activate the release.

    First the data is checked: duplicates, extreme values, people who do more than people can, times
    in the future; what is found is shown, and what is done about it. Then the latest shares of time
    are held out to learn the blend and to measure, and everything is trained again on all data. A
    release that measures clearly worse than the one now serving is kept but not activated.

    With --if-older-than or --if-new it says why it trains or not, and the exit status is 0 either
    way; of several such commands at once, on any machines, one trains.

    \b
    Examples:
      tastemaker train
      tastemaker train --if-older-than 1d --if-new 1000
      tastemaker train --only ease --only popular
      tastemaker train --quick
      tastemaker train --memory-limit 8G --time-limit 1h
      tastemaker train --on spark=local[2] --only als --only item-knn
    """
    announce = print_quality if output_format == "table" else None
    with open_engine(database_url) as engine:
        run = partial(
            engine.train,
            only=only,
            seed=seed,
            activate=not keep,
            memory_limit=memory_limit,
            time_limit=time_limit,
            release_size=release_size,
            serving_memory=serving_memory,
            hold_out=hold_out,
            quick=quick,
            on=on,
            snapshot_directory=snapshot_directory,
            announce=announce,
            progress=shows_progress(),
        )
        if if_older_than is None and if_new is None:
            print_outcome(run(), output_format, verbose)
            return
        with engine.training_turn(older_than=if_older_than, new=if_new) as turn:
            trained = run() if turn.due else None
    print_turn(turn, trained, output_format, verbose)


def print_turn(
    turn: TrainingTurn, trained: Release | None, output_format: Format, verbose: bool
) -> None:
    """Prints why something was trained or not, and what."""
    if output_format == "json":
        content = trained.to_json() if trained else None
        print_json({"trained": turn.due, "reason": turn.reason, "release": content})
        return
    if trained is not None:
        echo(turn.reason, err=True)
        print_outcome(trained, output_format, verbose)
    else:
        echo(f"Nothing was trained. {turn.reason}", err=output_format == "csv")


def print_release(release: Release, output_format: Format, verbose: bool = False) -> None:
    """Prints a training run: what is odd about its data, and the release."""
    if output_format == "table":
        print_quality(release.findings)
    print_outcome(release, output_format, verbose)


def print_quality(findings: Sequence[Finding]) -> None:
    """Prints what is odd about the data, and what training does about it."""
    if findings:
        print_table([asdict(finding) for finding in findings], QUALITY, "The data")
    else:
        print_text("The data: nothing is odd about it.")


def print_outcome(release: Release, output_format: Format, verbose: bool) -> None:
    """Prints a release: members, measures, weights, notes; in detail, where its time went too."""
    if output_format == "json":
        print_json(release.to_json())
        return
    if output_format == "csv":
        print_rows(release.member_rows(), release.COLUMNS, "csv")
        return
    state = "active" if release.active else "kept, not active"
    title = f"Release {release.number} ({state}): {release.basis}"
    print_table(release.member_rows(), release.COLUMNS, title)
    print_table(release.curve_rows(), release.curve_columns(), "Weight by length of the history")
    if release.repeats:
        title = "Weight by length of the history, where seen items may come again"
        print_table(release.repeat_rows(), release.repeat_columns(), title)
        print_text(release.repeats.sentence())
        if release.repeats.step_sentence:
            print_text(f"Where seen items may come again: {release.repeats.step_sentence}")
    if release.verdict:
        print_text(release.verdict)
    if release.retrieval:
        print_text(release.retrieval.sentence())
    if release.steadiness:
        print_text(release.steadiness)
    if release.step_sentence:
        print_text(release.step_sentence)
    if verbose and release.profile:
        print_table(release.profile_rows(), release.profile_columns(), "Seconds")
    for note in release.notes:
        print_text(f"note: {note}")


@click.group()
def release() -> None:
    """List, show and activate releases: trained models and the weights of their blend."""


@release.command("list")
@format_option
@database_option
def list_releases(output_format: Format, database_url: str) -> None:
    """List the releases, the newest first."""
    with open_engine(database_url) as engine:
        rows = [summary.row() for summary in engine.releases()]
    print_rows(rows, SUMMARY, output_format)
    if not rows:
        echo(reason_of_nothing(database_url, NO_RELEASE), err=True)


@release.command()
@click.argument("number", type=int, required=False)
@verbose_option
@format_option
@database_option
def show(number: int | None, verbose: bool, output_format: Format, database_url: str) -> None:
    """Show a release (the active one, or NUMBER): measures, the weight curve, who retrieves."""
    with open_engine(database_url) as engine:
        try:
            found = engine.release(number)
        except NotFoundError as error:
            raise NotFoundError(reason_of_nothing(database_url, str(error))) from None
    print_release(found, output_format, verbose)


@release.command()
@click.argument("number", type=int)
@database_option
def activate(number: int, database_url: str) -> None:
    """Make release NUMBER serve from now on."""
    with open_engine(database_url) as engine:
        engine.activate(number)
    echo(f"Release {number} is active.")
