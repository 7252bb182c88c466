"""What must be shown before a key may go: that nothing is sealed under it any more."""

from __future__ import annotations

from sqlalchemy import Connection

from tastemaker.errors import KeyProblem
from tastemaker.store.crypto.data_keys import DATA, MODEL
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.rotation.counts import count_cells
from tastemaker.store.rotation.verifying import Verification, read_receipt
from tastemaker.validation import now_us

FRESH_US = 24 * 3600 * 1_000_000
"""How old, in microseconds, a verification may be that a key goes by; chosen."""

VERIFY = "Run `tastemaker keys verify`"


def require_unused(connection: Connection, keyring: Keyring, number: int) -> None:
    """Nothing, if a verification has shown that nothing is under a key, and nothing came since.

    Args:
        connection: in a writing transaction.
        keyring: with the keys as they are now.
        number: the key's id.

    Raises:
        KeyProblem: there is no verification, or it is old, or it found damage or values under the
            key, or there are such values now.
    """
    receipt = read_receipt(connection, keyring)
    problem = _problem(receipt, keyring, number)
    if problem:
        raise KeyProblem(f"Key {number} stays: {problem}.")
    now = sum(count_cells(connection, purpose)[number] for purpose in (DATA, MODEL))
    if now:
        raise KeyProblem(
            f"Key {number} stays: {now} values came under it since the last verification. Run "
            "`tastemaker keys reencrypt`, then `tastemaker keys verify`."
        )


def _problem(receipt: Verification | None, keyring: Keyring, number: int) -> str:
    if receipt is None:
        return f"nothing has been verified yet. {VERIFY}"
    if dict(receipt.sealing) != keyring.active_ids():
        return f"a key was promoted since the last verification. {VERIFY}"
    if not 0 <= now_us() - receipt.time <= FRESH_US:
        return f"the last verification is more than a day old. {VERIFY}"
    if receipt.damaged:
        return (
            f"the last verification could not open {receipt.damaged} values, which may be under "
            f"it. Restore them from a backup, or write them again. {VERIFY}"
        )
    if receipt.cells.get(number):
        return (
            f"the last verification found {receipt.cells[number]} values under it. Run "
            "`tastemaker keys reencrypt`, then verify again"
        )
    return ""
