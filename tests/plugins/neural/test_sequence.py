from __future__ import annotations

import copy
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from tastemaker import Items, State, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import items_of, people_of
from tastemaker_plugins.neural.keras_training import Shuffled, keras_for
from tastemaker_plugins.neural.sampled_softmax import SampledNegatives
from tastemaker_plugins.neural.sequence import Sequence, SequenceSettings
from tastemaker_plugins.neural.sequence_network import SequenceNetwork
from tastemaker_plugins.neural.state_cache import StateCache
from tastemaker_plugins.neural.training_examples import TrainingExamples

N_ITEMS = 9
SMALL = SequenceSettings(
    embedding_size=16,
    history_length=6,
    dropout=0.0,
    id_dropout=0.0,
    epochs=60,
    learning_rate=0.02,
    batch_size=16,
)


def cycles() -> TrainingData:
    """People who go 0, 1, 2, 0, 1, 2 … or 3, 5, 4, 3, 5, 4 …; nobody chose item 6, 7 or 8."""
    rounds = ([0, 1, 2], [3, 5, 4])
    histories = [
        [rounds[person % 2][(person + step) % 3] for step in range(2 + person % 3)]
        for person in range(60)
    ]
    return TrainingData(items_of(N_ITEMS), people_of(histories, N_ITEMS))


@cache
def trained(reader: str) -> Sequence:
    return Sequence(replace(SMALL, recurrent_layer=reader)).fit(cycles(), no_progress)


@pytest.mark.parametrize("reader", ["gru", "lstm"])
@pytest.mark.parametrize(
    ("history", "following"),
    [([0], 1), ([1], 2), ([0, 1], 2), ([1, 2], 0), ([3], 5), ([3, 5], 4), ([5, 4], 3)],
)
def test_what_comes_next_depends_on_the_order(
    reader: str, history: list[int], following: int
) -> None:
    scores = trained(reader).score(people_of([history], N_ITEMS))[0]
    others = [item for item in range(6) if item not in (*history, following)]
    assert scores[following] > scores[others].max()


