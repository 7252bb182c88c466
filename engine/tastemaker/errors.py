"""Every exception of the engine. A message names the value, what is wrong with it, and the remedy.

No message ever carries a user's id, a user's attribute, or a key.
"""

from __future__ import annotations

import os
import types
from functools import cache

TRACEBACKS = "TASTEMAKER_TRACEBACKS"
"""The environment variable that keeps the engine's frames in tracebacks where it is "full"."""


class TastemakerError(Exception):
    """The base of everything the engine raises on purpose; its text may be shown to a person."""


class InputError(TastemakerError):
    """A value that comes in is refused: an id, a number, a time, an option."""


class WrongDatabaseError(InputError):
    """The connection lent to a write is to another database than the engine's."""


class SettingsError(InputError):
    """A recommender's setting is unknown, of the wrong type, or out of its bounds."""


class RuleError(InputError):
    """A rule about items cannot be read, or does not fit the items there are.

    Attributes:
        problem: what is wrong, as a sentence.
        remedy: what to do, as sentences.
        place: where: "column 9" of a text, "$.and[1].value" of JSON; empty for a rule in Python.
        excerpt: the line of the text, and a caret below the place; empty where there is no text.
    """

    def __init__(self, problem: str, remedy: str, place: str = "", excerpt: str = "") -> None:
        start = f"The rule, {place}: " if place else ""
        end = f"\n{excerpt}" if excerpt else ""
        super().__init__(f"{start}{problem} {remedy}{end}")
        self.problem = problem
        self.remedy = remedy
        self.place = place
        self.excerpt = excerpt


class NotFoundError(TastemakerError):
    """A named item, user, release or plugin does not exist."""


class FileRefusedError(InputError):
    """An import file, or a row of it, cannot be taken; nothing of the file was kept.

    Attributes:
        file: the name of the file.
        line: the line of the offending row, from 1.
        reason: what is wrong with it.
    """

    def __init__(
        self, file: str, line: int, reason: str, remedy: str = "Correct or replace the file."
    ) -> None:
        super().__init__(f"{file}, line {line}: {reason}. {remedy}")
        self.file = file
        self.line = line
        self.reason = reason


class RowRefusedError(InputError):
    """A row of a table that an application gives cannot be taken.

    Attributes:
        row: the number of the offending row, from 0.
        column: the column that is to blame; None where it is the row as a whole.
        reason: what is wrong with it.
    """

    def __init__(
        self, row: int, column: str | None, reason: str, remedy: str = "Nothing was written."
    ) -> None:
        place = f"Row {row} (counted from 0)" + (f", column {column}" if column else "")
        super().__init__(f"{place}: {reason.rstrip('.')}. {remedy}")
        self.row = row
        self.column = column
        self.reason = reason


class SchemaError(TastemakerError):
    """The database's schema is missing, older or newer than this version of the engine needs."""


class StoreError(TastemakerError):
    """The database refused a statement. Scrubbed: no SQL, no parameters, no server detail.

    Attributes:
        operation: what the engine was doing ("record", "import users", …).
        code: the kind of database error ("IntegrityError", "OperationalError", …).
        sqlstate: PostgreSQL's SQLSTATE ("42P01"), or SQLite's name of the error ("SQLITE_BUSY");
            empty where the driver tells none.
    """

    def __init__(self, operation: str, code: str, remedy: str = "", sqlstate: str = "") -> None:
        kind = f"{code}, {sqlstate}" if sqlstate else code
        super().__init__(f"The database failed during {operation} ({kind}). {remedy}".rstrip())
        self.operation = operation
        self.code = code
        self.sqlstate = sqlstate


class CollisionError(StoreError):
    """Another transaction came in between, on the same rows; nothing was written.

    The engine tries its own transactions again a few times. In a transaction of the application
    it cannot: roll back, and do it again. PostgreSQL only.
    """


class KeyProblem(TastemakerError):
    """The base of everything that is wrong with a key."""


