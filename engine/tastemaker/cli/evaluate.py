"""`tastemaker evaluate`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tastemaker.cli.echo import echo, print_json
from tastemaker.cli.options import (
    Format,
    database_option,
    format_option,
    only_option,
    open_engine,
    seed_option,
)
from tastemaker.cli.output import print_rows, print_table, print_text
from tastemaker.cli.verbosity import shows_progress
from tastemaker.errors import InputError
from tastemaker.evaluation.report import Report
from tastemaker.evaluation.summary import summary_sentences
from tastemaker.holdout.methods import SEEN, SPLITS
from tastemaker.io.source import STANDARD


class Cutoffs(click.ParamType[tuple[int, ...]]):
    """Numbers with commas between them: "5,10,20"."""

    name = "N,N,…"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """The numbers."""
        try:
            return tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of whole numbers such as 10,20.", param, ctx)


@click.command()
@click.option(
    "--split",
    type=click.Choice(list(SPLITS)),
    help="What is held out.  [default: time where times are known, random otherwise]",
)
@click.option(
    "--seen",
    type=click.Choice(SEEN),
    default="exclude",
    show_default=True,
    help="Whether what people had chosen before may be recommended again.",
)
@click.option(
    "--cutoffs", type=Cutoffs(), default="10,20", show_default=True, help="How long lists are."
)
@only_option
@click.option(
    "--people",
    type=click.IntRange(1),
    default=5000,
    show_default=True,
    help="Evaluate at most so many people.",
)
@click.option(
    "--exact", is_flag=True, help="Score every item, not only the candidates that would be served."
)
@seed_option
@click.option(
    "--time-limit",
    metavar="TIME",
    help="For all of it, such as 90s or 1h: what there is no time for is left out and named. It is "
    "looked at between fits, at a fit's reports of progress, and between measurements, so the last "
    "piece of work may exceed it.  [default: 15m]",
)
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE.html",
    help='Also write a page with plots; "-": to standard output, in place of the tables.',
)
@format_option
@database_option
def evaluate(
    split: str | None,
    seen: str,
    cutoffs: tuple[int, ...],
    only: tuple[str, ...],
    people: int,
    exact: bool,
    seed: int,
    time_limit: str | None,
    report_file: str | None,
    output_format: Format,
    database_url: str,
) -> None:
    """Measure the blend and each recommender alone on what people went on to choose.

    Part of the data is held out, and the rest trained on in memory. Then everybody whose choices
    were held out gets recommendations, as an application would get them, and these are compared
    with the choices. Nothing is written, and the release that serves goes on serving.

    \b
    Splits:
      time         the latest tenth of all interactions is held out
      last         everyone's last interaction
      people       some people are not trained on; part of their history is known later
      cold-people  some people are not trained on; nothing of them is known later
      cold-items   some items come after training, and only these are recommended
      random       a fifth of everyone's interactions

    \b
    Examples:
      tastemaker evaluate
      tastemaker evaluate --report report.html
      tastemaker evaluate --seen include
      tastemaker evaluate --split last --cutoffs 5,10,50 --only ease --only popular
    """
    if report_file is not None and report_file != STANDARD:
        check_folder(Path(report_file))
    with open_engine(database_url) as engine:
        report = engine.evaluate(
            split,
            seen=seen,
            cutoffs=cutoffs,
            only=only,
            seed=seed,
            people=people,
            exact=exact,
            time_limit=time_limit,
            progress=shows_progress(),
        )
    if report_file is not None:
        report.save(report_file)
    if report_file == STANDARD:
        return
    print_report(report, output_format)
    if report_file is not None:
        echo(f"The page is in {report_file}.", err=True)


def check_folder(file: Path) -> None:
    """Refuses a file that cannot be written, before anything long begins.

    Raises:
        InputError: its folder is not there, or closed.
    """
    if file.is_symlink() or (file.exists() and not file.is_file()):
        return  # it is written into, whatever its folder allows
    if not file.parent.is_dir():
        raise InputError(f"Cannot write {file}: there is no folder {file.parent}. Make it first.")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise InputError(f"Cannot write {file}: its folder is closed to you. Choose another one.")


def print_report(report: Report, output_format: Format) -> None:
    """Prints what an evaluation found: the summary for people, every figure for programs."""
    if output_format == "json":
        print_json(report.to_json())
        return
    if output_format == "csv":
        print_rows(report.rows(), report.COLUMNS, "csv")
        return
    title = f"Evaluated on {report.people:,} people: {report.basis}"
    print_table(report.summary_rows(), report.summary_columns(), title)
    if report.points:
        title = f"{report.headline} by length of the history"
        print_table(report.envelope_rows(), report.envelope_columns(), title)
    if report.diversity:
        title = f"Lists with diversity: {report.headline}, and how alike two items of a list are"
        print_table(report.diversity_rows(), report.diversity_columns(), title)
    for sentence in summary_sentences(report):
        print_text(sentence)
    for note in report.notes:
        print_text(f"note: {note}")
