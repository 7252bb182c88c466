"""The text of a rule as words, values and signs."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, NoReturn, TypeAlias

from tastemaker.errors import RuleError
from tastemaker.rules.excerpts import excerpt_of, on_one_line, place_in

TokenKind: TypeAlias = Literal["name", "word", "quoted name", "number", "text", "sign", "end"]

LONGEST_RULE = 100_000
"""Letters that the text of a rule may have; chosen, not measured."""

PATTERNS: tuple[tuple[TokenKind, str], ...] = (
    ("number", r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?!\w)"),
    ("word", r"[^\W\d]\w*"),
    ("quoted name", r"`(?:[^`]|``)*`"),
    ("text", r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^'\\]|\\.)*'"),
    ("sign", r"<=|>=|==|!=|[<>=(),]"),
)
TOKEN = re.compile("|".join(f"({pattern})" for _, pattern in PATTERNS), re.DOTALL)
SPACE = re.compile(r"\s*")

ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "'": "'"}

REMEDIES = {
    "&": "Write and.",
    "|": "Write or.",
    "~": "Write not.",
    "!": "Write not, or != between a name and a value.",
    '"': "Close the text by the same quote; \\ stands before a quote inside of it.",
    "'": "Close the text by the same quote; \\ stands before a quote inside of it.",
    "`": "Close the name by `; two of them stand for one inside of it.",
}
OTHERWISE = "Put texts in quotes, and names with such letters in backticks: `odd name`."


class Token(NamedTuple):
    """One word, value or sign, as it is written, and where it begins."""

    kind: TokenKind
    written: str
    place: int


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text; at its end stands one of kind "end".

    Raises:
        RuleError: something is no token.
    """
    if len(text) > LONGEST_RULE:
        raise RuleError(
            f"The rule has {len(text):,} letters.", f"The most is {LONGEST_RULE:,}. Shorten it."
        )
    found: list[Token] = []
    place = _after_space(text, 0)
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None or match.lastindex is None:
            refuse(text, place, *_unreadable(text[place]))
        found.append(Token(PATTERNS[match.lastindex - 1][0], match[0], place))
        place = _after_space(text, match.end())
    return [*found, Token("end", "", len(text))]


def refuse(text: str, place: int, problem: str, remedy: str) -> NoReturn:
    """Raises the error that a text is wrong at a place.

    Raises:
        RuleError: always.
    """
    raise RuleError(problem, remedy, place_in(text, place), excerpt_of(text, place))


def shown_token(token: Token) -> str:
    """A token as a message shows it: on one line, of at most 40 letters."""
    return "the end" if token.kind == "end" else on_one_line(token.written[:40])


def text_in(token: Token) -> str:
    """What a text in quotes means.

    Raises:
        RuleError: it has an escape that means nothing; the error has no place.
    """
    return ESCAPE.sub(_unescaped, token.written[1:-1])


def name_in(token: Token) -> str:
    """What a name in backticks means."""
    return token.written[1:-1].replace("``", "`")


def _after_space(text: str, place: int) -> int:
    match = SPACE.match(text, place)
    return place if match is None else match.end()


def _unreadable(letter: str) -> tuple[str, str]:
    if letter in REMEDIES and letter in "\"'`":
        return f"{letter} is never closed.", REMEDIES[letter]
    if letter in "+-.0123456789":
        return "This is no number.", "Write numbers as 20, -1.5 or 2e6."
    return f"{letter!r} means nothing here.", REMEDIES.get(letter, OTHERWISE)


def _unescaped(match: re.Match[str]) -> str:
    if match[1] is not None:
        return chr(int(match[1], 16))
    if match[2] not in ESCAPED:
        raise RuleError(
            f"{match[0]!r} is no escape.", r"There are \\, \", \', \n, \r, \t and \uXXXX."
        )
    return ESCAPED[match[2]]
