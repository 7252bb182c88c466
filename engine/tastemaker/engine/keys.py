"""The keys of a database, as `Tastemaker.keys` gives them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tastemaker.progress import reporting
from tastemaker.recommender import Progress, no_progress
from tastemaker.store.crypto.keys import KeySource, key_in_hand
from tastemaker.store.store import Store

if TYPE_CHECKING:
    from tastemaker.store.rotation.counts import KeyStatus
    from tastemaker.store.rotation.resealing import Reencrypted
    from tastemaker.store.rotation.rotating import Rotation
    from tastemaker.store.rotation.verifying import Verification

# Few processes ever change keys: what does is imported where it is called.


class Keys:
    """The keys of one database: listed, rotated, verified. Others may read and write meanwhile.

    A key goes through add, promote, reencrypt, verify, retire and destroy; `rotate` does it
    all. Each step may be interrupted at any moment and done again.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def status(self) -> list[KeyStatus]:
        """Every key, its status, and how much is sealed under it by what the values say.

        Raises:
            SchemaError: the schema is missing, older or newer than it must be.
        """
        from tastemaker.store.rotation.counts import list_keys

        self._store.require_schema()
        with self._store.reading("listing keys") as connection:
            return list_keys(connection)

    def add(self, purpose: str = "data") -> int:
        """Makes a key that only opens until it is promoted; its id.

        Args:
            purpose: "data" for users' ids and attributes, "index" for pseudonyms, "model" for
                models and signatures.

        Raises:
            InputError: there is no such purpose.
            KeyProblem: one was added already and is not promoted yet.
        """
        from tastemaker.store.rotation.changes import add_key

        key = self._store.key
        return self._store.write("adding a key", lambda own: add_key(own, key, purpose))

    def promote(self, key_id: int | None = None) -> int:
        """Makes a key the one that seals, in every process from its next transaction on; its id.

        Args:
            key_id: which; the one that was added where not given.

        Raises:
            NotFoundError: there is no such key, or none was added.
            KeyProblem: it is retired or destroyed, or several were added.
        """
        from tastemaker.store.rotation.changes import promote_key

        key = self._store.key
        return self._store.write("promoting a key", lambda own: promote_key(own, key, key_id))

    def reencrypt(self, progress: Progress | bool = no_progress) -> Reencrypted:
        """Seals everything of users, and every model, under the keys that seal now.

        Args:
            progress: called with how far it is; True for a bar on standard error.

        Raises:
            KeyProblem: another key was promoted meanwhile.
        """
        from tastemaker.store.rotation.resealing import reencrypt

        with reporting(progress) as report:
            return reencrypt(self._store, report)

    def verify(self, progress: Progress | bool = no_progress) -> Verification:
        """Opens everything that is sealed or signed, and keeps a signed receipt in the database.

        Args:
            progress: called with how far it is; True for a bar on standard error.

        Raises:
            KeyProblem: a key was promoted meanwhile.
        """
        from tastemaker.store.rotation.verifying import verify

        with reporting(progress) as report:
            return verify(self._store, report)

    def retire(self, key_id: int) -> None:
        """Has a key loaded no more, if `verify` has shown that nothing is under it.

        Raises:
            NotFoundError: there is no such key.
            KeyProblem: it seals, or nothing shows that it is not needed.
        """
        from tastemaker.store.rotation.rotating import retire

        self._store.write("retiring a key", partial(retire, key=self._store.key, number=key_id))

    def destroy(self, key_id: int) -> bool:
        """Deletes a retired key for good, if `verify` has shown that nothing is under it.

        Returns:
            Whether it has left SQLite's log too; False while another connection is still reading
            an older state.

        Raises:
            NotFoundError: there is no such key.
            KeyProblem: it is not retired, or nothing shows that it is not needed.
        """
        from tastemaker.store.rotation.rotating import destroy

        self._store.write("destroying a key", partial(destroy, key=self._store.key, number=key_id))
        return not self._store.database.wipe_traces()

    def rotate(
        self,
        purpose: str = "data",
        destroy: bool = False,
        progress: Progress | bool = no_progress,
    ) -> Rotation:
        """Moves everything to a new key; goes on where it was interrupted.

        Args:
            purpose: "data" for the key of users' ids and attributes, "index" for that of
                pseudonyms, "model" for that of models and signatures.
            destroy: whether the former key is destroyed in place of being kept, retired. A former
                index key is needed as long as there are backups that were made under it.
            progress: called with how far it is; True for a bar on standard error.

        Raises:
            InputError: there is no such purpose.
            KeyProblem: something cannot be opened, so that the former key stays.
        """
        from tastemaker.store.rotation.rotating import rotate

        with reporting(progress) as report:
            return rotate(self._store, purpose, destroy, report)

    def change_master(self, new: KeySource | str) -> int:
        """Wraps every key of the database by another master key, all or none; how many.

        From then on the database opens by the new one alone. Processes that have it open go on
        until they must read the keys again: start them anew with the new one.

        Args:
            new: the key itself, or as text.

        Raises:
            WrongKeyError: another process has changed it meanwhile.
            KeyProblem: it is the same as the old one.
        """
        from tastemaker.store.rotation.changes import rewrap_keys

        given, key = key_in_hand(new), self._store.key
        count = self._store.write(
            "changing the master key", lambda own: rewrap_keys(own, key, given)
        )
        self._store.change_key(given)
        self._store.database.wipe_traces()
        return count
