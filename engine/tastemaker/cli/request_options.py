"""The options that say what a request is: the same for `recommend` and for `surfaces set`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from tastemaker.errors import InputError
from tastemaker.request.json_form import request_from_json
from tastemaker.request.preferences import AtMost, Boost
from tastemaker.request.request import MOST_RECOMMENDED, Request, Seen
from tastemaker.rules import rule_of_texts

Command = TypeVar("Command", bound=Callable[..., Any])

COUNT = click.IntRange(1, MOST_RECOMMENDED)
SHARE = click.FloatRange(0, 1)

OPTIONS = (
    click.option("-k", "count", type=COUNT, help="How many.  [default: 10]"),
    click.option(
        "--where",
        "rules",
        multiple=True,
        metavar="RULE",
        help='Only items that match, such as "price < 20 and not sold_out", or country=France; '
        "of several rules, all must match.",
    ),
    click.option("--exclude", multiple=True, metavar="ITEM", help="Not this item; repeatable."),
    click.option(
        "--seen",
        type=click.Choice(get_args(Seen)),
        help="What becomes of items of the history.  [default: as the kinds of interaction say]",
    ),
    click.option(
        "--boost",
        "boosts",
        multiple=True,
        nargs=2,
        metavar="FACTOR RULE",
        help="Items that match count as better or worse: --boost 1.5 brand=acme; repeatable.",
    ),
    click.option(
        "--diversity", "strength", type=SHARE, help="How much variety counts against the score."
    ),
    click.option(
        "--at-most",
        "caps",
        type=(int, str),
        multiple=True,
        metavar="N ATTRIBUTE",
        help="At most N items of one value of an attribute come first; repeatable.",
    ),
    click.option("--explore", type=SHARE, help="The share of places for new items."),
    click.option(
        "--request",
        "whole",
        metavar="FILE|JSON",
        help="The request as JSON, or a file of it, or - for standard input; other options of "
        "the call come first.",
    ),
)


def request_options(command: Command) -> Command:
    """Adds the options of a request to a command, which gets their values one by one."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def given_request(
    count: int | None,
    rules: Iterable[str],
    exclude: tuple[str, ...],
    seen: Seen | None,
    boosts: Iterable[tuple[str, str]],
    strength: float | None,
    caps: Iterable[tuple[int, str]],
    explore: float | None,
    whole: str | None,
) -> Request:
    """The request that options describe.

    Raises:
        InputError: a value is refused.
    """
    wishes: list[float | AtMost] = [AtMost(n, attribute) for n, attribute in caps]
    wishes.extend([] if strength is None else [strength])
    request = Request(
        k=count,
        where=rule_of_texts(rules),
        exclude=exclude or None,
        seen=seen,
        boost=[_boost(*pair) for pair in boosts] or None,
        diversity=wishes or None,
        explore=explore,
    )
    return request if whole is None else request.over(request_from_json(_text_of(whole)))


def _boost(factor: str, text: str) -> Boost:
    try:
        number = float(factor)
    except ValueError:
        raise InputError(
            f"--boost {factor!r} is no number. Write the factor first: --boost 1.5 brand=acme."
        ) from None
    rule = rule_of_texts([text])
    if rule is None:
        raise InputError("--boost names no rule. Say which items: --boost 1.5 brand=acme.")
    return Boost(rule, number)


def _text_of(whole: str) -> str:
    """The JSON itself, or what the file of that name holds."""
    if whole.lstrip().startswith("{"):
        return whole
    if whole == "-":
        return sys.stdin.read()
    try:
        return Path(whole).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(
            f"--request {whole} cannot be read. Name a file of JSON, or write the JSON itself: "
            """--request '{"k": 5}'."""
        ) from None
