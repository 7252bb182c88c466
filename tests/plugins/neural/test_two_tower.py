from __future__ import annotations

import copy
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from tastemaker import Items, People, State, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import checkerboard, items_of, people_of, scored, trained
from tastemaker_plugins.neural.keras_training import Shuffled, keras_for
from tastemaker_plugins.neural.sampled_softmax import SampledNegatives
from tastemaker_plugins.neural.towers import TwoTowers
from tastemaker_plugins.neural.training_examples import TrainingExamples
from tastemaker_plugins.neural.two_tower import TwoTower, TwoTowerSettings

N_ITEMS = 12
SMALL = TwoTowerSettings(
    embedding_size=16,
    hidden_size=16,
    history_length=6,
    dropout=0.0,
    id_dropout=0.3,
    epochs=25,
    learning_rate=0.02,
    batch_size=16,
)
COLOURS = [("blue", "red")[item % 2] for item in range(N_ITEMS)]


def coloured(colours: list[str], first: int = 0) -> Items:
    """Items of which nothing but their colour is known."""
    ids = tuple(f"thing {number}" for number in range(first, first + len(colours)))
    nothing = ("",) * len(colours)
    return Items(ids, nothing, nothing, {"colour": tuple((colour,) for colour in colours)})


def two_teams() -> TrainingData:
    """People of the blue team chose blue things (even), those of the red team red ones (odd)."""
    draw = np.random.default_rng(0)
    histories = [(person % 2 + 2 * draw.permutation(6)[:4]).tolist() for person in range(80)]
    people = people_of(histories, N_ITEMS)
    teams = tuple((("blue", "red")[person % 2],) for person in range(80))
    return TrainingData(coloured(COLOURS), replace(people, features={"team": teams}))


def team_of(histories: list[list[int]], teams: list[str | None], n_items: int = N_ITEMS) -> People:
    column = tuple(() if team is None else (team,) for team in teams)
    return replace(people_of(histories, n_items), features={"team": column})


@cache
def fitted(loss: str) -> TwoTower:
    return TwoTower(replace(SMALL, loss=loss)).fit(two_teams(), no_progress)


@pytest.mark.parametrize("loss", ["cross-entropy", "mse"])
def test_a_feature_alone_separates_two_groups(loss: str) -> None:
    scores = fitted(loss).score(team_of([[], []], ["blue", "red"]))
    assert scores[0, ::2].min() > scores[0, 1::2].max()
    assert scores[1, 1::2].min() > scores[1, ::2].max()


@pytest.mark.parametrize("loss", ["cross-entropy", "mse"])
def test_a_history_alone_separates_them_too(loss: str) -> None:
    scores = fitted(loss).score(team_of([[0, 2], [1, 3]], [None, None]))
    assert scores[0, 4::2].min() > scores[0, 5::2].max()
    assert scores[1, 5::2].min() > scores[1, 4::2].max()


def test_it_abstains_where_nothing_is_known() -> None:
    scores = fitted("cross-entropy").score(team_of([[], [], [0]], [None, "unknown", None]))
    assert np.isnan(scores[:2]).all()
    assert np.isfinite(scores[2]).all()


def test_items_added_later_are_placed_by_their_content() -> None:
    recommender = TwoTower(SMALL).fit(two_teams(), no_progress)
    recommender.extend(coloured(["blue", "red", "grey"], first=N_ITEMS))
    scores = recommender.score(team_of([[], [1, 3]], ["blue", None], N_ITEMS + 3))
    assert scores[0, N_ITEMS] > scores[0, N_ITEMS + 1]
    assert scores[1, N_ITEMS + 1] > scores[1, N_ITEMS]
    assert np.isnan(scores[:, N_ITEMS + 2]).all()


def test_even_people_are_offered_the_even_item_they_left_out() -> None:
    data = checkerboard()
    recommender = TwoTower(replace(SMALL, epochs=40)).fit(data, no_progress)
    scores = scored(recommender, data.people)
    for person in range(len(data.people) - 1):
        others = np.arange(data.n_items) % 2 != person % 2
        assert scores[person, person % data.n_items] > scores[person, others].max()


def test_mse_learns_the_values_that_were_recorded() -> None:
    """Everybody rates the even items 5 and the odd ones 1."""
    histories = [[(person + step) % 6 for step in range(5)] for person in range(60)]
    people = people_of(histories, 6)
    values = np.where(people.histories.items % 2, 1, 5).astype(np.float32)
    people = replace(people, histories=replace(people.histories, values=values))
    data = TrainingData(coloured(COLOURS[:6]), people)
    recommender = TwoTower(replace(SMALL, loss="mse")).fit(data, no_progress)
    scores = recommender.score(people_of([[0, 1]], 6))[0]
    assert scores[[2, 4]].min() > scores[[3, 5]].max()


