r"""The text of rules, read by recursive descent.

    rule       = conjunction { "or" conjunction }
    conjunction = negation { "and" negation }
    negation   = "not" negation | "(" rule ")" | condition
    condition  = NAME                                  the value is true
               | NAME ( "==" | "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains" ) value
               | NAME [ "not" ] ( "in" | "one_of" ) "(" [ value { "," value } ] ")"
               | NAME "exists"
    value      = TEXT | NUMBER | "true" | "false" | "days" "(" NUMBER ")"

A NAME is a word, or anything in backticks, which is then an attribute also where an item field is
called the same. A TEXT is in quotes of either kind, with the escapes of JSON. Words of the grammar
may be in capital letters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from tastemaker.errors import RuleError
from tastemaker.rules.conditions import ORDERS, Exists, comparison, one_of
from tastemaker.rules.literals import Literal, days, literal_of
from tastemaker.rules.names import RULE_WORDS, Name, attribute_name, plain_name
from tastemaker.rules.rule import DEEPEST, Rule, all_of, any_of, none_of
from tastemaker.rules.tokens import Token, name_in, refuse, shown_token, text_in, tokens_of

T = TypeVar("T")

COMPARED = {"=": "==", "==": "==", "!=": "!=", **{sign: sign for sign in ORDERS}}


def parse_rule(text: str) -> Rule:
    """The rule that a text is, such as `price < 20 and not sold_out`; `str` gives it back.

    Raises:
        RuleError: it cannot be read; the message shows where.
    """
    if not isinstance(text, str):
        raise RuleError(f"The text of a rule is a {type(text).__name__}.", "Give a text.")
    return _Parser(text).whole()


class _Parser:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self._next = 0
        self._depth = 0

    def whole(self) -> Rule:
        """The rule that the whole text is."""
        if self._ended:
            refuse(self._text, 0, "The rule is empty.", 'Write one such as country == "France".')
        rule = self._rule()
        if not self._ended:
            self._refuse(
                f"{shown_token(self._token)} is not expected here.",
                "Join conditions by and or or, and put texts in quotes.",
            )
        return rule

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    @property
    def _ended(self) -> bool:
        return self._token.kind == "end"

    def _rule(self) -> Rule:
        return self._joined("or", any_of, lambda: self._joined("and", all_of, self._negation))

    def _joined(
        self, word: str, join: Callable[[list[Rule]], Rule], part: Callable[[], Rule]
    ) -> Rule:
        start, parts = self._token, [part()]
        while self._took(word):
            parts.append(part())
        return self._placed(start, lambda: join(parts))

    def _negation(self) -> Rule:
        start = self._token
        self._depth += 1
        if self._depth > DEEPEST + 1:
            self._refuse("The rule is nested too deeply.", "Flatten it.")
        if self._took("not"):
            rule = self._negation()
            found = self._placed(start, lambda: none_of(rule))
        elif self._took("("):
            found = self._rule()
            self._expect(")")
        else:
            found = self._condition()
        self._depth -= 1
        return found

    def _condition(self) -> Rule:
        start, name = self._token, self._name()
        symbol = COMPARED.get(self._token.written) if self._token.kind == "sign" else None
        if symbol is not None:
            self._next += 1
            return self._compared(start, name, symbol)
        if self._took("contains"):
            return self._compared(start, name, "contains")
        if self._took("exists"):
            return Exists(name)
        if self._took("not"):
            if not (self._took("in") or self._took("one_of")):
                self._refuse("Only in can follow here.", 'Write not in ("a", "b").')
            return none_of(self._one_of(start, name))
        if self._took("in") or self._took("one_of"):
            return self._one_of(start, name)
        return self._placed(start, lambda: comparison(name, "==", literal_of(True)))

    def _compared(self, start: Token, name: Name, symbol: str) -> Rule:
        value = self._value()
        return self._placed(start, lambda: comparison(name, symbol, value))

    def _one_of(self, start: Token, name: Name) -> Rule:
        values: list[Literal] = []
        self._expect("(")
        while not self._took(")"):
            if values:
                self._expect(",")
            values.append(self._value())
        return self._placed(start, lambda: one_of(name, values))

    def _name(self) -> Name:
        token = self._token
        if token.kind == "quoted name":
            self._next += 1
            return self._placed(token, lambda: attribute_name(name_in(token)))
        if token.kind != "word" or token.written.lower() in RULE_WORDS:
            self._refuse(
                f"The name of an attribute or field is missing before {shown_token(token)}.",
                "Write a comparison such as price < 20; put a name that is a word of the grammar "
                "in backticks.",
            )
        self._next += 1
        return self._placed(token, lambda: plain_name(token.written))

    def _value(self) -> Literal:
        token = self._token
        self._next += token.kind != "end"
        if token.kind == "text":
            return self._placed(token, lambda: literal_of(text_in(token)))
        if token.kind == "number":
            return self._placed(token, lambda: literal_of(_number(token)))
        word = token.written.lower()
        if token.kind == "word" and word in ("true", "false"):
            return literal_of(word == "true")
        if token.kind == "word" and word == "days":
            return self._days(token)
        found = shown_token(token)
        refuse(
            self._text,
            token.place,
            f"A value is missing before {found}."
            if token.kind != "word"
            else f"{found} is no value.",
            "Write a number, true, false, days(-30), or a text in quotes.",
        )

    def _days(self, start: Token) -> Literal:
        self._expect("(")
        token = self._token
        if token.kind != "number":
            self._refuse("The number of days is missing.", "Write days(-30) for 30 days ago.")
        self._next += 1
        self._expect(")")
        return self._placed(start, lambda: days(_number(token)))

    def _took(self, written: str) -> bool:
        """Whether the next token is this word or sign, which is then behind."""
        token = self._token
        if token.kind not in ("word", "sign") or token.written.lower() != written:
            return False
        self._next += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._took(sign):
            found = shown_token(self._token)
            self._refuse(f"{sign} is missing before {found}.", f"Put a {sign} here.")

    def _placed(self, start: Token, make: Callable[[], T]) -> T:
        """What is made; an error gets the place where its text begins."""
        try:
            return make()
        except RuleError as error:
            refuse(self._text, start.place, error.problem, error.remedy)

    def _refuse(self, problem: str, remedy: str) -> NoReturn:
        refuse(self._text, self._token.place, problem, remedy)


def _number(token: Token) -> float:
    """The number as it is written: whole where it is, so that too many digits are refused."""
    digits = token.written.lstrip("+-")
    if digits.isdigit() and len(digits) <= 300:
        return int(token.written)
    return float(token.written)
