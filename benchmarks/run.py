"""Every speed, memory and quality bar, one after another; a table of quality at the end.

Run it alone on the machine: `make benchmark`, or
`python benchmarks/run.py [--recbole PATH] [--ml-latest-small FOLDER]`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from datasets import load
from quality import report, split_of

from tastemaker.cli.output import print_table
from tastemaker.data import TrainingData

HERE = Path(__file__).parent
RETAIL = HERE.parent / "engine" / "tastemaker" / "demo" / "data"
BARS = {
    ("ml-100k", "time"): {"ndcg@10": 0.25, "recall@20": 0.31},
    ("ml-100k", "last"): {"ndcg@10": 0.112},
    ("ml-100k", "random"): {"ndcg@10": 0.467},
    ("Online Retail", "time"): {"ndcg@10": 0.13, "recall@20": 0.155},
    ("Online Retail", "last"): {"ndcg@10": 0.128},
    ("ml-latest-small", "time"): {},
}
"""What the blend should reach, by data set and split; a factor of the best if empty."""

FACTOR = 1.05
"""What the blend should reach, of the best of the others in the same run."""


def main() -> None:
    """Runs everything; each prints as it goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recbole", type=Path, help="a wheel of recbole, or where it is unpacked")
    parser.add_argument("--ml-latest-small", type=Path, help="a folder with its *.csv.gz")
    chosen = parser.parse_args()
    recbole = ["--recbole", str(chosen.recbole)] if chosen.recbole else []
    run("bulk.py")
    run("serving.py", *recbole)
    run("large.py")
    sets = {
        "ml-100k": load("ml-100k", chosen.recbole),
        "Online Retail": load(str(RETAIL)),
    }
    if chosen.ml_latest_small:
        sets["ml-latest-small"] = load(str(chosen.ml_latest_small))
    lines = [line for name, data in sets.items() for line in qualities(name, data)]
    print_table(lines, ("what", "measured", "bar"), "The blend, people with a history")


def run(script: str, *arguments: str) -> None:
    """Runs one of the other benchmarks."""
    subprocess.run([sys.executable, "-u", str(HERE / script), *arguments], check=True)


def qualities(name: str, data: TrainingData) -> Iterator[dict[str, object]]:
    """Measures the quality on a data set, beside its peers: a line for each bar."""
    for (title, split), bars in BARS.items():
        if title != name:
            continue
        figures = report(f"{name}, {split}", split_of(split, data), (), with_peers=True)
        for measure, bar in (bars or {"ndcg@10": FACTOR * figures["best other"]}).items():
            yield {"what": f"{name}, {split}, {measure}", "measured": figures[measure], "bar": bar}


if __name__ == "__main__":
    main()
