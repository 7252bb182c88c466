"""The quality of training data: what is odd about it, and what training makes of that.

Bounds are wide on purpose: ordinary data passes untouched. They were chosen, not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from tastemaker.data import BoolArray, Float32Array, Histories, Int64Array, People, TrainingData
from tastemaker.training.bursts import in_bursts

REPEAT_SECONDS = 1.0
"""The same person, item and kind again within so many seconds count once."""

CLIP_FACTOR = 10.0
"""A value is clipped beyond this multiple of the one that 99 % of its kind stay below."""

ENOUGH = 100
"""Of fewer values, or fewer people, nothing is called unusual."""

BUSY_FACTOR = 20.0
"""A person with this many times the interactions that 99 % of the people stay below is implausible
…"""

BUSY_AT_LEAST = 1000
"""… if there are at least so many."""

MOST_LEARNT_FROM = 1000
"""Of a person so many interactions are learnt from at most, the newest: nobody alone outweighs the
others. Chosen: people of MovieLens and of Online Retail hardly ever have more."""

MOST_IN_AN_HOUR = 5000
"""More interactions than this within an hour are implausible for a person."""

MAJORITY = 0.5
"""What more than this share of all interactions is part of is no exception."""

_HOUR, _DAY = 3600.0, 86_400.0

PAUSE_SECONDS, PAUSE_SHARE = 30 * _DAY, 0.1
"""A pause is reported if it is longer than this, and than this share of all the time there is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of the data.

    Attributes:
        check: what was looked for.
        found: how often it was found.
        detail: in words, what it is.
        done: in words, what training does about it.
    """

    check: str
    found: int
    detail: str
    done: str


Announce = Callable[[Sequence[Finding]], object]
"""Called with what is odd about the data."""


def ignore_findings(findings: Sequence[Finding]) -> None:
    """An Announce that does nothing."""


@dataclass(frozen=True)
class Examined:
    """Training data after the checks, and what they found.

    Attributes:
        data: what may be learnt from.
        findings: one for each thing that is odd.
    """

    data: TrainingData
    findings: tuple[Finding, ...]


def examine(data: TrainingData, now: float) -> Examined:
    """Looks for what is odd, and sets aside what would mislead.

    Everybody keeps their place; only interactions are left out, and only for training.

    Args:
        data: as the store has it.
        now: seconds since 1970 UTC.
    """
    people, findings = data.people, list[Finding]()
    for check in (_future, _repeats, _implausible, _longest, _bursts):
        people, finding = check(people, now)
        findings.extend([finding] if finding else [])
    people, few = _few(people, data.support)
    people, clipped = _clipped(people, data.kinds)
    others = (few, clipped, _untimed(people), _pause(people), _unseen(people))
    findings.extend(finding for finding in others if finding)
    return Examined(replace(data, people=people), tuple(findings))


def _future(people: People, now: float) -> tuple[People, Finding | None]:
    """Times after tomorrow; one of them would make all the rest look old."""
    ahead = people.times > now + _DAY
    found, detail = int(ahead.sum()), "interactions in the future"
    if not found:
        return people, None
    if found > MAJORITY * len(ahead):
        return people, Finding("times", found, detail, "nothing, as most are: check the unit")
    return people.take(~ahead), Finding("times", found, detail, "left out")


def _repeats(people: People, now: float) -> tuple[People, Finding | None]:
    """The same person, item and kind again within a second, as by a double click."""
    histories = people.histories
    n_kinds = int(people.kinds.max(initial=0)) + 1
    keys = (histories.rows * people.n_items + histories.items) * n_kinds + people.kinds
    # a history is in the order of time already, which a stable sort keeps
    order = np.argsort(keys, kind="stable")
    same = np.diff(people.times[order]) <= REPEAT_SECONDS
    same &= np.diff(keys[order]) == 0
    if not same.any():
        return people, None
    keep = np.ones(len(order), dtype=np.bool_)
    keep[order[1:][same]] = False
    detail = "interactions repeat one of the same person, item and kind within a second"
    return people.take(keep), Finding("duplicates", int(same.sum()), detail, "counted once")


def _implausible(people: People, now: float) -> tuple[People, Finding | None]:
    """People who choose far more, or far faster, than a person does."""
    lengths = people.histories.lengths
    busy = _busy(lengths) | _rushed(people)
    if not busy.any():
        return people, None
    share = lengths[busy].sum() / lengths.sum()
    detail = f"people with implausible activity: up to {lengths[busy].max():,} interactions"
    found = int(busy.sum())
    if share > MAJORITY:
        return people, Finding("people", found, detail, "nothing, as most of the data is theirs")
    done = f"left out of training ({share:.1%} of all interactions); they are still recommended to"
    finding = Finding("people", found, detail, done)
    return people.take(~busy[people.histories.rows]), finding


def _busy(lengths: Int64Array) -> BoolArray:
    """(n_people,) bool who has a history many times as long as nearly everybody's."""
    active = lengths[lengths > 0]
    if len(active) < ENOUGH:
        return np.zeros(len(lengths), dtype=np.bool_)
    return np.asarray(lengths > max(BUSY_FACTOR * np.quantile(active, 0.99), BUSY_AT_LEAST))


