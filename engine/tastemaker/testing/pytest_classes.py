"""The contracts as classes for pytest: a test for each check, and one failure for one fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar
from unittest import SkipTest

from tastemaker.data import TrainingData
from tastemaker.errors import PluginError
from tastemaker.recommender import Recommender
from tastemaker.reranker import Reranker
from tastemaker.settings import Settings
from tastemaker.testing.contract import CONTRACT, recommender_report
from tastemaker.testing.outcomes import CheckResult, KitReport
from tastemaker.testing.reranker_contract import RERANKER_CONTRACT, first_line, reranker_report
from tastemaker.testing.samples import assortment
from tastemaker.testing.subject import Subject


class _Contract:
    """A test for each check; the report is made once for all of them."""

    _made: ClassVar[KitReport]

    @classmethod
    def report(cls) -> KitReport:
        """What each check found, made at the first call."""
        made = vars(cls).get("_made")  # that of a class it derives from is another's
        if made is None:
            made = cls._made = cls._make()
        return made

    @classmethod
    def _make(cls) -> KitReport:
        raise NotImplementedError


def _test_of(check: str, wish: str) -> Callable[[_Contract], None]:
    def test(self: _Contract) -> None:
        __tracebackhide__ = True  # the message says it all
        (result,) = [one for one in self.report().results if one.check == check]
        _tell(result)

    test.__doc__ = wish
    return test


def _tell(result: CheckResult) -> None:
    __tracebackhide__ = True
    if result.outcome == "skipped":
        raise SkipTest(result.message)
    if result.outcome == "failed":
        raise PluginError(result.message)


class RecommenderContract(_Contract):
    """Derive a test class from it: pytest runs a test for each check of a recommender.

    Attributes:
        recommender: the class that is checked.
        settings: its settings; the class's defaults where None.
    """

    recommender: ClassVar[type[Recommender]]
    settings: ClassVar[Settings | None] = None

    @classmethod
    def data(cls) -> TrainingData:
        """What it learns from: give other data where it learns nothing from these."""
        return assortment()

    @classmethod
    def _make(cls) -> KitReport:
        return recommender_report(Subject(cls.recommender, cls.settings, cls.data()))


class RerankerContract(_Contract):
    """Derive a test class from it: pytest runs a test for each check of a re-ranker.

    Attributes:
        reranker: the class that is checked.
    """

    reranker: ClassVar[type[Reranker]]

    @classmethod
    def _make(cls) -> KitReport:
        return reranker_report(cls.reranker)


def _has_tests(kind: type[_Contract], wishes: Mapping[str, str]) -> None:
    for check, wish in wishes.items():
        setattr(kind, check.replace("check_", "test_"), _test_of(check, wish))


_has_tests(RecommenderContract, {one.__name__: one.wish for one in CONTRACT})
_has_tests(RerankerContract, {one.__name__: first_line(one) for one in RERANKER_CONTRACT})
