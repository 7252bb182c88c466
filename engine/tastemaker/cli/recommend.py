"""`tastemaker recommend`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TextIO

import click

from tastemaker.cli.echo import echo, print_json
from tastemaker.cli.emptiness import reason_of_nothing
from tastemaker.cli.options import (
    Format,
    cache_option,
    database_option,
    format_option,
    open_engine,
    safe_option,
)
from tastemaker.cli.output import print_rows, print_table, print_text
from tastemaker.cli.request_options import given_request, request_options
from tastemaker.cli.verbosity import shows_progress
from tastemaker.engine import Tastemaker
from tastemaker.io.output_file import output_text
from tastemaker.io.writers import without_formula
from tastemaker.progress import reporting
from tastemaker.request.request import Request, Seen
from tastemaker.serving.answers import Answer
from tastemaker.serving.explain import LEAST_TOLD
from tastemaker.store.sql.statements import batches

USERS_AT_ONCE = 1000
NOTHING = (
    "There is nothing to recommend: no users were named, or no item that may be shown is left. "
    "`tastemaker db stats` tells how many users and items there are."
)
NO_USER = ""
"""Who is shown where nobody known was named."""

LIST_COLUMNS = ("user_id", "rank", "item_id", "score")


@click.command()
@click.argument("users", nargs=-1, metavar="[USER]...")
@click.option(
    "--users-file",
    type=click.File("r", encoding="utf-8", errors="surrogateescape"),
    help="A file of user ids, one a line.",
)
@click.option("--all", "everyone", is_flag=True, help="Everyone in the database.")
@click.option(
    "--recent",
    multiple=True,
    metavar="ITEM",
    help="An item of a session or basket that is not recorded, the newest last; repeatable. "
    "Without a USER, for somebody who is not known.",
)
@click.option("--surface", metavar="NAME", help="As `tastemaker surfaces` keeps it by this name.")
@request_options
@click.option("--after", metavar="CURSOR", help="The next page of one user's list.")
@click.option("--explain", is_flag=True, help="Say why: each recommender's part, and the reasons.")
@click.option(
    "--exact", is_flag=True, help="Score every item, not only the retrieved candidates; slower."
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help='Write user_id,rank,item_id,score as CSV that only you may read; "-": standard output.',
)
@safe_option
@cache_option
@format_option
@database_option
def recommend(
    users: tuple[str, ...],
    users_file: TextIO | None,
    everyone: bool,
    recent: tuple[str, ...],
    surface: str | None,
    count: int | None,
    rules: tuple[str, ...],
    exclude: tuple[str, ...],
    seen: Seen | None,
    boosts: tuple[tuple[str, str], ...],
    strength: float | None,
    caps: tuple[tuple[int, str], ...],
    explore: float | None,
    whole: str | None,
    after: str | None,
    explain: bool,
    exact: bool,
    output: str | None,
    safe: bool,
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
      tastemaker recommend alice --where "price < 20 and not sold_out"
      tastemaker recommend --recent item-1 --recent item-7
      tastemaker recommend --all --output recommendations.csv
    """
    request = given_request(count, rules, exclude, seen, boosts, strength, caps, explore, whole)
    own = Request(recent=recent or None, after=after, explain=explain or None, exact=exact or None)
    request = own.over(request)
    named = (bool(users), users_file is not None, everyone)
    for_one = request.recent is not None or request.after is not None or request.user_id is not None
    check_usage(named, users, for_one, bool(request.explain), output)
    with open_engine(database_url, cache) as engine:
        wanted: Iterable[str] = users
        if everyone:
            wanted = engine.user_ids()
        elif users_file is not None:
            wanted = (line.rstrip("\n") for line in users_file if line.strip())
        answers = (
            for_person(engine, users, request, surface)
            if for_one
            else in_batches(engine, wanted, request, surface)
        )
        some = show(answers, bool(request.explain), output, output_format, safe)
    if not some:
        echo(reason_of_nothing(database_url, NOTHING), err=True)


