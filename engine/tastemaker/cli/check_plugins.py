"""`tastemaker plugins check`: the conformance kit on a package."""

from __future__ import annotations

from collections import Counter

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import Format, format_option
from tastemaker.cli.output import print_rows
from tastemaker.training.limits import seconds_of

CHECK_COLUMNS = ("plugin", "kind", "check", "outcome", "message")


@click.command("check")
@click.argument("package")
@click.option(
    "--time-limit",
    default="60s",
    show_default=True,
    metavar="DURATION",
    help="The checks end after so long, such as 5m; what they were at counts as failed.",
)
@format_option
def check_plugins(package: str, time_limit: str, output_format: Format) -> None:
    """Check every recommender and re-ranker of PACKAGE, as its own tests should.

    PACKAGE is an installed distribution, or a module that Python finds, in this folder too. The
    checks are those of `tastemaker.testing`: shapes, NaN, threads, stored states, explanations,
    what may not be changed, and slowness. They need no database, and run in a process of their own.

    \b
    Exit status: 0 if all passed, 1 if one failed.

    \b
    Example:
      tastemaker plugins check tastemaker-shared-words
    """
    from tastemaker.testing.package_check import check_package  # the help needs no NumPy

    rows = check_package(package, seconds_of(time_limit))
    print_rows(rows, CHECK_COLUMNS, output_format)
    counts = Counter(row["outcome"] for row in rows)
    if output_format == "table":
        echo(", ".join(f"{counts[one]} {one}" for one in ("passed", "failed", "skipped")) + ".")
    if counts["failed"]:
        raise SystemExit(1)
