"""Python imports this where the folder is on its path: without TensorFlow, as `pip install .`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType


class WithoutNeural:
    """Finds nothing, and lets nobody else find what the extra `neural` would install."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        """Refuses TensorFlow and Keras, as Python does where they are not installed."""
        if name.partition(".")[0] in ("tensorflow", "keras"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, WithoutNeural())
