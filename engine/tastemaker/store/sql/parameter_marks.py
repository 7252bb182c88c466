"""Where the parameters of a hand-written statement stand, as each driver writes it."""

from __future__ import annotations

from itertools import count

from sqlalchemy import Connection


def marked(connection: Connection, statement: str) -> str:
    """A statement written with `?` for each parameter, with the marks of the connection's driver.

    Args:
        connection: its driver says which marks it takes.
        statement: SQL, without a question mark that is none.
    """
    style = connection.dialect.paramstyle
    if style == "qmark":
        return statement
    if style == "numeric_dollar":
        first, *others = statement.split("?")
        numbers = count(1)
        return first + "".join(f"${next(numbers)}{other}" for other in others)
    return statement.replace("?", "%s")
