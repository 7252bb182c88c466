"""Progress of a run: it only grows while fits and other work go on, and ends at the end."""

from __future__ import annotations

from tastemaker.training.steps import FIT_PARTS, Steps

Told = list[tuple[float, str]]


def test_fits_and_other_work_move_the_bar() -> None:
    told: Told = []

    def note(done: int, total: int, what: str = "") -> None:
        told.append((done / total, what))

    steps = Steps(note, 4, 4)
    steps.of("ease")(1, 2, "half")
    learning = steps.of_others("learning the blend", 4)
    for number in range(1, 5):
        learning(number, 4)
    steps.expect(3)
    for name in ("a", "b", "c"):
        steps.of(name)(1, 1)
    assert told[1] == (0.5 / 8, "fitting ease: half")
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    blend = [share for share, what in told if what == "learning the blend"]
    assert blend == [1 / 8, 2 / 8, 3 / 8, 4 / 8, 5 / 8]


def test_more_than_was_expected_does_not_pass_the_end() -> None:
    told: list[int] = []

    def note(done: int, total: int, what: str = "") -> None:
        told.append(total - done)

    steps = Steps(note, 0, 0)
    steps.of("ease")(1, 1)
    steps.of_others("learning", 2)(1, 1)
    steps.show("saving")
    assert min(told) == 0
    assert told[-1] == 0
    assert told[0] == FIT_PARTS
