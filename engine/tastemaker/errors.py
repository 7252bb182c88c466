"""Every exception of the engine. A message names the value, what is wrong with it, and the remedy.

No message ever carries a user's id, a user's attribute, or a key.
"""


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
    """

    def __init__(self, operation: str, code: str, remedy: str = "") -> None:
        super().__init__(f"The database failed during {operation} ({code}). {remedy}".rstrip())
        self.operation = operation
        self.code = code


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
