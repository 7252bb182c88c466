"""The blend: candidates, calibration, the weight curve, and learning it. It knows only arrays."""

from tastemaker.blend.blended import Blended, stack_people
from tastemaker.blend.calibration import Calibrated, calibrate
from tastemaker.blend.candidates import Candidates, select_candidates
from tastemaker.blend.combination import (
    blend_candidates,
    blend_scores,
    combine,
)
from tastemaker.blend.curve import KNOTS, WeightCurve, uniform_weights
from tastemaker.blend.guarantee import apply_guarantee
from tastemaker.blend.learning import RawWeights, fit_raw_weights, fit_weights
from tastemaker.blend.member_subset import keep_members
from tastemaker.blend.scored_cases import ScoredCases, stack_cases
from tastemaker.blend.shrinkage import shrinkage_shares
from tastemaker.blend.step_functions import StepFunctions

__all__ = [
    "Blended",
    "Calibrated",
    "Candidates",
    "KNOTS",
    "RawWeights",
    "ScoredCases",
    "StepFunctions",
    "WeightCurve",
    "apply_guarantee",
    "blend_candidates",
    "blend_scores",
    "calibrate",
    "combine",
    "fit_raw_weights",
    "fit_weights",
    "keep_members",
    "select_candidates",
    "shrinkage_shares",
    "stack_cases",
    "stack_people",
    "uniform_weights",
]