def test_the_newest_interactions_are_read_and_those_that_count() -> None:
    sequence = trained("gru")
    weights = [[1.0] * 8, [1.0] * 6, [1.0, -1.0, *[1.0] * 5]]
    people = people_of(
        [[3, 5, 0, 1, 2, 0, 1, 2], [0, 1, 2, 0, 1, 2], [0, 4, 1, 2, 0, 1, 2]],
        N_ITEMS,
        weights=weights,
    )
    scores = sequence.score(people)
    assert np.allclose(scores[0], scores[1], atol=1e-5, equal_nan=True)
    assert np.allclose(scores[2], scores[1], atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("reader", ["gru", "lstm"])
def test_a_history_that_grows_scores_as_if_it_were_read_anew(reader: str) -> None:
    """Beyond six interactions the window moves on, and what was read before is of no use."""
    sequence, whole = trained(reader), [0, 1, 2, 0, 1, 2, 0, 4, 2]
    weights = [1.0, 0.5, 1.0, 1.0, -1.0, 1.0, 0.5, 1.0, 1.0]
    items = np.arange(N_ITEMS)[np.newaxis]
    for end in (1, 2, 2, 3, 3, 5, 6, 7, 8, 9, 9, 4, 9):
        person = people_of([whole[:end]], N_ITEMS, weights=[weights[:end]])
        beside = people_of([whole[:end], [3]], N_ITEMS, weights=[weights[:end], [1.0]])
        sequence.cache = sequence.cache if end != 4 else StateCache()
        assert np.allclose(
            sequence.score_items(person, items)[0],
            sequence.score(beside)[0],
            rtol=1e-6,
            atol=1e-6,
            equal_nan=True,
        )
    assert 0 < len(sequence.cache) <= 9


def test_the_same_history_is_read_once() -> None:
    sequence = copy.copy(trained("gru"))
    sequence.cache = StateCache()
    person = people_of([[0, 1]], N_ITEMS)
    first = sequence.profiles(person)
    state = sequence.cache.get(np.array([0, 1], np.int32).tobytes())
    assert state is None  # the weights belong to what was read
    assert len(sequence.cache) == 1
    assert np.array_equal(sequence.profiles(person), first)
    assert len(sequence.cache) == 1
    lighter = people_of([[0, 1]], N_ITEMS, weights=[[1.0, 0.5]])
    assert not np.allclose(sequence.profiles(lighter), first)


def test_people_of_all_lengths_score_alike_together_and_alone() -> None:
    sequence = trained("gru")
    people = people_of([[0], [], [3, 5, 4, 3, 5, 4, 3], [1, 2], [7], [0, 1, 2]], N_ITEMS)
    together = sequence.score(people)
    for row in range(len(people)):
        alone = sequence.score(people.select(np.array([row])))[0]
        assert np.allclose(alone, together[row], rtol=1e-5, atol=1e-6, equal_nan=True)
    assert np.isnan(together[1]).all()


def test_what_an_older_release_stored_is_restored() -> None:
    sequence = trained("gru")
    state = sequence.state()
    arrays = dict(state.arrays) | {"bias": state.arrays["biases"]}
    del arrays["biases"]
    restored = Sequence.restore(State(arrays, state.values))
    people = people_of([[0, 1], [3]], N_ITEMS)
    assert np.allclose(restored.score(people), sequence.score(people), equal_nan=True)


def test_it_goes_on_from_where_another_one_has_ended() -> None:
    data = cycles()
    fewer = replace(data, people=data.people.take(data.people.histories.ages > 0))
    before = Sequence(replace(SMALL, epochs=40)).fit(fewer, no_progress)
    kept = before.items.vectors.copy()
    settings = replace(SMALL, epochs=3)
    warm = Sequence(settings).fit_from(data, no_progress, before)
    cold = Sequence(replace(SMALL, epochs=1)).fit(data, no_progress)
    people = people_of([[0, 1], [3, 5]], N_ITEMS)
    lead = [one.score(people)[[0, 1], [2, 4]] for one in (warm, cold)]
    assert (lead[0] > lead[1] + 1).all()
    assert warm.score(people)[:, :6].argmax(axis=1).tolist() == [2, 4]
    assert np.array_equal(before.items.vectors, kept)


def test_where_another_one_differs_it_learns_anew() -> None:
    settings = replace(SMALL, epochs=1)
    before = Sequence(replace(settings, embedding_size=8)).fit(cycles(), no_progress)
    warm = Sequence(settings).fit_from(cycles(), no_progress, before)
    assert np.array_equal(
        warm.items.vectors, Sequence(settings).fit(cycles(), no_progress).items.vectors
    )


def test_it_abstains_without_a_known_item_in_the_history() -> None:
    sequence = Sequence(replace(SMALL, epochs=1)).fit(
        TrainingData(mute(3), people_of([[0, 1]] * 5, 3)), no_progress
    )
    scores = sequence.score(people_of([[], [2], [0]], 3))
    assert np.isnan(scores[:2]).all()
    assert np.isnan(scores[2]).tolist() == [False, False, True]


def mute(n_items: int) -> Items:
    """Items without words or attributes."""
    nothing = ("",) * n_items
    return Items(tuple(map(str, range(n_items))), nothing, nothing)


def test_items_added_later_are_placed_by_their_content() -> None:
    """People read blue things after blue ones and red things after red ones."""
    colours = [("blue", "red")[item % 2] for item in range(12)]
    histories = [
        [(person % 2) + 2 * ((person + step * 5) % 6) for step in range(5)] for person in range(80)
    ]
    items = coloured(colours)
    settings = replace(SMALL, id_dropout=0.5, epochs=15)
    sequence = Sequence(settings).fit(TrainingData(items, people_of(histories, 12)), no_progress)
    sequence.extend(coloured(["blue", "red"], first=12))
    scores = sequence.score(people_of([[0, 2, 4], [1, 3, 5], [12]], 14))
    assert scores[0, 12] > scores[0, 13]
    assert scores[1, 13] > scores[1, 12]
    assert scores[2, :12:2].mean() > scores[2, 1:12:2].mean()


def coloured(colours: list[str], first: int = 0) -> Items:
    ids = tuple(f"thing {number}" for number in range(first, first + len(colours)))
    nothing = ("",) * len(colours)
    return Items(ids, nothing, nothing, {"colour": tuple((colour,) for colour in colours)})


@pytest.mark.parametrize("reader", ["gru", "lstm"])
def test_numpy_scores_what_keras_predicts(reader: str) -> None:
    data = cycles()
    weights = [[1.0, 0.5, 1.0, 2.0][: len(row)] for row in histories_of(data)]
    people = people_of(histories_of(data), N_ITEMS, weights=weights)
    data = replace(data, people=people)
    sequence = Sequence(replace(SMALL, recurrent_layer=reader, epochs=1)).fit(data, no_progress)
    examples = TrainingExamples.of(
        data, SMALL.history_length, SMALL.time_decay, 1, SMALL.max_samples
    )
    content = sequence.content.read(data.items)
    rows = (examples.read, examples.read_weights, examples.next, examples.next_weights)
    with keras_for(0) as keras:
        negatives = SampledNegatives(Shuffled(rows, 16, 0), examples.shares, 10, 0)
        network = SequenceNetwork(
            keras,
            content[examples.chosen],
            examples.shares,
            negatives.log_expected,
            sequence.shape(),
        )
        draw = np.random.default_rng(0)
        for variable in network.variables:
            variable.assign(draw.normal(size=variable.shape).astype(np.float32))
        sequence.assemble(examples, content, network.weights())
        whole = people.take(people.histories.ages > 0)  # what is read before the newest
        expected = np.asarray(keras_scores(network, examples))
    found = sequence.score(whole)[:, examples.chosen]
    for row, person in enumerate(examples.rows):
        if np.isfinite(found[person]).all():
            assert np.allclose(found[person], expected[row], rtol=1e-4, atol=1e-4)
    assert np.isfinite(found).all(axis=1).sum() > 20


def histories_of(data: TrainingData) -> list[list[int]]:
    histories = data.people.histories
    return [part.tolist() for part in np.split(histories.items, histories.indptr[1:-1])]


def keras_scores(network: SequenceNetwork, examples: TrainingExamples) -> Any:
    """(n_windows, n_chosen) what Keras makes of all that is read."""
    everything = np.arange(1, len(examples.chosen) + 1)
    expected = network.expect(examples.read, examples.read_weights)[:, -1]
    return expected @ network.vectors(everything).numpy().T + network.bias(everything)[:, 0]


def test_the_same_seed_learns_the_same_and_another_one_something_else() -> None:
    settings = replace(SMALL, epochs=2)
    one, same, other = (
        Sequence(settings).fit(replace(cycles(), seed=seed), no_progress).items.vectors
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.allclose(one, other, atol=1e-2)


def test_memory_grows_with_the_items_and_the_negatives() -> None:
    few = Sequence().memory(cycles())
    many = Sequence().memory(replace(cycles(), items=items_of(2000)))
    wide = Sequence(SequenceSettings(n_negatives=10_000)).memory(cycles())
    assert few < many < 2_000_000_000
    assert few < wide