@pytest.mark.parametrize("loss", ["cross-entropy", "mse"])
def test_numpy_scores_what_keras_predicts(loss: str) -> None:
    data = two_teams()
    recommender = TwoTower(replace(SMALL, loss=loss, epochs=1)).fit(data, no_progress)
    examples = TrainingExamples.of(
        data, SMALL.history_length, SMALL.time_decay, 1, SMALL.max_samples
    )
    content = recommender.content.read(data.items)
    features = recommender.features.read(data.people)
    with keras_for(0) as keras:
        negatives = SampledNegatives(Shuffled((examples.read,), 16, 0), examples.shares, 20, 0)
        chosen, shape = content[examples.chosen], recommender.shape()
        towers = TwoTowers(keras, chosen, features, negatives, examples.shares, shape)
        draw = np.random.default_rng(0)
        for variable in towers.variables:
            variable.assign(draw.normal(size=variable.shape).astype(np.float32))
        recommender.assemble(examples, content, towers.weights())
        expected = keras_scores(keras, towers, examples)
    before_the_newest = data.people.take(data.people.histories.ages > 0)
    found = recommender.score(before_the_newest)[examples.rows][:, examples.chosen]
    assert np.allclose(found, expected, rtol=1e-4, atol=1e-4)


def keras_scores(keras: Any, towers: TwoTowers, examples: TrainingExamples) -> Any:
    """(n_windows, n_chosen) what Keras makes of all that is read."""
    everything = np.arange(1, len(examples.chosen) + 1, dtype=np.int32)
    histories = towers.history(keras.ops.convert_to_tensor(examples.read), examples.read_weights)
    persons = towers.people(histories[:, -1], examples.rows)
    scores = persons @ keras.ops.transpose(towers.items(everything))
    return np.asarray(scores + towers.bias(everything))


def test_the_same_seed_learns_the_same_and_another_one_something_else() -> None:
    settings = replace(SMALL, epochs=1)
    one, same, other = (
        TwoTower(settings).fit(replace(two_teams(), seed=seed), no_progress).items.vectors
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.allclose(one, other, atol=1e-2)


def test_some_items_score_and_are_retrieved_as_among_all() -> None:
    recommender, items = fitted("cross-entropy"), np.array([[3, 3, 0], [11, 1, 2], [0, 1, 2]])
    people = team_of([[0, 2], [1], []], ["blue", None, "unknown"])
    scores = recommender.score(people)
    found = recommender.score_items(people, items)
    assert np.allclose(found, np.take_along_axis(scores, items, axis=1), 1e-5, equal_nan=True)
    best = recommender.retrieve(people, 3)
    assert best.tolist() == [*np.argsort(-scores[:2], axis=1)[:, :3].tolist(), [-1, -1, -1]]


def test_what_an_older_release_stored_is_restored() -> None:
    recommender = copy.copy(fitted("cross-entropy"))
    state = recommender.state()
    names = {"history_vectors": "inputs", "biases": "bias"}
    arrays = {names.get(name, name): array for name, array in state.arrays.items()}
    del arrays["vectors"]  # they were computed
    arrays["chosen bias"] = recommender.weights.bias
    values = {name: value for name, value in state.values.items() if name != "typical_bias"}
    restored = TwoTower.restore(State(arrays, values))
    for one in (restored, recommender):
        one.extend(coloured(["blue"], first=N_ITEMS))
    longer = team_of([[0, 2], [12], []], [None, "red", None], N_ITEMS + 1)
    assert np.allclose(restored.score(longer), recommender.score(longer), equal_nan=True)


def test_it_goes_on_from_where_another_one_has_ended() -> None:
    data = two_teams()
    fewer = replace(data, people=data.people.take(data.people.histories.ages > 0))
    before = TwoTower(SMALL).fit(fewer, no_progress)
    people = team_of([[0, 2], [1, 3]], [None, None])
    leads = []
    for start in (before, None):
        own = TwoTower(replace(SMALL, epochs=2))
        one = own.fit_from(data, no_progress, start) if start else own.fit(data, no_progress)
        scores = one.score(people)
        leads.append(scores[0, 4::2].min() - scores[0, 5::2].max())
    assert leads[0] > max(0, leads[1])


def test_alike_are_items_chosen_by_the_same_people() -> None:
    likeness = fitted("cross-entropy").similar(0)
    assert likeness[2::2].min() > likeness[1::2].max()


def test_without_any_interaction_everything_scores_nan() -> None:
    data = TrainingData(items_of(3), people_of([[], []], 3))
    assert np.isnan(scored(trained(TwoTower, data), people_of([[0]], 3))).all()
