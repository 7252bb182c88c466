"""How much more diverse lists become by re-ranking, and what it costs in quality.

For every data set the blend of a few light members is learnt in memory, and recommends with several
strengths of diversity. Likeness within a list is measured by who chose the items in the training
data (1 - diversity@10), while re-ranking compares the vectors of one member: it never sees the
measure. `--part validation` keeps away from the test part: use it for decisions.

    python benchmarks/diversity.py ml-100k engine/tastemaker/demo/data FOLDER
"""

from __future__ import annotations

import argparse
from pathlib import Path

from datasets import known, load
from peers import cases_of
from quality import catalogue_of, split_of

from tastemaker.cli.output import print_table
from tastemaker.evaluation.diversity_curve import STRENGTHS, diversity_curve
from tastemaker.evaluation.models import train_models
from tastemaker.holdout.methods import HOLD_OUTS
from tastemaker.metrics.beyond_accuracy import Past
from tastemaker.plugin.registry import Registry
from tastemaker.progress import progress_bar
from tastemaker.training.fitting import choose
