"""Drives one target with atheris: `python -m tests.fuzz.run TARGET [options of libFuzzer]`.

Whatever a target raises ends the run, and libFuzzer keeps the bytes that did it in a file.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["tastemaker"]):
    from tests.fuzz.targets import TARGETS, seeds


def main() -> None:
    """Runs until the time or the number of runs in the options is over."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"Name a target: {', '.join(TARGETS)}.")
    name = sys.argv.pop(1)
    with TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds(name)):
            Path(corpus, str(number)).write_bytes(seed)
        atheris.Setup([*sys.argv, corpus], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
