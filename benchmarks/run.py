"""Every speed, memory and quality bar, one after another: bulk, serving, large, quality.

Run it alone on the machine: `python benchmarks/run.py [--recbole PATH]`.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tastemaker.cli.output import print_table

HERE = Path(__file__).parent
RETAIL = HERE.parent / "engine" / "tastemaker" / "demo" / "data"
EXPECTED = {"ml-100k": 0.225, str(RETAIL): 0.11}
"""The blend's NDCG@10 for people with a history, by data set."""

BLEND = re.compile(r"^  blend +NDCG@10 (\S+)", re.MULTILINE)


def main() -> None:
    """Runs everything; each prints as it goes, and quality has a table of its own at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recbole", help="a wheel of recbole, or where it is unpacked")
    given = parser.parse_args().recbole
    recbole = ["--recbole", given] if given else []
    run("bulk.py")
    run("serving.py", *recbole)
    run("large.py")
    print_table(
        [quality(name, recbole) for name in EXPECTED],
        ("what", "measured", "bar"),
        "The blend, people with a history",
    )


def run(script: str, *arguments: str) -> str:
    """Runs one of the benchmarks, showing what it prints; all of that."""
    command = [sys.executable, "-u", str(HERE / script), *arguments]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise SystemExit(f"{script} failed")
    return "".join(lines)


def quality(name: str, recbole: Sequence[str]) -> dict[str, object]:
    """Measures the quality on a data set; the line of the report."""
    # the first figure is that of people with a history
    found = BLEND.search(run("quality.py", name, *recbole))
    label = "Online Retail" if name == str(RETAIL) else name
    measured = float(found[1]) if found else None
    return {"what": f"{label}, NDCG@10", "measured": measured, "bar": EXPECTED[name]}


if __name__ == "__main__":
    main()
