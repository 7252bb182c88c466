"""The blend: candidates, calibration, the weight curve, and learning it. It knows only arrays."""

from tastemaker.blend.calibration import Calibrated, calibrate
from tastemaker.blend.candidates import DEPTH, Slate, shortlist
from tastemaker.blend.caution import caution
from tastemaker.blend.combination import Blended, blend, combine
from tastemaker.blend.curve import KNOTS, Curve, even
from tastemaker.blend.guarantee import Bucket
from tastemaker.blend.learning import Draft, Lesson, draft, learn, settled
from tastemaker.blend.trials import Trial

__all__ = [
    "Bucket",
    "Draft",
    "Lesson",
    "Trial",
    "caution",
    "draft",
    "learn",
    "settled",
    "DEPTH",
    "KNOTS",
    "Blended",
    "Calibrated",
    "Curve",
    "Slate",
    "blend",
    "calibrate",
    "shortlist",
    "combine",
    "even",
]
