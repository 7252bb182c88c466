"""What an application gets back: recommendations with their reasons, and how they came about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tastemaker.json_types import Json
from tastemaker.request.cursor import encode_cursor


class Reason(NamedTuple):
    """One item of the person's own history that a recommendation comes from.

    Attributes:
        item_id: the item of the history.
        title: its title; the id where it has none.
        amount: the part of the recommendation's score that it accounts for.
    """

    item_id: str
    title: str
    amount: float


class Recommendation(NamedTuple):
    """One recommended item.

    Attributes:
        item_id: the application's id of the item.
        score: the blended score; comparable within one answer only.
        title: the item's title; empty where it has none.
        contributions: each recommender's part of the score; they sum to it. Only if explained.
        reasons: the items of the history it comes from, the strongest first. Only if explained.
        why: the same in words. Only if explained.
        explored: whether exploration inserted it, because it is new: its score may be lower than
            the next one's.
    """

    item_id: str
    score: float
    title: str = ""
    contributions: Mapping[str, float] = {}
    reasons: tuple[Reason, ...] = ()
    why: str = ""
    explored: bool = False

    def as_dict(self) -> dict[str, Json]:
        """The fields by name, as `json.dumps` takes them."""
        return {
            "item_id": self.item_id,
            "title": self.title,
            "score": self.score,
            "contributions": dict(self.contributions),
            "reasons": [dict(reason._asdict()) for reason in self.reasons],
            "why": self.why,
            "explored": self.explored,
        }


@dataclass(frozen=True, slots=True)
class Details:
    """How an answer came about.

    Attributes:
        release: the number of the release that recommended; None where popularity did.
        history_length: how many interactions of the person were known.
        weights: each recommender's weight for a history of this length.
        problems: what kept a recommender, or a whole release, out of this answer.
    """

    release: int | None
    history_length: int
    weights: Mapping[str, float] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


class Answer(list[Recommendation]):
    """A list of recommendations, best first, that also says how it came about.

    Only what is `explored` may stand before something of a higher score.

    Attributes:
        details: which release recommended, on how much history, and what went wrong on the way.
    """

    def __init__(
        self,
        recommendations: Iterable[Recommendation],
        details: Details,
        shown: Collection[int] = (),
    ) -> None:
        super().__init__(recommendations)
        self.details = details
        self._shown = shown

    @property
    def after(self) -> str | None:
        """What `recommend(after=…)` needs for the next page; None where this is the last one."""
        return encode_cursor(self._shown) if self._shown else None

    def as_dict(self) -> dict[str, Json]:
        """The whole answer by the names of its fields, as `json.dumps` takes it."""
        details = self.details
        return {
            "release": details.release,
            "history_length": details.history_length,
            "weights": dict(details.weights),
            "problems": list(details.problems),
            "after": self.after,
            "recommendations": [one.as_dict() for one in self],
        }
