"""`Tastemaker`: the one object that an application embeds.

It joins the rooms and holds no logic. Its methods stand in groups, each a class without constructor
or state of its own: `Storing`, `Learning` and `Configuring` work on the store that `Tastemaker`
opens.
"""

from tastemaker.engine.tastemaker import Tastemaker

__all__ = ["Tastemaker"]
