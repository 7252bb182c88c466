"""`tastemaker recommend` and `tastemaker similar`."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TextIO

import click

from tastemaker.cli.options import Format, cache_option, database_option, format_option, open_engine
from tastemaker.cli.output import console, print_rows, print_table
from tastemaker.engine import Tastemaker
from tastemaker.errors import InputError
from tastemaker.progress import progress_bar
from tastemaker.rules import Rule, rule_of_texts
from tastemaker.serving.answers import Answer

USERS_AT_ONCE = 1000
NOTHING = (
    "There is nothing to recommend: no users were named, or no item that may be shown is left. "
    "`tastemaker db stats` tells how many users and items there are."
)
LIST_COLUMNS = ("user_id", "rank", "item_id", "score")


@click.command()
@click.argument("users", nargs=-1, metavar="[USER]...")
@click.option(
    "--users-file",
    type=click.File("r", encoding="utf-8", errors="surrogateescape"),
    help="A file of user ids, one a line.",
)
@click.option("--all", "everyone", is_flag=True, help="Everyone in the database.")
@click.option("-k", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@click.option(
    "--where",
    multiple=True,
    metavar="RULE",
    help="Only items for which a rule holds: 'price < 20 and not sold_out', or NAME=VALUE. "
    "Repeatable: every rule must hold; NAME=VALUE of the same name again allows another value.",
)
@click.option("--explain", is_flag=True, help="Say why: each recommender's part, and the reasons.")
@click.option(
    "--exact", is_flag=True, help="Score every item, not only the retrieved candidates; slower."
)
@click.option("--output", type=click.Path(dir_okay=False), help="Write user_id,rank,item_id,score.")
@cache_option
@format_option
@database_option
def recommend(
    users: tuple[str, ...],
    users_file: TextIO | None,
    everyone: bool,
    k: int,
    where: tuple[str, ...],
    explain: bool,
    exact: bool,
    output: str | None,
    cache: str | None,
    output_format: Format,
    database_url: str,
) -> None:
    """Recommend items to users.

    A user who is not in the database gets recommendations too, as a newcomer.

    \b
    Examples:
      tastemaker recommend alice bob -k 5
      tastemaker recommend alice --explain
      tastemaker recommend alice --where country=France
      tastemaker recommend alice --where "price < 20 and not sold_out"
      tastemaker recommend --all --output recommendations.csv
    """
    if sum((bool(users), users_file is not None, everyone)) != 1:
        raise click.UsageError("Name users, or give --users-file FILE, or --all; one of the three.")
    if explain and output is not None:
        raise click.UsageError("--output holds no reasons; leave out --explain.")
    with open_engine(database_url, cache) as engine:
        wanted: Iterable[str] = users
        if everyone:
            wanted = engine.user_ids()
        elif users_file is not None:
            wanted = (line.rstrip("\n") for line in users_file if line.strip())
        rule = rule_of_texts(where)
        if explain:
            answers = ((user, engine.recommend(user, k, rule, True, exact)) for user in wanted)
            print_explained(answers, output_format)
        elif output is not None:
            write_answers(in_batches(engine, wanted, k, rule, exact), Path(output))
        else:
            rows = list(flat(in_batches(engine, wanted, k, rule, exact)))
            columns = (
                (*LIST_COLUMNS[:3], "title", "score") if output_format != "csv" else LIST_COLUMNS
            )
            print_rows(rows, columns, output_format)
            if not rows:
                click.echo(NOTHING, err=True)


def in_batches(
    engine: Tastemaker, users: Iterable[str], k: int, rule: Rule | None, exact: bool
) -> Iterator[tuple[str, Answer]]:
    """Each user with the recommendations, many users at a time."""
    pending: list[str] = []
    for user in users:
        pending.append(user)
        if len(pending) == USERS_AT_ONCE:
            yield from engine.recommend_many(pending, k, rule, exact).items()
            pending = []
    if pending:
        yield from engine.recommend_many(pending, k, rule, exact).items()


def flat(answers: Iterable[tuple[str, Answer]]) -> Iterator[dict[str, object]]:
    """A row for each recommendation."""
    for user, answer in answers:
        for rank, one in enumerate(answer, start=1):
            yield {
                "user_id": user,
                "rank": rank,
                "item_id": one.item_id,
                "title": one.title,
                "score": one.score,
            }


def write_answers(answers: Iterable[tuple[str, Answer]], output: Path) -> None:
    """Writes `user_id,rank,item_id,score` to a file that appears only when it is complete."""
    part = output.with_name(output.name + ".part")
    with progress_bar() as progress:
        try:
            with part.open("w", newline="", encoding="utf-8") as stream:
                writer = csv.writer(stream, lineterminator="\n")
                writer.writerow(LIST_COLUMNS)
                for done, (user, answer) in enumerate(answers):
                    rows = enumerate(answer, start=1)
                    writer.writerows((user, rank, one.item_id, one.score) for rank, one in rows)
                    progress(done, 0, f"{done:,} users")
            part.replace(output)
        except OSError as error:
            raise InputError(
                f"Cannot write {output}: {error.strerror}. Choose another place."
            ) from None
        finally:
            part.unlink(missing_ok=True)


def print_explained(answers: Iterable[tuple[str, Answer]], output_format: Format) -> None:
    """Prints answers with their reasons: in words for people, whole as JSON for programs."""
    if output_format == "csv":
        raise click.UsageError("--explain goes with --format table or json.")
    if output_format == "json":
        click.echo(json.dumps([explained(*one) for one in answers], indent=2, ensure_ascii=False))
        return
    for user, answer in answers:
        print_answer(user, answer)


def explained(user: str, answer: Answer) -> dict[str, object]:
    """An explained answer as JSON holds it."""
    details = answer.details
    return {
        "user_id": user,
        "release": details.release,
        "history_length": details.history_length,
        "weights": dict(details.weights),
        "problems": list(details.problems),
        "recommendations": [
            {
                "item_id": one.item_id,
                "title": one.title,
                "score": one.score,
                "contributions": dict(one.contributions),
                "reasons": [
                    {"item_id": why.item_id, "title": why.title, "amount": why.amount}
                    for why in one.reasons
                ],
                "why": one.why,
                "explored": one.explored,
            }
            for one in answer
        ],
    }


def print_answer(user: str, answer: Answer) -> None:
    """Prints one person's recommendations with shares and reasons."""
    details = answer.details
    source = "popularity" if details.release is None else f"release {details.release}"
    title = f"{user}: {details.history_length} interactions known, recommended by {source}"
    rows = [
        {
            "rank": rank,
            "item": one.title or one.item_id,
            "score": one.score,
            "because": one.why,
            "shares": shares(one.contributions),
        }
        for rank, one in enumerate(answer, start=1)
    ]
    print_table(rows, ("rank", "item", "score", "because", "shares"), title)
    for problem in details.problems:
        console().print(f"  note: {problem}")


def shares(contributions: Mapping[str, float], most: int = 3) -> str:
    """Each recommender's share of the positive part of the score, the largest first, in percent."""
    positive = {name: part for name, part in contributions.items() if part > 0}
    total = sum(positive.values())
    largest = sorted(positive, key=lambda name: -positive[name])[:most]
    return ", ".join(f"{name} {positive[name] / total:.0%}" for name in largest)


@click.command()
@click.argument("item")
@click.option("-k", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@cache_option
@format_option
@database_option
def similar(item: str, k: int, cache: str | None, output_format: Format, database_url: str) -> None:
    """Show the items most similar to ITEM.

    \b
    Example:
      tastemaker similar item-42 -k 5
    """
    with open_engine(database_url, cache) as engine:
        rows = [
            {"rank": rank, "item_id": one.item_id, "title": one.title, "score": one.score}
            for rank, one in enumerate(engine.similar(item, k), start=1)
        ]
    print_rows(rows, ("rank", "item_id", "title", "score"), output_format)
    if not rows:
        click.echo(
            f"No item is known to be similar to {item}: no recommender that serves can tell. "
            "`tastemaker release show` lists those that serve, and `tastemaker train` trains more.",
            err=True,
        )