def _rushed(people: People) -> BoolArray:
    """(n_people,) bool who did more within an hour than a person can; not where times are dates."""
    times, rows = people.times, people.histories.rows
    rushed = np.zeros(len(people), dtype=np.bool_)
    finite = times[np.isfinite(times)]
    if not len(finite) or not (finite % _DAY).any():
        return rushed
    # histories are in the order of time: compare each with the one MOST_IN_AN_HOUR places on
    later, sooner = slice(MOST_IN_AN_HOUR, None), slice(None, -MOST_IN_AN_HOUR)
    quick = (times[later] - times[sooner] < _HOUR) & (rows[later] == rows[sooner])
    rushed[rows[sooner][quick]] = True
    return rushed


def _longest(people: People, now: float) -> tuple[People, Finding | None]:
    """People of whom more is known than one person's share of what is learnt."""
    found = int(np.count_nonzero(people.histories.lengths > MOST_LEARNT_FROM))
    if not found:
        return people, None
    detail = f"people with more than {MOST_LEARNT_FROM:,} interactions"
    done = f"only the newest {MOST_LEARNT_FROM:,} of each are learnt from"
    return people.newest(MOST_LEARNT_FROM), Finding("people", found, detail, done)


def _bursts(people: People, now: float) -> tuple[People, Finding | None]:
    """Items that rise beyond what has ever lasted: they may be gone tomorrow."""
    beyond = in_bursts(people)
    if not beyond.any():
        return people, None
    found = len(np.unique(people.histories.items[beyond]))
    detail = "items were suddenly chosen far more often, as none was for long before"
    done = f"{np.count_nonzero(beyond):,} of these choices are not learnt from, until they last"
    return people.take(~beyond), Finding("bursts", found, detail, done)


def _few(people: People, support: int) -> tuple[People, Finding | None]:
    """Items that fewer people chose than what is learnt must rest on."""
    if support <= 1:
        return people, None
    counts = np.bincount(people.presence().indices, minlength=people.n_items)
    few = (counts > 0) & (counts < support)
    found = int(few.sum())
    if not found:
        return people, None
    detail = f"items that fewer than {support:,} people chose"
    finding = Finding("items", found, detail, "nothing is learnt from who chose them")
    return people.take(~few[people.histories.items]), finding


def _clipped(people: People, kinds: Sequence[str]) -> tuple[People, Finding | None]:
    """Values far beyond what is usual for their kind, brought back to the bound."""
    values = people.histories.values.copy()
    clipped: list[str] = []
    for kind in np.unique(people.kinds).tolist():
        own = people.kinds == kind
        if np.count_nonzero(own) < ENOUGH:
            continue
        bound = CLIP_FACTOR * float(np.quantile(np.abs(values[own]), 0.99))
        far = own & (np.abs(values) > bound)
        if bound > 0 and far.any():
            name = kinds[kind] if kind < len(kinds) else "interaction"
            largest = np.abs(values[far]).max()
            clipped.append(f"{name} up to {largest:,.6g}, clipped to {bound:,.6g}")
            np.clip(values, -bound, bound, out=values, where=own)
    changed = int(np.count_nonzero(values != people.histories.values))
    if not changed:
        return people, None
    detail = "values far beyond the usual"
    return _valued(people, values), Finding("values", changed, detail, "; ".join(clipped))


def _valued(people: People, values: Float32Array) -> People:
    own = people.histories
    return replace(people, histories=Histories(own.indptr, own.items, values, own.n_items))


def _untimed(people: People) -> Finding | None:
    missing = int(np.count_nonzero(~np.isfinite(people.times)))
    if not missing:
        return None
    detail = f"interactions without a time ({missing / len(people.times):.1%})"
    return Finding("times", missing, detail, "taken as the oldest")


def _pause(people: People) -> Finding | None:
    """The longest time in which nobody did anything."""
    times = np.unique(people.times[np.isfinite(people.times)])
    if len(times) < 2:
        return None
    gaps = np.diff(times)
    place, longest = int(np.argmax(gaps)), float(gaps.max())
    if longest < max(PAUSE_SECONDS, PAUSE_SHARE * (times[-1] - times[0])):
        return None
    detail = f"a pause of {longest / _DAY:,.0f} days after {_day(times[place])}"
    return Finding("times", 1, detail, "nothing; measures across it may mislead")


def _day(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    except (OverflowError, ValueError, OSError):
        return f"second {seconds:,.0f}"


def _unseen(people: People) -> Finding | None:
    counts = np.bincount(people.histories.items, minlength=people.n_items)
    unseen = int(np.count_nonzero(counts == 0))
    if not unseen:
        return None
    detail = f"items that nobody has chosen ({unseen / people.n_items:.1%})"
    return Finding("items", unseen, detail, "only their text and attributes can place them")