def check_usage(
    named: Iterable[bool], users: Sequence[str], for_one: bool, explain: bool, output: str | None
) -> None:
    """Refuses options that do not go together.

    Raises:
        UsageError: it says which, and what to do.
    """
    if for_one and (len(users) > 1 or sum(named) > bool(users)):
        raise click.UsageError("--recent and --after are about one person: name one USER, or none.")
    if not for_one and sum(named) != 1:
        raise click.UsageError(
            "Name users, or give --users-file FILE, or --all, one of the three; or --recent ITEM "
            "for somebody who is not known."
        )
    if explain and output is not None:
        raise click.UsageError("--output holds no reasons; leave out --explain.")


def for_person(
    engine: Tastemaker, users: Sequence[str], request: Request, surface: str | None
) -> Iterator[tuple[str, Answer]]:
    """One person, known or not, with the recommendations."""
    user = next(iter(users), request.user_id)
    answer = engine.recommend(user, surface=surface, request=request)
    yield NO_USER if user is None else str(user), answer


def in_batches(
    engine: Tastemaker, users: Iterable[str], request: Request, surface: str | None
) -> Iterator[tuple[str, Answer]]:
    """Each user with the recommendations, many users at a time."""
    for some in batches(users, USERS_AT_ONCE):
        yield from engine.recommend_many(some, surface=surface, request=request).items()


def show(
    answers: Iterable[tuple[str, Answer]],
    explain: bool,
    output: str | None,
    output_format: Format,
    safe: bool,
) -> bool:
    """Prints answers, or writes them to a file; whether there was anything to show."""
    if explain:
        return print_explained(answers, output_format)
    if output is not None:
        write_answers(answers, output, safe)
        return True
    rows = list(flat(answers))
    columns = (*LIST_COLUMNS[:3], "title", "score") if output_format != "csv" else LIST_COLUMNS
    print_rows(rows, columns, output_format, safe)
    return bool(rows)


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


def write_answers(answers: Iterable[tuple[str, Answer]], output: str, safe: bool) -> None:
    """Writes `user_id,rank,item_id,score` to a file that appears only when it is complete."""
    with reporting(shows_progress()) as progress, output_text(output) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(LIST_COLUMNS)
        for done, (user, answer) in enumerate(answers):
            rows = enumerate(answer, start=1)
            for rank, one in rows:
                ids = (user, one.item_id)
                user_id, item_id = map(without_formula, ids) if safe else ids
                writer.writerow((user_id, rank, item_id, one.score))
            progress(done, 0, f"{done:,} users")


def print_explained(answers: Iterable[tuple[str, Answer]], output_format: Format) -> bool:
    """Prints answers with their reasons: in words for people, whole as JSON for programs.

    Returns:
        Whether anything was recommended.
    """
    if output_format == "csv":
        raise click.UsageError("--explain goes with --format table or json.")
    some = False
    if output_format == "json":
        given = list(answers)
        print_json([{"user_id": user, **answer.as_dict()} for user, answer in given])
        return any(answer for _, answer in given)
    for user, answer in answers:
        print_answer(user, answer)
        some = some or bool(answer)
    return some


def print_answer(user: str, answer: Answer) -> None:
    """Prints one person's recommendations with shares and reasons."""
    details = answer.details
    source = "popularity" if details.release is None else f"release {details.release}"
    title = f"{user}: {details.history_length} interactions known, recommended by {source}"
    rows = [
        {
            "rank": rank,
            "item_id": one.item_id,
            "title": one.title,
            "score": one.score,
            "because": one.why,
            "shares": shares(one.contributions),
        }
        for rank, one in enumerate(answer, start=1)
    ]
    print_table(rows, ("rank", "item_id", "title", "score", "because", "shares"), title)
    for problem in details.problems:
        print_text(f"  note: {problem}")


def shares(contributions: Mapping[str, float], most: int = 3) -> str:
    """Each recommender's share of the positive part of the score, the largest first, in percent.

    Those of less than half a percent are left out: nobody is told of what has 0 %.
    """
    positive = {name: part for name, part in contributions.items() if part > 0}
    total = sum(positive.values())
    told = [name for name, part in positive.items() if part >= LEAST_TOLD * total]
    largest = sorted(told, key=lambda name: -positive[name])[:most]
    return ", ".join(f"{name} {positive[name] / total:.0%}" for name in largest)
