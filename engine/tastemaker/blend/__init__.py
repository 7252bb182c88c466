"""The blend: candidates, calibration, the weight curve, and learning it. It knows only arrays."""

from tastemaker.blend.calibration import Calibrated, calibrate
from tastemaker.blend.candidates import DEPTH, Candidates, select_candidates
from tastemaker.blend.combination import Blended, blend, combine
from tastemaker.blend.curve import KNOTS, WeightCurve, uniform_weights
from tastemaker.blend.guarantee import Bucket
from tastemaker.blend.learning import (
    FittedWeights,
    RawWeights,
    apply_guarantee,
    fit_raw_weights,
    fit_weights,
)
from tastemaker.blend.scored_cases import ScoredCases
from tastemaker.blend.shrinkage import shrinkage_shares

__all__ = [
    "Blended",
    "Bucket",
    "Calibrated",
    "Candidates",
    "DEPTH",
    "FittedWeights",
    "KNOTS",
    "RawWeights",
    "ScoredCases",
    "WeightCurve",
    "apply_guarantee",
    "blend",
    "calibrate",
    "combine",
    "fit_raw_weights",
    "fit_weights",
    "select_candidates",
    "shrinkage_shares",
    "uniform_weights",
]
