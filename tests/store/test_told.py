from __future__ import annotations

import pytest
from sqlalchemy import Connection

from tastemaker.errors import InputError, NotFoundError
from tastemaker.store import told
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.declaring import ensure_items
from tastemaker.store.interactions.read import history
from tastemaker.store.interactions.write import record
from tastemaker.store.kinds import read_kinds
from tastemaker.validation import InteractionRow


def kept(connection: Connection, keyring: Keyring, user: str = "ann") -> list[tuple[str, int]]:
    """The kind and the time of each of a person's interactions."""
    names = {kind.key: kind.name for kind in read_kinds(connection)}
    rows = history(connection, keyring.ref(user))
    return [
        (names[kind], time)
        for kind, time in zip(rows.kind_keys.tolist(), rows.times.tolist(), strict=True)
    ]


def said(word: str, time: int = 5, item: str = "tea", user: str = "ann") -> InteractionRow:
    return InteractionRow(user, item, word, 1.0, time)


@pytest.fixture
def shop(keyring: Keyring, connection: Connection) -> Connection:
    """Two items; Ann bought both, the tea twice."""
    ensure_items(connection, ["tea", "mug"])
    rows = [said("purchase", 1), said("purchase", 2), said("purchase", 3, item="mug")]
    record(connection, keyring, rows)
    return connection


def test_a_new_statement_takes_the_place_of_the_former(shop: Connection, keyring: Keyring) -> None:
    bought = [("purchase", 1), ("purchase", 2), ("purchase", 3)]
    assert told.tell(shop, keyring, said("less", 5)) == 0
    assert kept(shop, keyring) == [*bought, ("less", 5)]
    assert told.tell(shop, keyring, said("never", 4)) == 1
    assert kept(shop, keyring) == [*bought, ("never", 4)]
    assert told.tell(shop, keyring, said("never", 4)) == 1
    assert told.tell(shop, keyring, said("more", 6, item="mug")) == 0
    assert kept(shop, keyring) == [*bought, ("never", 4), ("more", 6)]


def test_other_people_and_items_are_left_alone(shop: Connection, keyring: Keyring) -> None:
    told.tell(shop, keyring, said("less", user="bob"))
    told.tell(shop, keyring, said("never"))
    assert kept(shop, keyring, "bob") == [("less", 5)]
    assert told.take_back(shop, keyring, "ann", "mug") == 1
    assert [kind for kind, _ in kept(shop, keyring)] == ["purchase", "purchase", "never"]


def test_to_forget_takes_back_what_was_told_and_only_then_the_rest(
    shop: Connection, keyring: Keyring
) -> None:
    told.tell(shop, keyring, said("less"))
    assert told.take_back(shop, keyring, "ann", "tea") == 1
    assert kept(shop, keyring) == [("purchase", 1), ("purchase", 2), ("purchase", 3)]
    assert told.take_back(shop, keyring, "ann", "tea") == 2
    assert kept(shop, keyring) == [("purchase", 3)]
    assert told.take_back(shop, keyring, "ann", "tea") == 0


def test_what_an_import_brought_twice_goes_at_once(shop: Connection, keyring: Keyring) -> None:
    record(shop, keyring, [said("less", 7), said("more", 8), said("never", 9)])
    assert told.tell(shop, keyring, said("more", 10)) == 3
    assert kept(shop, keyring)[-1] == ("more", 10)


def test_an_item_must_be_there_and_to_forget_the_user_too(
    shop: Connection, keyring: Keyring
) -> None:
    with pytest.raises(NotFoundError, match="no item 'cup'"):
        told.tell(shop, keyring, said("less", item="cup"))
    with pytest.raises(NotFoundError, match="no item 'cup'"):
        told.take_back(shop, keyring, "ann", "cup")
    with pytest.raises(NotFoundError, match="no user with this id"):
        told.take_back(shop, keyring, "eve", "tea")
    told.tell(shop, keyring, said("less", user="eve"))
    assert kept(shop, keyring, "eve") == [("less", 5)]


@pytest.mark.parametrize("word", ["like", "", "LESS", 1, None])
def test_a_word_is_one_of_four(word: object) -> None:
    with pytest.raises(InputError, match="Tell one of: less, never, more, forget"):
        told.check_word(word)
