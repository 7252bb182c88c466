"""Verifying: all that is sealed or signed is opened, counted by key, and a receipt is signed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, select

from tastemaker.errors import InputError, KeyProblem, ReleaseError, TamperedError
from tastemaker.store import meta, releases
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.crypto.sealed_column import as_sealed
from tastemaker.store.key_rows import keep_up
from tastemaker.store.rotation.counts import named_key
from tastemaker.store.rotation.refs import PAGE, maker_of
from tastemaker.store.rotation.resealing import ALL_KEYS, ReportProgress
from tastemaker.store.sql.statements import fetch
from tastemaker.store.sql.tables import model, model_chunk, release, user
from tastemaker.store.store import Store
from tastemaker.store.users.cells import open_attributes, open_id
from tastemaker.validation import now_us

RECEIPT = "key_verification"
"""The name in `meta` of the newest receipt: JSON, a colon, and a signature in hexadecimal."""

PROBLEMS_NAMED = 20
"""How many problems a verification names; it counts all. Chosen."""

PAGE_ROWS = 2000
"""Rows read in one transaction; chosen: a long one would keep SQLite's log from being emptied."""


@dataclass(frozen=True)
class Verification:
    """What opening everything that is sealed or signed has shown.

    Attributes:
        time: when it was done, in microseconds since 1970 UTC.
        sealing: the id of the key that seals, for each purpose.
        cells: how many values were opened under each key, by its id.
        damaged: how many could not be opened.
        problems: what is wrong with the first 20 of them.
    """

    time: int
    sealing: Mapping[str, int]
    cells: Mapping[int, int]
    damaged: int
    problems: tuple[str, ...]

    @property
    def old(self) -> dict[int, int]:
        """How many values are under keys that do not seal any more, by the key's id."""
        sealing = set(self.sealing.values())
        return {number: n for number, n in self.cells.items() if number not in sealing}

    @property
    def is_clean(self) -> bool:
        """Whether everything opens, and is under the keys that seal."""
        return not self.damaged and not self.old


@dataclass
class _Findings:
    cells: Counter[int] = field(default_factory=Counter)
    damaged: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, where: str, check: Callable[[], Mapping[int, int]]) -> None:
        """Counts what a check opened, or what was wrong."""
        try:
            self.cells.update(check())
        except (KeyProblem, ReleaseError, InputError) as error:
            self.damaged += 1
            if len(self.problems) < PROBLEMS_NAMED:
                self.problems.append(f"{where}: {error}")


def verify(store: Store, report: ReportProgress) -> Verification:
    """Opens every value of users and every model, and keeps a signed receipt in the database.

    It reads while others write. A value that somebody writes behind it is under the key that seals,
    or the writer's version is older than this one.

    Raises:
        KeyProblem: another key was promoted meanwhile.
    """
    keyring, findings, begun = store.open_keyring(ALL_KEYS), _Findings(), now_us()
    _verify_users(store, keyring, findings, report)
    _verify_releases(store, keyring, findings)
    done = Verification(
        begun,
        keyring.active_ids(),
        dict(findings.cells),
        findings.damaged,
        tuple(findings.problems),
    )
    store.write("keeping the receipt", partial(_keep, keyring=keyring, done=done))
    return done


def _verify_users(
    store: Store, keyring: Keyring, findings: _Findings, report: ReportProgress
) -> None:
    with store.reading("counting users") as connection:
        total = connection.scalar(select(func.count()).select_from(user)) or 0
    for number, row in enumerate(_rows(store), 1):
        _verify_user(keyring, row, findings)
        if number % PAGE_ROWS == 0 or number >= total:
            report(number, max(total, number), "verifying")


def _rows(store: Store) -> Iterator[Any]:
    last = 0
    while True:
        with store.reading("reading sealed values") as connection:
            page = fetch(connection, PAGE, (last, PAGE_ROWS))
        if not page:
            return
        yield from page
        last = page[-1][0]


def _verify_user(keyring: Keyring, row: Any, findings: _Findings) -> None:
    key, ref, sealed_id, attributes = row

    def check_id() -> Mapping[int, int]:
        sealed = as_sealed(sealed_id)
        maker = maker_of(keyring.ref_keys, open_id(keyring, bytes(ref), sealed), bytes(ref))
        return Counter((named_key(sealed[4:8]), maker))

    def check_attributes() -> Mapping[int, int]:
        sealed = as_sealed(attributes)
        open_attributes(keyring, bytes(ref), sealed)
        return {named_key(sealed[4:8]): 1}

    findings.add(f"user row {key}, external_id", check_id)
    if attributes is not None:
        findings.add(f"user row {key}, attributes", check_attributes)


def _verify_releases(store: Store, keyring: Keyring, findings: _Findings) -> None:
    with store.reading("reading releases") as connection:
        pointer = meta.get(connection, releases.ACTIVE)
        if pointer is not None:
            findings.add("the active release", lambda: _pointer(keyring, pointer))
        for row in releases.list_releases(connection):
            number = row.number
            findings.add(f"release {number}", partial(_manifest, connection, keyring, number))
            names = select(model.c.name).where(model.c.release_id == number)
            for name in connection.execute(names).scalars().all():
                check = partial(_chunks, connection, keyring, number, name)
                findings.add(f"release {number}, {name}", check)


def _pointer(keyring: Keyring, pointer: str) -> Mapping[int, int]:
    releases.active_number(keyring, pointer)
    return {int(pointer.partition(":")[2][:8], 16): 1}


def _manifest(connection: Connection, keyring: Keyring, number: int) -> Mapping[int, int]:
    releases.read_manifest(connection, keyring, number)
    chosen = select(func.substr(release.c.manifest, 5, 4)).where(release.c.id == number)
    return {named_key(connection.scalar(chosen)): 1}


def _chunks(connection: Connection, keyring: Keyring, number: int, name: str) -> Mapping[int, int]:
    """The chunks of a model that opens: they name the key that opened them."""
    releases.read_container(connection, keyring, number, name)
    rows = fetch(
        connection,
        f"SELECT substr(c.sealed, 5, 4) FROM {model_chunk.name} c JOIN {model.name} m"
        " ON m.id = c.model_id WHERE m.release_id = ? AND m.name = ?",
        (number, name),
    )
    return Counter(named_key(row[0]) for row in rows)


def _keep(connection: Connection, keyring: Keyring, done: Verification) -> None:
    keep_up(connection, keyring)
    if keyring.active_ids() != done.sealing:
        raise KeyProblem("A key was promoted meanwhile. Start the verification again.")
    text = json.dumps(asdict(done))
    meta.put(connection, RECEIPT, f"{text}:{keyring.sign(RECEIPT, text.encode()).hex()}")


def read_receipt(connection: Connection, keyring: Keyring) -> Verification | None:
    """The newest verification that was kept; None where there is none.

    Raises:
        TamperedError: the receipt was changed.
    """
    kept = meta.get(connection, RECEIPT)
    if kept is None:
        return None
    text, _, signature = kept.rpartition(":")
    try:
        keyring.verify(RECEIPT, text.encode(), bytes.fromhex(signature))
        known = json.loads(text)
    except (ValueError, KeyProblem):
        raise TamperedError(
            "The receipt of the last verification was changed. Run `tastemaker keys verify`."
        ) from None
    cells = {int(number): count for number, count in known.pop("cells").items()}
    problems = tuple(known.pop("problems"))
    return Verification(**known, cells=cells, problems=problems)
