"""Where the key-encryption key comes from; it is never in the database.

In this order: TASTEMAKER_KEY, TASTEMAKER_KEY_FILE, TASTEMAKER_KEY_COMMAND, and the file
tastemaker.key in the working directory. Each gives the same text: base64 of 32 random bytes.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn, Protocol, runtime_checkable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tastemaker.errors import KeyProblem, MissingKeyError, TamperedError
from tastemaker.store.crypto.key_command import MAX_OUTPUT, output_of
from tastemaker.store.crypto.sealing import KEY_BYTES, NONCE_BYTES

KEY_VARIABLE = "TASTEMAKER_KEY"
FILE_VARIABLE = "TASTEMAKER_KEY_FILE"
COMMAND_VARIABLE = "TASTEMAKER_KEY_COMMAND"
KEY_FILE = "tastemaker.key"

HOW_TO_MAKE = (
    "`tastemaker init` makes one; so does python -c "
    '"import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())".'
)

_ID = b"tastemaker/v1/kek-id"
_OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO


@runtime_checkable
class KeySource(Protocol):
    """What can wrap and unwrap the database's keys: a key in hand, or a service that holds one."""

    @property
    def id(self) -> str:
        """A short public name of the key: the same for the same key, of no use to guess it."""

    def wrap(self, data: bytes, context: bytes) -> bytes:
        """`data` encrypted and bound to `context`."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """What `wrap` was given.

        Raises:
            TamperedError: it was changed, or wrapped for another context.
        """


class Key:
    """A key-encryption key in hand.

    Args:
        text: base64 of 32 random bytes; white space around it does not matter.
        source: where the text came from, for messages: "The key of {source} is …".

    Attributes:
        source: as given; also the key's text form.

    Raises:
        MissingKeyError: the text is anything else; the error does not carry it.
    """

    def __init__(self, text: str, source: str = "the application") -> None:
        self._key = _bytes_of(text, source)
        self._cipher = AESGCM(self._key)
        self.source = source

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A key is never pickled. Give the other process its source instead.")

    @property
    def id(self) -> str:
        """Eight hexadecimal digits: a keyed hash of nothing but a constant."""
        return hmac.digest(self._key, _ID, "sha256")[:4].hex()

    def wrap(self, data: bytes, context: bytes) -> bytes:
        """A random nonce of 12 bytes, then `data` by AES-256-GCM, bound to `context`."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """What `wrap` was given.

        Raises:
            TamperedError: it was changed, or wrapped under another key or for another context.
        """
        try:
            return self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise TamperedError("A wrapped key was changed, truncated or moved.") from None


class KeyFile(Key):
    """The key in a file that nobody but its owner may read.

    Raises:
        MissingKeyError: the file cannot be read, others may read it, or it holds no key.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(_read_private(path), str(path))


class KeyCommand(Key):
    """The key that a command prints, such as that of a password manager.

    Args:
        command: a program and its arguments, as in a shell, though no shell runs it.
        timeout: how many seconds it may take.

    Raises:
        MissingKeyError: the command fails, takes too long or prints no key. The error shows
            neither the command's arguments nor its output.
    """

    def __init__(self, command: str, timeout: float = 10.0) -> None:
        super().__init__(output_of(command, timeout), COMMAND_VARIABLE)


def find_key(
    file: str | Path = KEY_FILE, environment: Mapping[str, str] | None = None
) -> Key | None:
    """The key that the environment names, or else the one in the file; None if there is neither.

    Args:
        file: where the key lies if no variable is set.
        environment: the variables; those of the process where not given.

    Raises:
        MissingKeyError: what is named is no key, or cannot be read.
    """
    variables = os.environ if environment is None else environment
    if (text := variables.get(KEY_VARIABLE)) is not None:
        return Key(text, KEY_VARIABLE)
    if path := variables.get(FILE_VARIABLE):  # an empty one names no file
        return KeyFile(path)
    if (command := variables.get(COMMAND_VARIABLE)) is not None:
        return KeyCommand(command)
    return KeyFile(file) if os.path.lexists(file) else None


