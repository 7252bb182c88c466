"""The readme of a built package: its links hold on an index page, where no file is beside it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

HOME = "TASTEMAKER_HOME"
"""The environment variable with the address under which the project's files can be read, such as
https://git.example.org/tastemaker/blob/main; set for a release."""

LINK = re.compile(r"\[([^\]\n]+)\]\((?!https?://|#)([^)\s]+)\)")


class Readme(MetadataHookInterface):
    """Gives the package its readme, and its addresses where they are known."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Fills in what `pyproject.toml` calls dynamic."""
        home = os.environ.get(HOME, "").rstrip("/")
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": with_links(text, home)}
        if home:
            metadata["urls"] = {
                "Documentation": f"{home}/docs/README.md",
                "Changelog": f"{home}/CHANGELOG.md",
                "Source": home,
            }


def with_links(text: str, home: str) -> str:
    """A readme whose links to files lead to where these can be read, or are plain text."""
    return LINK.sub(rf"[\1]({home}/\2)" if home else r"\1", text)
