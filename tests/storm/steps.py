"""What a worker does before it is killed: steps drawn at random, each of them done or not."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tests.stateful.shop_model import Interaction, ShopModel

from tastemaker import Tastemaker
from tastemaker.errors import NotFoundError
from tastemaker.store.store import Store
from tastemaker.training.building import UnsavedRelease
from tastemaker.training.saving import save
from tastemaker.training.snapshot import Snapshot

PEOPLE = ("ada", "böb", "eve@example.org", "O'Hara", "zoë")
ITEMS = ("tea", "coffee", "milk", "water")


class Worker(NamedTuple):
    """What steps are done with.

    Attributes:
        shop: opened on the database.
        store: likewise, for saving a release.
        trained: the release that every training of the storm would save.
        folder: for files.
    """

    shop: Tastemaker
    store: Store
    trained: tuple[UnsavedRelease, Snapshot]
    folder: Path


class Step(NamedTuple):
    """A step, and what it makes of a plain model."""

    name: str
    do: Callable[[Worker], object]
    model: Callable[[ShopModel], object]


def after(step: Step, model: ShopModel, releases: Sequence[int]) -> ShopModel:
    """The model when the step is done.

    Args:
        step: what is done.
        model: what was before.
        releases: the numbers of the releases that were there when somebody looked: a transaction
            that is rolled back may use up numbers, so the next one made is the first that is new.
    """
    changed = deepcopy(model)
    if step.name == "train":
        made = [number for number in releases if number > max(model.releases, default=0)]
        if made:
            changed.train(min(made))
    else:
        step.model(changed)
    return changed


def unchanged(model: ShopModel) -> None:
    """Nothing that a user of the shop sees is different."""


def record(draw: random.Random) -> Step:
    user_id, item_id, value = draw.choice(PEOPLE), draw.choice(ITEMS), float(draw.randrange(6))
    at = datetime(2024, 1, draw.randint(1, 3), tzinfo=UTC)
    one = Interaction(user_id, item_id, "view", at.isoformat())
    return Step(
        "record",
        lambda worker: worker.shop.record(user_id, item_id, "view", value, at),
        lambda model: model.record(one, value),
    )


def put_user(draw: random.Random) -> Step:
    user_id, town = draw.choice(PEOPLE), f"town {draw.randrange(10**6)}"
    return Step(
        "put_users",
        lambda worker: worker.shop.put_users([{"user_id": user_id, "town": town}]),
        lambda model: model.put_user(user_id, {"town": town}),
    )


def remove(draw: random.Random) -> Step:
    user_id, item_id = draw.choice(PEOPLE), draw.choice(ITEMS)
    return Step(
        "remove",
        lambda worker: worker.shop.remove(user_id, item_id),
        lambda model: model.remove(user_id, item_id),
    )


def delete_item(draw: random.Random) -> Step:
    item_ids = {draw.choice(ITEMS)}
    return Step(
        "delete_items",
        lambda worker: worker.shop.delete_items(item_ids),
        lambda model: model.delete_items(item_ids),
    )


def merge(draw: random.Random) -> Step:
    one, other = draw.sample(PEOPLE, 2)
    return Step(
        "merge_users",
        lambda worker: worker.shop.merge_users(one, other),
        lambda model: model.merge(one, other),
    )


def forget(draw: random.Random) -> Step:
    user_id = draw.choice(PEOPLE)

    def do(worker: Worker) -> None:
        try:
            worker.shop.forget(user_id)
        except NotFoundError:
            worker.shop.finish_erasures()

    def model(model: ShopModel) -> None:
        if user_id in model.users:
            model.forget(user_id)

    return Step("forget", do, model)


def import_file(draw: random.Random) -> Step:
    rows = [(draw.choice(PEOPLE), draw.choice(ITEMS), draw.randrange(6)) for _ in range(20)]
    time = datetime(2024, 2, 1, tzinfo=UTC).isoformat()

    def do(worker: Worker) -> None:
        path = worker.folder / "interactions.csv"
        lines = [f"{user_id},{item_id},buy,{value},{time}\n" for user_id, item_id, value in rows]
        path.write_text("user_id,item_id,kind,value,timestamp\n" + "".join(lines), "utf-8")
        worker.shop.import_file("interactions", path)

    def model(model: ShopModel) -> None:
        for user_id, item_id, value in rows:
            model.record(Interaction(user_id, item_id, "buy", time), float(value))

    return Step("import", do, model)


def rotate(draw: random.Random) -> Step:
    purpose, destroy = draw.choice(("data", "index", "model")), draw.random() < 0.5
    return Step("rotate", lambda worker: worker.shop.keys.rotate(purpose, destroy), unchanged)


def train(draw: random.Random) -> Step:
    del draw
    return Step(
        "train", lambda worker: save(worker.store, *worker.trained, activate=True), unchanged
    )


def activate(draw: random.Random) -> Step:
    newest = draw.randrange(5)

    def do(worker: Worker) -> None:
        listed = worker.shop.releases()
        if listed:
            worker.shop.activate(listed[newest % len(listed)].number)

    def model(model: ShopModel) -> None:
        if model.releases:
            model.active = model.releases[newest % len(model.releases)]

    return Step("activate", do, model)


def back_up(draw: random.Random) -> Step:
    del draw
    return Step("backup", lambda worker: worker.shop.backup(worker.folder / "backup"), unchanged)


KINDS: tuple[Callable[[random.Random], Step], ...] = (
    *(record, put_user, remove, delete_item, merge, forget),
    *(import_file, rotate, train, activate, back_up),
)


def drawn(draw: random.Random, count: int) -> list[Step]:
    """That many steps at random."""
    return [draw.choice(KINDS)(draw) for _ in range(count)]
