from __future__ import annotations

import numpy as np

from tastemaker import TrainingData
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.neural.keras_training import Shuffled
from tastemaker_plugins.neural.training_examples import HorizonBatches, TrainingExamples

NAN = float("nan")


def examples_of(
    histories: list[list[int]],
    n_items: int,
    *,
    length: int = 3,
    weights: list[list[float]] | None = None,
    epochs: int = 4,
    max_samples: int = 1000,
) -> TrainingExamples:
    times = [[NAN] * len(history) for history in histories]
    people = people_of(histories, n_items, times=times, weights=weights)
    data = TrainingData(items_of(n_items), people)
    return TrainingExamples.of(data, length, 1.0, epochs, max_samples)


def test_what_came_next_stands_beside_what_is_read() -> None:
    examples = examples_of([[5, 2, 5, 4]], 7)
    assert examples.numbers.tolist() == [0, 0, 1, 0, 2, 3, 0]
    assert examples.chosen.tolist() == [2, 4, 5]
    assert examples.read.tolist() == [[3, 1, 3], [0, 0, 0]]
    assert examples.next.tolist() == [[1, 3, 2], [0, 0, 3]]
    assert examples.next_weights.tolist() == [[1, 0, 1], [0, 0, 1]]
    assert examples.rows.tolist() == [0, 0]


def test_kinds_count_by_their_weight_and_not_at_all_below_nothing() -> None:
    examples = examples_of([[0, 1, 2, 3]], 4, weights=[[2.0, 0.0, 1.0, -1.0]])
    assert examples.chosen.tolist() == [0, 2]
    assert examples.read.tolist() == [[0, 1]]
    assert examples.read_weights.tolist() == [[0, 1.0]]
    assert np.allclose(examples.next_weights, [[2 / 1.5, 1 / 1.5]])
    assert examples.largest_weight == 2.0


def test_too_many_interactions_make_fewer_epochs() -> None:
    histories = [[0, 1, 2]] * 10
    assert examples_of(histories, 3, max_samples=120).epochs == 4
    assert examples_of(histories, 3, max_samples=90).epochs == 3
    short = examples_of(histories, 3, max_samples=30)
    assert short.epochs == 2
    assert len(short.read) == 5


def test_nothing_to_learn_makes_no_examples() -> None:
    assert examples_of([], 3).empty
    assert examples_of([[], []], 3).empty
    assert examples_of([[0, 1]], 3, weights=[[0.0, -1.0]]).empty
    assert not examples_of([[0]], 1).empty


def test_windows_are_no_longer_than_nine_in_ten_histories() -> None:
    histories = [[0, 1]] * 9 + [[0, 1, 2, 3, 4, 5]]
    assert examples_of(histories, 6, length=5).read.shape == (9 + 3, 2)


def test_the_shares_of_items_follow_their_counts() -> None:
    examples = examples_of([[0, 1], [0], [0]], 3)
    assert np.allclose(examples.shares, [4 / 6, 2 / 6])


def test_looking_ahead_moves_what_came_next_together() -> None:
    read = np.zeros((50, 4), dtype=np.int32)
    following = np.tile(np.array([1, 2, 3, 4], dtype=np.int32), (50, 1))
    batches = Shuffled((read, read, following, following * 10), 50, 0)
    (batch,) = HorizonBatches(batches, 2, 0)
    assert (batch[3] == 10 * batch[2]).all()
    assert {tuple(row) for row in batch[2].tolist()} == {(1, 2, 3, 4), (2, 3, 4, 0)}


def test_looking_no_further_than_the_next_one_changes_nothing() -> None:
    rows = tuple(np.arange(12, dtype=np.int32).reshape(3, 4) + part for part in range(4))
    for batch in HorizonBatches(Shuffled(rows, 3, 0), 1, 0):
        assert (batch[2] == batch[0] + 2).all()
