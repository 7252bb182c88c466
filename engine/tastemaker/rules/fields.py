"""`F`: how rules are written in Python."""

from __future__ import annotations

from collections.abc import Iterable

from tastemaker.errors import RuleError
from tastemaker.rules.conditions import Exists, comparison, one_of
from tastemaker.rules.literals import Literal, literal_of
from tastemaker.rules.names import Name, attribute_name, plain_name
from tastemaker.rules.rule import Operand, Rule


class Field(Operand):
    """A field or attribute of items: compared, it gives a rule; by itself, that it is true.

    Args:
        name: what it is.
    """

    def __init__(self, name: Name) -> None:
        self._name = name

    def as_rule(self) -> Rule:
        """That it is true: "true", "yes" or "1"."""
        return self._compared("==", True)

    def __eq__(self, value: object) -> Rule:  # type: ignore[override]
        return self._compared("==", value)

    def __ne__(self, value: object) -> Rule:  # type: ignore[override]
        return self._compared("!=", value)

    def __lt__(self, value: object) -> Rule:
        return self._compared("<", value)

    def __le__(self, value: object) -> Rule:
        return self._compared("<=", value)

    def __gt__(self, value: object) -> Rule:
        return self._compared(">", value)

    def __ge__(self, value: object) -> Rule:
        return self._compared(">=", value)

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f"F[{self._name.text!r}]"

    def contains(self, value: object) -> Rule:
        """That one of an attribute's values is this one, or that the text of a field has this text.

        In titles and texts, small and capital letters are the same.

        Raises:
            RuleError: no item can have such a value.
        """
        return self._compared("contains", value)

    def one_of(self, *values: object) -> Rule:
        """That one of the values is there; they are given one by one, or as one collection.

        Raises:
            RuleError: no item can have such a value, or there are more than 1,000.
        """
        return one_of(self._name, literals_of(values[0] if len(values) == 1 else values))

    def exists(self) -> Rule:
        """That there is any value."""
        return Exists(self._name)

    def _compared(self, symbol: str, value: object) -> Rule:
        if value is None:
            raise RuleError(
                f"{self._name} is compared with None.",
                f"Write ~{self!r}.exists() for items that have no value.",
            )
        return comparison(self._name, symbol, literal_of(value))


def literals_of(values: object) -> list[Literal]:
    """The values of a collection, or the one that is given alone.

    Raises:
        RuleError: no item can have one of them.
    """
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        return [literal_of(values)]
    several = list(map(literal_of, values))
    # A set has no order, and equal rules should be equal.
    return sorted(several, key=str) if isinstance(values, set | frozenset) else several


class Fields:
    """`F.price` is the field or attribute of that name, `F["odd name"]` the attribute.

    A name that begins with an underscore goes in brackets: Python looks for many such.
    """

    def __getattr__(self, name: str) -> Field:
        if name.startswith("_"):
            raise AttributeError(name)
        return Field(plain_name(name))

    def __getitem__(self, name: str) -> Field:
        return Field(attribute_name(name))


F = Fields()
"""What rules are written with: `F.price < 20`, `~F.sold_out & F.tags.contains("vegan")`."""
