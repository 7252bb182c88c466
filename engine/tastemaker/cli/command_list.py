"""The commands there are: where each is, and what `tastemaker --help` says of it.

The summary stands here once more, so that the help and the tab key load no command: that would take
a second.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """A command.

    Attributes:
        place: the module and the function that it is.
        summary: the first sentence of its help.
    """

    place: str
    summary: str


COMMANDS = {
    "db": Entry(
        "tastemaker.cli.db:db",
        "Create, upgrade and check the database's schema, see how much is in it, back up and "
        "restore.",
    ),
    "demo": Entry(
        "tastemaker.cli.demo:demo",
        "Show the whole job on real data: Online Retail, a UK gift shop's year of purchases.",
    ),
    "evaluate": Entry(
        "tastemaker.cli.evaluate:evaluate",
        "Measure the blend and each recommender alone on what people went on to choose.",
    ),
    "exploration": Entry(
        "tastemaker.cli.exploration:exploration",
        "Show or set the SHARE of places that goes to items which few people know yet.",
    ),
    "export": Entry(
        "tastemaker.cli.export:export",
        'Export items, users or interactions into FILE ("-" for standard output).',
    ),
    "health": Entry(
        "tastemaker.cli.health:health",
        "Tell whether the database, its key, and what serves from it are as they should be.",
    ),
    "import": Entry(
        "tastemaker.cli.import_:import_",
        'Import items, users or interactions from FILE ("-" for standard input).',
    ),
    "init": Entry(
        "tastemaker.cli.init:init",
        "Create the key file and the database, and say what to do next.",
    ),
    "inspect": Entry(
        "tastemaker.cli.inspect:inspect",
        "Show in a browser what is recommended to whom, and why; ends with Ctrl-C.",
    ),
    "items": Entry(
        "tastemaker.cli.items:items",
        "Delete items.",
    ),
    "keys": Entry(
        "tastemaker.cli.keys:keys",
        "Show the database's keys, and change them while it is in use.",
    ),
    "kinds": Entry(
        "tastemaker.cli.kinds:kinds",
        "Show and set how much each kind of interaction counts: view, like, purchase, …",
    ),
    "plugins": Entry(
        "tastemaker.cli.plugins:plugins",
        "See, enable, disable and set up the recommenders and re-rankers that are installed.",
    ),
    "recommend": Entry(
        "tastemaker.cli.recommend:recommend",
        "Recommend items to users.",
    ),
    "release": Entry(
        "tastemaker.cli.train:release",
        "List, show and activate releases: trained models and the weights of their blend.",
    ),
    "similar": Entry(
        "tastemaker.cli.similar:similar",
        "Show the items most similar to ITEM.",
    ),
    "support": Entry(
        "tastemaker.cli.support:support",
        "Show or set on how many people what is recommended must rest.",
    ),
    "surfaces": Entry(
        "tastemaker.cli.surfaces:surfaces",
        'Keep requests by name: what "basket" or "home" shows, set in one place.',
    ),
    "sync": Entry(
        "tastemaker.cli.sync:sync",
        "Take over what is new or changed in your own tables, as CONFIG says: all of it at first.",
    ),
    "together": Entry(
        "tastemaker.cli.similar:together",
        "Show what goes with all of some ITEMs, such as those of a basket.",
    ),
    "train": Entry(
        "tastemaker.cli.train:train",
        "Train every enabled recommender, learn the blend, and activate the release.",
    ),
    "tune": Entry(
        "tastemaker.cli.tune:tune",
        "Search the settings of every enabled recommender, or of those named, on held-out data.",
    ),
    "users": Entry(
        "tastemaker.cli.users:users",
        "Show, export, merge and forget people's data, and keep what a person says about items.",
    ),
}
"""All commands of the engine, by name."""
