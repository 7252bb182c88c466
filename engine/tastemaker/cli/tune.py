"""`tastemaker tune`."""

from __future__ import annotations

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import (
    Format,
    database_option,
    format_option,
    hold_out_option,
    memory_limit_option,
    open_engine,
    seed_option,
)
from tastemaker.cli.output import print_rows
from tastemaker.cli.verbosity import shows_progress
from tastemaker.tuning.report import TunedRecommender

STUDY = "sqlite:///tastemaker-tuning.db"


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--time-limit",
    default="10m",
    show_default=True,
    metavar="TIME",
    help="For all of them together, such as 90s or 2h.",
)
@click.option(
    "--study",
    default=STUDY,
    show_default=True,
    metavar="URL",
    help="Where what was tried is kept, so that the next run goes on with it; a database of its "
    "own, because Optuna's tables go by their own names.",
)
@hold_out_option
@memory_limit_option
@seed_option
@click.option("--dry-run", is_flag=True, help="Only show what was found; change nothing.")
@format_option
@database_option
def tune(
    names: tuple[str, ...],
    time_limit: str,
    study: str,
    hold_out: str | None,
    memory_limit: str | None,
    seed: int,
    dry_run: bool,
    output_format: Format,
    database_url: str,
) -> None:
    """Search the settings of every enabled recommender, or of those named, on held-out data.

    Settings are compared by NDCG@10 on several folds of time, none of which sees the newest tenth
    of all interactions. Those that are better by at least 1 % are written to the configuration,
    and `tastemaker train` uses them from then on.

    \b
    Examples:
      tastemaker tune
      tastemaker tune ease item-knn --time-limit 30m
      tastemaker tune --dry-run
    """
    with open_engine(database_url) as engine:
        results = engine.tune(
            names,
            time_limit=time_limit,
            study=study,
            hold_out=hold_out,
            memory_limit=memory_limit,
            seed=seed,
            apply=not dry_run,
            progress=shows_progress(),
        )
    print_rows([one.row() for one in results], TunedRecommender.COLUMNS, output_format)
    better = [one.name for one in results if one.state == "better"]
    if output_format == "table":
        echo(closing(better, dry_run))


def closing(better: list[str], dry_run: bool) -> str:
    """What to do next."""
    if not better:
        return "The settings stay as they are: none that were tried are clearly better."
    if dry_run:
        return f"Better settings were found for {', '.join(better)}; nothing was changed."
    return f"Written for {', '.join(better)}: `tastemaker train` uses the new settings."
