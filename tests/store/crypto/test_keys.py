from __future__ import annotations

import base64
import hmac
import os
import pickle
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from tastemaker.errors import KeyProblem, MissingKeyError, TamperedError
from tastemaker.store.crypto.keys import (
    KEY_FILE,
    Key,
    KeyCommand,
    KeyFile,
    create_key_file,
    find_key,
    key_from_environment,
    key_in_hand,
    place_for_new_key,
)

RAW = bytes(range(32))
TEXT = base64.b64encode(RAW).decode()
OTHER = base64.b64encode(RAW[::-1]).decode()
ID = hmac.digest(RAW, b"tastemaker/v1/kek-id", "sha256")[:4].hex()


def private_file(path: Path, text: str = TEXT, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def python(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


def test_a_key_has_a_public_id_and_shows_nothing_else() -> None:
    key = Key(TEXT)
    assert key.id == ID
    assert Key(OTHER).id != ID
    for shown in (repr(key), str(key), f"{key}", f"{key!r}"):
        assert TEXT not in shown
        assert RAW.hex() not in shown
    assert repr(key) == f"Key(id={ID})"


def test_a_key_cannot_be_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Key(TEXT))


def test_what_is_wrapped_is_unwrapped() -> None:
    key = Key(TEXT)
    wrapped = key.wrap(b"data key", b"context")
    assert key.unwrap(wrapped, b"context") == b"data key"
    assert key.wrap(b"data key", b"context") != wrapped


def test_what_was_changed_truncated_or_moved_is_not_unwrapped() -> None:
    key = Key(TEXT)
    wrapped = key.wrap(b"data key", b"context")
    changes = [wrapped[:length] for length in range(len(wrapped))]
    for position in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[position] ^= 1
        changes.append(bytes(changed))
    for changed_bytes in changes:
        with pytest.raises(TamperedError):
            key.unwrap(changed_bytes, b"context")
    with pytest.raises(TamperedError):
        key.unwrap(wrapped, b"another context")
    with pytest.raises(TamperedError):
        Key(OTHER).unwrap(wrapped, b"context")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "canary",
        RAW.hex(),
        TEXT[:-1],
        TEXT[:-4],
        TEXT + "AAAA",
        TEXT.replace("=", ""),
        TEXT[:-2] + "9=",
        TEXT[:20] + "\n" + TEXT[20:],
        base64.urlsafe_b64encode(b"\xff" * 32).decode(),
        base64.b64encode(RAW[:31]).decode(),
        base64.b64encode(RAW + b"\x00").decode(),
        "clé" + TEXT,
        "\ud800",
    ],
)
def test_text_that_is_no_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(MissingKeyError, match="TASTEMAKER_KEY") as caught:
        key_from_environment({"TASTEMAKER_KEY": text})
    message = str(caught.value)
    assert "tastemaker init" in message
    assert "secrets.token_bytes(32)" in message
    assert not text.strip() or text not in message
    assert caught.value.__cause__ is None


def test_an_application_gives_a_key_or_its_text() -> None:
    key = Key(TEXT)
    assert key_in_hand(key) is key
    assert key_in_hand(TEXT).id == key.id


@pytest.mark.parametrize("given", ["no key", b"bytes", 5])
def test_what_an_application_gives_for_a_key_is_refused_and_not_shown(given: Any) -> None:
    with pytest.raises(MissingKeyError, match="base64 of 32 bytes") as refused:
        key_in_hand(given)
    assert "no key" not in str(refused.value)


def test_white_space_around_a_key_does_not_matter() -> None:
    assert Key(f" {TEXT}\r\n").id == ID


def test_the_recipe_in_the_error_makes_a_key() -> None:
    with pytest.raises(MissingKeyError) as caught:
        Key("")
    code = str(caught.value).split('python -c "')[1].rsplit('"', 1)[0]
    assert len(KeyCommand(python(code)).id) == 8


def test_sources_are_tried_in_order(tmp_path: Path) -> None:
    in_directory = create_key_file(tmp_path / KEY_FILE)
    file = private_file(tmp_path / "other.key", OTHER)
    variables = {
        "TASTEMAKER_KEY": TEXT,
        "TASTEMAKER_KEY_FILE": str(file),
        "TASTEMAKER_KEY_COMMAND": python(f"print({TEXT!r})"),
    }
    found = []
    for variable in list(variables):
        found.append(key_from_environment(variables, tmp_path))
        del variables[variable]
    found.append(key_from_environment(variables, tmp_path))
    assert [key.id for key in found] == [ID, Key(OTHER).id, ID, in_directory.id]
    assert [str(key) for key in found] == [
        "TASTEMAKER_KEY",
        str(file),
        "TASTEMAKER_KEY_COMMAND",
        str(tmp_path / KEY_FILE),
    ]


