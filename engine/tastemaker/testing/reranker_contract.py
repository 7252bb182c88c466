"""The contract of re-rankers as a whole, what one does to the process, and what it costs."""

from __future__ import annotations

from functools import partial

from tastemaker.errors import PluginError
from tastemaker.plugin.guard import attempt
from tastemaker.testing.demands import demand
from tastemaker.testing.outcomes import KitReport, Step, results_of
from tastemaker.testing.process_state import disturbed
from tastemaker.testing.reranking import (
    MakeReranker,
    RerankerCheck,
    check_deterministic,
    check_first_places_stay,
    check_lists_are_independent,
    check_lists_stay,
    check_parts,
    check_reranker_description,
    check_rerankers_threads,
    check_settings_round_trip,
    ranked_items,
    seen_lists,
)
from tastemaker.testing.speed import quickest

LONGEST_ADJUST = 0.05
"""Seconds that a re-ranker may take for five short lists. Chosen, not measured."""


def check_reranker_leaves_process(make: MakeReranker) -> None:
    """No global is changed, no random numbers of others used, and nothing left running."""
    reranker, lists = make(), ranked_items()
    seen = seen_lists(reranker, lists)
    changes = disturbed(lambda: attempt(lambda: reranker.adjust(seen)))
    demand(not changes, f"adjust must leave the process alone: {'; '.join(changes)}")


def check_reranker_speed(make: MakeReranker) -> None:
    """A few short lists take next to no time."""
    reranker, lists = make(), ranked_items()
    seen = seen_lists(reranker, lists)
    seconds = quickest(lambda: reranker.adjust(seen))
    if seconds > LONGEST_ADJUST:
        raise PluginError(
            f"adjust took {seconds:.3g} s for {len(lists)} lists of {lists.items.shape[1]} items; "
            f"{LONGEST_ADJUST:g} s are allowed."
        )


FIRST_CHECKS: tuple[RerankerCheck, ...] = (
    check_reranker_description,
    check_parts,
    check_reranker_speed,
    check_lists_stay,
    check_deterministic,
)
"""Where one of these fails, the others would only repeat it."""

RERANKER_CONTRACT: tuple[RerankerCheck, ...] = (
    *FIRST_CHECKS,
    check_lists_are_independent,
    check_first_places_stay,
    check_rerankers_threads,
    check_settings_round_trip,
    check_reranker_leaves_process,
)
"""Everything a re-ranker must keep, a check each."""


def check_reranker(make: MakeReranker) -> KitReport:
    """Runs the whole contract.

    Args:
        make: the class, or a function that makes one where it needs arguments.

    Returns:
        What each check found.

    Raises:
        PluginError: every breach, and what the contract wants.
    """
    report = reranker_report(make)
    report.demand()
    return report


def reranker_report(make: MakeReranker) -> KitReport:
    """What each check of the contract finds."""
    return KitReport(tuple(results_of(reranker_steps(make))))


def reranker_steps(make: MakeReranker) -> list[Step]:
    """The checks of the contract, of one re-ranker."""
    return [
        Step(one.__name__, first_line(one), partial(one, make), one in FIRST_CHECKS)
        for one in RERANKER_CONTRACT
    ]


def first_line(check: RerankerCheck) -> str:
    """What a check demands, in one line."""
    return (check.__doc__ or "").strip().partition("\n")[0]