def place_for_new_key(
    file: str | Path | None = None, environment: Mapping[str, str] | None = None
) -> Path | None:
    """Where a new key file belongs; None where a variable or a file gives a key already.

    Args:
        file: where it is wanted; tastemaker.key in the working directory if None.
        environment: the variables; those of the process where not given.

    Raises:
        KeyProblem: TASTEMAKER_KEY_FILE names another file than is wanted, and everything that
            opens the database would look there.
    """
    variables = os.environ if environment is None else environment
    if KEY_VARIABLE in variables:
        return None
    named = variables.get(FILE_VARIABLE) or None
    if named is None and COMMAND_VARIABLE in variables:
        return None
    place = Path(file or KEY_FILE) if named is None else Path(named)
    if file is not None and place.resolve() != Path(file).resolve():
        raise KeyProblem(
            f"{FILE_VARIABLE} names {named}, where everything that opens the database looks for "
            f"the key, and not {file}. Set it to {file}, or name no other file."
        )
    return None if os.path.lexists(place) else place


def key_from_environment(
    environment: Mapping[str, str] | None = None, directory: str | Path = "."
) -> Key:
    """The key that the environment names, or the one in tastemaker.key of the directory.

    Raises:
        MissingKeyError: nothing names a key, or what is named is none or cannot be read.
    """
    key = find_key(Path(directory) / KEY_FILE, environment)
    if key is not None:
        return key
    raise MissingKeyError(
        f"No key was given. Set {KEY_VARIABLE} to the key, {FILE_VARIABLE} to a file that holds "
        f"it or {COMMAND_VARIABLE} to a command that prints it, or run where {KEY_FILE} lies. "
        f"For a new database: {HOW_TO_MAKE}"
    )


def key_in_hand(given: KeySource | str) -> KeySource:
    """The key that an application gives, itself or as text.

    Raises:
        MissingKeyError: it is neither; the error does not carry it.
    """
    if isinstance(given, str):
        return Key(given)
    if isinstance(given, KeySource):
        return given
    raise MissingKeyError(
        f"The key given is a {type(given).__name__}; it must be text, base64 of {KEY_BYTES} "
        f"bytes, or a KeySource. {HOW_TO_MAKE}"
    )


def create_key_file(path: str | Path) -> KeyFile:
    """A new random key in a new file that only its owner may read.

    The file is on the disk when this returns, so nothing can be sealed under a key that is lost
    with the power.

    Raises:
        KeyProblem: the file exists already (a key is never overwritten) or cannot be written.
    """
    text = base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n"
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(file)
        _sync_directory(Path(path).absolute().parent)
    except FileExistsError:
        raise KeyProblem(
            f"{path} exists already, and a key is never overwritten: what it sealed would be "
            "lost. Use it, or choose another name."
        ) from None
    except OSError as problem:
        raise KeyProblem(f"The key file {path} cannot be made: {problem.strerror}.") from None
    return KeyFile(path)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _bytes_of(text: str, source: str) -> bytes:
    stripped = text.strip()
    try:
        raw = base64.b64decode(stripped, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    # Encoding it again refuses text whose last letter holds bits that are not of the key.
    if len(raw) == KEY_BYTES and base64.b64encode(raw).decode() == stripped:
        return raw
    problem = "is empty" if not stripped else f"is not base64 of {KEY_BYTES} bytes"
    raise MissingKeyError(f"The key of {source} {problem}. {HOW_TO_MAKE}")


def _read_private(path: str | Path) -> str:
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for somebody to write into it.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            _check_private(path, os.fstat(file))
            return os.read(file, MAX_OUTPUT).decode("ascii", errors="replace")
        finally:
            os.close(file)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "the name is not one"
    raise MissingKeyError(
        f"The key file {path} cannot be read: {reason}. Point {FILE_VARIABLE} to the key file of "
        "this database."
    )


def _check_private(path: str | Path, status: os.stat_result) -> None:
    mode = status.st_mode
    if not stat.S_ISREG(mode):
        raise MissingKeyError(f"The key file {path} is not a file. Name the file itself.")
    if mode & _OTHERS_MAY:
        raise MissingKeyError(
            f"The key file {path} is open to others (mode {stat.S_IMODE(mode):04o}). "
            f"Run: chmod 600 {shlex.quote(str(path))}"
        )
    if status.st_uid != os.geteuid():
        # Only root, or a capability, gets so far: whoever owns the file could replace the key.
        raise MissingKeyError(
            f"The key file {path} belongs to another account, which can read and replace it. "
            f"Run: chown {os.geteuid()} {shlex.quote(str(path))}"
        )
