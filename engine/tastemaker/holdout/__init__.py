"""Hold-out: splits, folds and held-out cases, for training, tuning, evaluation and benchmarks."""
