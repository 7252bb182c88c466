"""`tastemaker kinds`: the kinds of interaction, and how much each counts."""

from __future__ import annotations

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import Format, database_option, format_option, open_engine
from tastemaker.cli.output import print_rows

KIND_COLUMNS = ("kind", "weight", "interactions", "repeatable")


@click.group()
def kinds() -> None:
    """Show and set how much each kind of interaction counts: view, like, purchase, …

    Every interaction has a kind: the `kind` column of a file, `--kind` for rows without one, or
    `kind=` of `record`; "interaction" otherwise. Every kind has a weight, 1 unless set.

    \b
    Weights:
      1        the default
      0.1      counts a tenth as much: ten such interactions are worth one of weight 1
      0        is not learned from, and is no choice that recommendations are measured on
      below 0  as 0; recommenders that learn from dislikes take it for one

    Whatever the weight, an item that a person has had to do with is not recommended again, unless
    by kinds alone that are set to be repeatable.

    The kinds less, never and more are for what people say: see `tastemaker users tell`.
    """


@kinds.command("list")
@format_option
@database_option
def list_kinds(output_format: Format, database_url: str) -> None:
    """List every kind with its weight, how many interactions it has, and if it is repeatable."""
    with open_engine(database_url) as engine:
        rows = [kind._asdict() for kind in engine.kinds()]
    print_rows(rows, KIND_COLUMNS, output_format)
    if not rows:
        echo(
            "There are no kinds yet: they come with interactions, or with `tastemaker kinds set`.",
            err=True,
        )


# So that "-1" is taken for a weight and not for an option.
@kinds.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("weight", type=float, required=False)
@click.option("--weight", "weight_option", type=float, help="The same as WEIGHT.")
@click.option(
    "--repeatable/--no-repeatable",
    default=None,
    help="Whether items that a person has had to do with by such kinds alone may come again.",
)
@database_option
def set_kind(
    name: str,
    weight: float | None,
    weight_option: float | None,
    repeatable: bool | None,
    database_url: str,
) -> None:
    """Set the WEIGHT of the kind called NAME, and whether it is repeatable.

    A NAME that no interaction has makes a new kind. People's histories count by the new weight at
    once. What was trained keeps the old one until the next `tastemaker train`.

    \b
    Examples:
      tastemaker kinds set view 0.1
      tastemaker kinds set dislike -1
      tastemaker kinds set purchase --repeatable
    """
    if weight is not None and weight_option is not None:
        raise click.UsageError("WEIGHT is given twice.")
    chosen = weight if weight_option is None else weight_option
    if chosen is None and repeatable is None:
        raise click.UsageError("Give a WEIGHT, --repeatable or --no-repeatable.")
    with open_engine(database_url) as engine:
        engine.set_kind(name, chosen, repeatable)
        (own,) = (kind for kind in engine.kinds() if kind.kind == name)
    if chosen is not None:
        echo(
            f"{own.kind} has the weight {own.weight:g} from now on; trained models take it up at "
            "the next `tastemaker train`."
        )
    if repeatable is not None:
        may = "may" if own.repeatable else "may not"
        echo(f"What people had to do with by {own.kind} alone {may} be recommended again.")
    if not own.interactions:
        echo(
            f"note: no interaction is of the kind {own.kind} yet. `tastemaker kinds list` lists "
            "the kinds there are.",
            err=True,
        )
