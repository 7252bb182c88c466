"""Rules: conditions that are joined by and, or and not; compared, hashed and written as text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import takewhile

import numpy as np

from tastemaker.data import BoolArray
from tastemaker.errors import RuleError
from tastemaker.json_types import Json
from tastemaker.rules.columns import RuleColumns
from tastemaker.rules.excerpts import excerpt_of, place_in
from tastemaker.validation import now_us
from tastemaker.validation.texts import brief

# Limits; chosen, not measured.
DEEPEST = 50
MOST_CONDITIONS = 1000

Masks = Mapping["Condition", BoolArray]


class Operand(ABC):
    """What `&`, `|` and `~` join."""

    @abstractmethod
    def as_rule(self) -> Rule:
        """It as a rule."""

    def __and__(self, other: object) -> Rule:
        return all_of((self.as_rule(), _operand(other)))

    def __rand__(self, other: object) -> Rule:
        return all_of((_operand(other), self.as_rule()))

    def __or__(self, other: object) -> Rule:
        return any_of((self.as_rule(), _operand(other)))

    def __ror__(self, other: object) -> Rule:
        return any_of((_operand(other), self.as_rule()))

    def __invert__(self) -> Rule:
        return none_of(self.as_rule())

    def __bool__(self) -> bool:
        raise RuleError(
            "A rule is neither true nor false by itself.",
            "Join rules by &, | and ~ in place of and, or and not, and write 10 <= price < 20 as "
            "(F.price >= 10) & (F.price < 20).",
        )


class Rule(Operand):
    """A condition on items: frozen, hashable, equal where it is written the same.

    Rules are joined by `&`, `|` and `~`. `str(rule)` is its text, which `parse_rule` reads.
    """

    def as_rule(self) -> Rule:
        """The rule itself."""
        return self

    @abstractmethod
    def as_json(self) -> dict[str, Json]:
        """The rule as JSON, which `rule_from_json` reads."""

    @abstractmethod
    def pieces(self) -> Iterator[tuple[str, Condition | None]]:
        """The text of the rule, piece by piece, each with the condition that it is, if it is one.

        Whatever is between them has None.
        """

    @abstractmethod
    def combined(self, masks: Masks) -> BoolArray:
        """(n_items,) bool: for which items the rule holds, from the masks of its conditions."""

    @property
    @abstractmethod
    def conditions(self) -> Sequence[Condition]:
        """What is joined by and, or and not, from left to right."""

    @property
    @abstractmethod
    def depth(self) -> int:
        """How many levels of and, or and not lie over each other."""

    @cached_property
    def is_relative(self) -> bool:
        """Whether it depends on the time now."""
        return any(condition.depends_on_now for condition in self.conditions)

    def __str__(self) -> str:
        return "".join(text for text, _ in self.pieces())

    def mask(self, columns: RuleColumns, now: int | None = None) -> BoolArray:
        """(n_items,) bool: for which items the rule holds.

        Args:
            columns: the items.
            now: the time that `days(...)` counts from, in microseconds since 1970 UTC; the present
                if None.

        Raises:
            RuleError: no item has such an attribute, or its values cannot be compared so.
        """
        moment = now_us() if now is None else now
        masks: dict[Condition, BoolArray] = {}
        for condition in self.conditions:
            if condition not in masks:
                masks[condition] = self._mask_of(condition, columns, moment)
        return self.combined(masks)

    def _mask_of(self, condition: Condition, columns: RuleColumns, moment: int) -> BoolArray:
        try:
            return condition.matching(columns, moment)
        except RuleError as error:
            before = takewhile(lambda piece: piece[1] != condition, self.pieces())
            column = sum(len(text) for text, _ in before)
            text = str(self)
            place, excerpt = place_in(text, column), excerpt_of(text, column)
            raise RuleError(error.problem, error.remedy, place, excerpt) from None


class Condition(Rule):
    """A rule about one field or attribute."""

    @property
    def depends_on_now(self) -> bool:
        """Whether it is compared with `days(...)`."""
        return False

    @abstractmethod
    def matching(self, columns: RuleColumns, now: int) -> BoolArray:
        """(n_items,) bool: which items satisfy it; see `mask`."""

    def combined(self, masks: Masks) -> BoolArray:
        """Its own mask."""
        return masks[self]

    @property
    def conditions(self) -> Sequence[Condition]:
        """Itself alone."""
        return (self,)

    @property
    def depth(self) -> int:
        """Nothing lies over each other."""
        return 0


@dataclass(frozen=True)
class Not(Rule):
    """Holds where a rule does not."""

    rule: Rule

    def as_json(self) -> dict[str, Json]:
        """{"not": rule}."""
        return {"not": self.rule.as_json()}

    def pieces(self) -> Iterator[tuple[str, Condition | None]]:
        """`not` and the rule."""
        yield "not ", None
        yield from _in_parentheses(self.rule)

    def combined(self, masks: Masks) -> BoolArray:
        """See `mask`."""
        return ~self.rule.combined(masks)

    @property
    def conditions(self) -> Sequence[Condition]:
        """Those of the rule."""
        return self.rule.conditions

    @cached_property
    def depth(self) -> int:
        """One more than the rule."""
        return self.rule.depth + 1


@dataclass(frozen=True)
class Joined(Rule):
    """Two rules or more, joined by one word; none of them is joined by the same."""

    rules: tuple[Rule, ...]

    word = ""

    def as_json(self) -> dict[str, Json]:
        """A mapping from "and" or "or" to the list of rules."""
        return {self.word: [rule.as_json() for rule in self.rules]}

    def pieces(self) -> Iterator[tuple[str, Condition | None]]:
        """The rules, with the word between them."""
        for place, rule in enumerate(self.rules):
            if place:
                yield f" {self.word} ", None
            yield from _in_parentheses(rule)

    @cached_property
    def conditions(self) -> Sequence[Condition]:
        """Those of all the rules."""
        return tuple(condition for rule in self.rules for condition in rule.conditions)

    @cached_property
    def depth(self) -> int:
        """One more than the deepest rule."""
        return max(rule.depth for rule in self.rules) + 1


class And(Joined):
    """Holds where all of its rules do."""

    word = "and"

    def combined(self, masks: Masks) -> BoolArray:
        """See `mask`."""
        return reduce(np.logical_and, (rule.combined(masks) for rule in self.rules))


class Or(Joined):
    """Holds where one of its rules does."""

    word = "or"

    def combined(self, masks: Masks) -> BoolArray:
        """See `mask`."""
        return reduce(np.logical_or, (rule.combined(masks) for rule in self.rules))


def all_of(rules: Sequence[Rule]) -> Rule:
    """The rule that holds where all of these do, of which there is at least one.

    Raises:
        RuleError: it would be too large.
    """
    flat = _flat(rules, And)
    return flat[0] if len(flat) == 1 else _within_limits(And(flat))


def any_of(rules: Sequence[Rule]) -> Rule:
    """The rule that holds where one of these does; see `all_of`."""
    flat = _flat(rules, Or)
    return flat[0] if len(flat) == 1 else _within_limits(Or(flat))


def none_of(rule: Rule) -> Rule:
    """The rule that holds where this one does not."""
    return rule.rule if isinstance(rule, Not) else _within_limits(Not(rule))


def _flat(rules: Sequence[Rule], joined: type[Joined]) -> tuple[Rule, ...]:
    """The rules, with those that are joined by the same word taken apart."""
    return tuple(
        part for rule in rules for part in (rule.rules if isinstance(rule, joined) else (rule,))
    )


def _within_limits(rule: Rule) -> Rule:
    if rule.depth > DEEPEST:
        raise RuleError(f"The rule is nested deeper than {DEEPEST} levels.", "Flatten it.")
    if len(rule.conditions) > MOST_CONDITIONS:
        raise RuleError(
            f"The rule has more than {MOST_CONDITIONS} conditions.",
            "Use one_of for many values of one attribute.",
        )
    return rule


def _operand(other: object) -> Rule:
    if not isinstance(other, Operand):
        raise RuleError(
            f"{brief(other)} is no rule, so it cannot be joined to one.",
            'Put every comparison into parentheses: (F.price < 20) & (F.category == "books").',
        )
    return other.as_rule()


def _in_parentheses(rule: Rule) -> Iterator[tuple[str, Condition | None]]:
    """The pieces of a part of a rule."""
    if isinstance(rule, Joined):
        yield "(", None
        yield from rule.pieces()
        yield ")", None
    else:
        yield from rule.pieces()
