from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from tastemaker import Float64Array, PluginError, TrainingData
from tastemaker.recommender import no_progress
from tastemaker.testing import checkerboard, items_of, people_of
from tastemaker_plugins.item_item.clipping import GRID_STEP, clipped, contributions, newest_of_each
from tastemaker_plugins.item_item.ease_private import (
    EasePrivate,
    EasePrivateSettings,
    denoised,
    gram_sensitivity,
    noisy_gram,
    noisy_sums,
)

DAY = 86_400.0


def upper(row: Float64Array) -> Float64Array:
    return np.outer(row, row)[np.triu_indices(len(row))]


@pytest.mark.parametrize("norm", [1.0, 2.0, 3.0])
def test_nobody_changes_the_triangle_by_more_than_the_sensitivity(norm: float) -> None:
    rng = np.random.default_rng(0)
    rows = rng.random((2000, 12)) * (rng.random((2000, 12)) < rng.random((2000, 1)))
    shortened = clipped(csr_array(rows), norm).toarray()
    assert (np.linalg.norm(shortened, axis=1) <= norm).all()
    assert shortened.max() <= 1
    assert max(np.linalg.norm(upper(row)) for row in shortened) <= gram_sensitivity(norm)


def test_the_sensitivity_is_reached_by_as_many_ones_as_fit() -> None:
    assert np.linalg.norm(upper(np.ones(4))) == pytest.approx(gram_sensitivity(2.0))


def test_rows_are_shortened_to_the_norm_on_a_grid() -> None:
    rows = np.array([[1.0, 1, 1, 1], [0, 0.5, 0, 0], [1, 1, 0, 0]])
    found = clipped(csr_array(rows), 1.0).toarray()
    assert found[0] == pytest.approx([0.5, 0.5, 0.5, 0.5])
    assert found[1] == pytest.approx([0, 0.5, 0, 0])
    assert found[2, 0] == np.floor(0.5**0.5 / GRID_STEP) * GRID_STEP


def test_a_person_contributes_the_newest_items_alone() -> None:
    people = people_of([[0, 1, 2, 1, 3], [4], []], 5)
    assert newest_of_each(people, 2).presence().toarray().tolist() == [
        [0, 1, 0, 1, 0],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0],
    ]


def test_of_one_moment_chance_chooses_the_items() -> None:
    people = people_of([[0, 1, 2, 3]], 4, times=[[DAY, DAY, DAY, DAY]])
    drawn = [newest_of_each(people, 1).presence().indices.tolist() for _ in range(200)]
    assert {len(own) for own in drawn} == {1}
    assert {own[0] for own in drawn} == {0, 1, 2, 3}


def test_what_is_done_often_or_weighs_much_counts_as_one() -> None:
    people = people_of([[0, 0, 1, 2, 3]], 4, weights=[[0.7, 0.7, 5.0, 0.25, -1.0]])
    assert contributions(people).toarray() == pytest.approx(np.array([[1, 1, 0.25, 0]]))


def test_one_person_shifts_the_noisy_triangle_by_no_more_than_mu() -> None:
    """The best attack of all knows everybody else, and looks along what the person adds."""
    others, person = np.zeros((3, 4)), np.ones((1, 4))
    deviation = gram_sensitivity(2.0) / 0.8
    along = upper(person[0]) / np.linalg.norm(upper(person[0]))
    place = np.triu_indices(4)

    def seen(rows: Float64Array) -> Float64Array:
        found = [noisy_gram(csr_array(rows), deviation)[place] @ along for _ in range(1000)]
        return np.array(found)

    without, along_with = seen(others), seen(np.concatenate((others, person)))
    shift = (along_with.mean() - without.mean()) / np.sqrt((without.var() + along_with.var()) / 2)
    assert shift == pytest.approx(0.8, abs=0.23)  # five standard errors


def test_one_person_shifts_the_noisy_sums_by_no_more_than_mu() -> None:
    person = clipped(csr_array(np.ones((1, 16))), 2.0)
    along = np.ones(16) / 4
    found = np.array([noisy_sums(person, 2.0 / 0.8) @ along for _ in range(1000)])
    assert found.mean() / found.std() == pytest.approx(0.8, abs=0.2)  # five standard errors


def test_the_noisy_matrix_is_symmetric() -> None:
    gram = noisy_gram(csr_array(np.eye(5)), 1.0)
    assert np.array_equal(gram, gram.T)
    assert (gram != np.eye(5)).all()


def test_without_noise_nothing_is_taken_off() -> None:
    rows = np.random.default_rng(0).random((30, 8))
    assert np.allclose(denoised(rows.T @ rows, 0.0), rows.T @ rows)


def test_of_noise_alone_one_direction_stays_and_of_a_signal_its_own() -> None:
    signal = 40 * np.outer(np.ones(100), np.ones(100)) / 100
    found = denoised(signal + noisy_gram(csr_array((1, 100)), 1.0), 1.0)
    assert np.linalg.matrix_rank(found) <= 3
    assert np.linalg.norm(found - signal) < 20  # the noise has a norm of 100
    assert np.linalg.matrix_rank(denoised(np.zeros((5, 5)), 1.0)) == 1


def many_people(n_people: int) -> TrainingData:
    board = checkerboard()
    own = np.split(board.people.histories.items, board.people.histories.indptr[1:-1])
    rows = [own[person % 19].tolist() for person in range(n_people)]
    return TrainingData(board.items, people_of(rows, board.n_items))


def test_of_many_people_little_is_lost() -> None:
    data, board = many_people(4000), checkerboard()
    private = EasePrivate(EasePrivateSettings(epsilon=3.0)).fit(data, no_progress)
    scores = private.score(board.people)
    for person in range(len(board.people) - 1):
        others = np.arange(board.n_items) % 2 != person % 2
        assert scores[person, person % board.n_items] > scores[person, others].max()


def test_the_state_is_links_and_the_guarantee() -> None:
    settings = EasePrivateSettings(epsilon=2.0, delta=1e-5)
    state = EasePrivate(settings).fit(many_people(40), no_progress).state()
    assert set(state.arrays) == {"places", "links"}
    assert set(state.values) == {"n_items", "unit", "half_life", "epsilon", "delta"}
    assert (state.values["epsilon"], state.values["delta"]) == (2.0, 1e-5)


def test_which_items_are_known_is_as_noisy_as_the_rest() -> None:
    data = TrainingData(items_of(150), people_of([[item] for item in range(3)] * 2, 150))
    known = [EasePrivate().fit(data, no_progress).state().arrays["places"] for _ in range(3)]
    assert all(len(own) >= 100 for own in known)
    assert len({tuple(own.tolist()) for own in known}) == 3


def test_it_refuses_links_that_rest_on_several_people() -> None:
    with pytest.raises(PluginError, match="links rest on 5 people.*--links 1"):
        EasePrivate().fit(replace(many_people(40), support=5), no_progress)