def test_a_variable_that_is_set_but_wrong_is_not_passed_over(tmp_path: Path) -> None:
    create_key_file(tmp_path / KEY_FILE)
    for variable, value in (
        ("TASTEMAKER_KEY", ""),
        ("TASTEMAKER_KEY_FILE", str(tmp_path / "gone")),
        ("TASTEMAKER_KEY_COMMAND", ""),
    ):
        with pytest.raises(MissingKeyError):
            key_from_environment({variable: value}, tmp_path)


def test_a_variable_that_names_no_file_does_not_hide_the_one_that_lies_here(tmp_path: Path) -> None:
    empty = {"TASTEMAKER_KEY_FILE": ""}
    assert place_for_new_key(tmp_path / KEY_FILE, empty) == tmp_path / KEY_FILE
    key = create_key_file(tmp_path / KEY_FILE)
    assert key_from_environment(empty, tmp_path).id == key.id
    assert place_for_new_key(tmp_path / KEY_FILE, empty) is None


def test_a_new_key_has_no_place_where_a_variable_gives_one(tmp_path: Path) -> None:
    file, other = tmp_path / KEY_FILE, tmp_path / "other.key"
    assert place_for_new_key(file, {"TASTEMAKER_KEY": TEXT}) is None
    assert place_for_new_key(file, {"TASTEMAKER_KEY_COMMAND": "print-it"}) is None
    assert place_for_new_key(None, {"TASTEMAKER_KEY_FILE": str(other)}) == other
    with pytest.raises(KeyProblem, match=f"TASTEMAKER_KEY_FILE names {other}"):
        place_for_new_key(file, {"TASTEMAKER_KEY_FILE": str(other)})


def test_without_any_key_the_remedy_is_told(tmp_path: Path) -> None:
    assert find_key(tmp_path / KEY_FILE, {}) is None
    with pytest.raises(MissingKeyError) as caught:
        key_from_environment({}, tmp_path)
    for word in ("TASTEMAKER_KEY", "TASTEMAKER_KEY_FILE", "TASTEMAKER_KEY_COMMAND", "init"):
        assert word in str(caught.value)


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASTEMAKER_KEY", TEXT)
    assert key_from_environment().id == ID


def test_a_created_key_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "new.key"
    key = create_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyFile(path).id == key.id
    before = path.read_bytes()
    with pytest.raises(KeyProblem, match="never overwritten"):
        create_key_file(path)
    assert path.read_bytes() == before


def test_a_key_file_is_private_whatever_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create_key_file(tmp_path / "new.key")
    finally:
        os.umask(before)
    assert (tmp_path / "new.key").stat().st_mode & 0o777 == 0o600


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "new.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyProblem):
        create_key_file(tmp_path / "new.key")
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_file_in_no_directory_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="No such file"):
        create_key_file(tmp_path / "nowhere" / "new.key")


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o620, 0o602, 0o660, 0o610, 0o777])
def test_a_file_open_to_others_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = private_file(tmp_path / "a key.key", mode=mode)
    with pytest.raises(MissingKeyError) as caught:
        KeyFile(path)
    assert f"chmod 600 {shlex.quote(str(path))}" in str(caught.value)
    assert TEXT not in str(caught.value)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_read(tmp_path: Path, mode: int) -> None:
    assert KeyFile(private_file(tmp_path / "my.key", TEXT + "\n", mode)).id == ID


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can read another account's private file")
def test_a_file_of_another_account_is_refused(tmp_path: Path) -> None:
    path = private_file(tmp_path / "my.key")
    os.chown(path, 65534, -1)
    with pytest.raises(MissingKeyError, match="belongs to another account.*chown"):
        KeyFile(path)


@pytest.mark.parametrize("text", ["", "canary", TEXT[:30], TEXT * 1000])
def test_a_file_without_a_key_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    path = private_file(tmp_path / "my.key", text)
    with pytest.raises(MissingKeyError, match=r"my\.key") as caught:
        KeyFile(path)
    assert not text or text not in str(caught.value)


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "absent", Path("/dev/null"), "a\0b"):
        with pytest.raises(MissingKeyError):
            KeyFile(path)


def test_a_dangling_link_is_not_no_key(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).symlink_to(tmp_path / "unmounted")
    with pytest.raises(MissingKeyError, match="cannot be read"):
        key_from_environment({}, tmp_path)