class MissingKeyError(KeyProblem):
    """No key-encryption key was given, or its source could not be read."""


class WrongKeyError(KeyProblem):
    """The key-encryption key given is not the one that this database was sealed under."""


class UnknownKeyError(KeyProblem):
    """A sealed value names a data key that this database does not hold."""


class TamperedError(KeyProblem):
    """A sealed value or a stored model was changed, truncated, moved or forged."""


class PlaintextRefusedError(TastemakerError):
    """A plain value was about to be written where only sealed values may stand."""


class PluginError(TastemakerError):
    """A recommender failed its contract: it raised, or returned the wrong shape or type."""


class TrainingError(TastemakerError):
    """Training cannot produce a release from this data; the message tells why."""


class EvaluationError(TastemakerError):
    """An evaluation cannot be made of this data; the message tells why."""


class ReleaseError(TastemakerError):
    """A release is missing, incomplete or damaged."""


class NewerReleaseError(ReleaseError):
    """A newer version wrote the release, in a format that this one cannot read: upgrade."""


def without_frames(error: BaseException) -> BaseException:
    """An error without the frames of the engine, and of the libraries that it calls.

    Their local variables hold ids, attributes and keys. Frames of the application, which the engine
    called, stay; so does what an error of the application's own was caused by. Of any other error
    than the engine's own types a note tells where it was raised.
    """
    if os.environ.get(TRACEBACKS) == "full":
        return error
    if not any(map(_is_of_application, _steps(error.__traceback__))):
        error.__cause__ = error.__context__ = None
    for one in _chain(error):
        _leave_out_frames(one)
    return error


def _chain(error: BaseException) -> list[BaseException]:
    """The error, and what it was caused by or raised beside, each once."""
    found, waiting = [error], [error]
    while waiting:
        one = waiting.pop()
        for other in (one.__cause__, one.__context__):
            if other is not None and not any(other is known for known in found):
                found.append(other)
                waiting.append(other)
    return found


def _leave_out_frames(error: BaseException) -> None:
    steps = _steps(error.__traceback__)
    if steps and not _is_of_application(steps[-1]) and not isinstance(error, TastemakerError):
        _tell_where(error, steps)
    traceback: types.TracebackType | None = None
    for step in filter(_is_of_application, reversed(steps)):
        traceback = types.TracebackType(traceback, step.tb_frame, step.tb_lasti, step.tb_lineno)
    error.__traceback__ = traceback


def _steps(traceback: types.TracebackType | None) -> list[types.TracebackType]:
    steps = []
    while traceback is not None:
        steps.append(traceback)
        traceback = traceback.tb_next
    return steps


def _tell_where(error: BaseException, steps: list[types.TracebackType]) -> None:
    """Notes the places of the frames: names of files and functions, and no values."""
    told = (
        f"{os.path.basename(step.tb_frame.f_code.co_filename)}:{step.tb_lineno} "
        f"{step.tb_frame.f_code.co_name}"
        for step in steps
    )
    error.add_note(f"Raised inside the engine: {', '.join(told)}. {TRACEBACKS}=full keeps these.")


def _is_of_application(step: types.TracebackType) -> bool:
    """Whether a frame is neither the engine's nor of an installed library."""
    frame = step.tb_frame
    name, file = str(frame.f_globals.get("__name__", "")), frame.f_code.co_filename
    if name.partition(".")[0] in ("tastemaker", "tastemaker_plugins"):
        return False
    if file.startswith("<"):  # made of a text: the application's by `python -c`, or a library's
        return name == "__main__"
    return not os.path.abspath(file).startswith(_libraries())


@cache
def _libraries() -> tuple[str, ...]:
    import sysconfig  # takes a while, and is needed where something fails only

    paths = sysconfig.get_paths()
    places = ("stdlib", "platstdlib", "purelib", "platlib")
    return tuple({os.path.join(paths[place], "") for place in places})
