"""The format of a release's manifest: what this version writes, and what it can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tastemaker.errors import NewerReleaseError, ReleaseError
from tastemaker.validation import Json

MANIFEST_FORMAT = 2
"""The format that manifests are written in; those without one are older and can be read too.

Format 2 seals models with AES-256-GCM, which is opened faster. Unknown keys are ignored, so a new
key needs no new format. Raise this only where an older worker would misread what is written.
"""


def check_format(manifest: Mapping[str, Json], number: int) -> None:
    """Refuses a manifest that this version cannot read.

    Args:
        manifest: what a release says about itself.
        number: the release's number.

    Raises:
        NewerReleaseError: a newer version wrote it, in a format that this one does not know.
        ReleaseError: its format is no number.
    """
    found = manifest.get("format", 0)
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise ReleaseError(f"Release {number} has the format {found!r}, which no version writes.")
    if found > MANIFEST_FORMAT:
        raise NewerReleaseError(
            f"Release {number} was written by a newer version of Tastemaker, in format {found}; "
            f"this one reads formats up to {MANIFEST_FORMAT}. Upgrade Tastemaker here, or activate "
            "an older release (`tastemaker release list`)."
        )


def served_names(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """The members of the release: those of its curve, then what only that of repeats has.

    Args:
        manifest: what a release says about itself; older ones have no curve of repeats.
    """
    parts = (manifest.get("curve"), (manifest.get("repeats") or {}).get("curve"))
    return tuple(dict.fromkeys(name for one in parts if one for name in one["members"]))
