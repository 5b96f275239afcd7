from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.latent_statistics import LatentStatistics
from model.latents.directions import (
    Direction,
    Directions,
    local_directions,
    principal_directions,
    project_out,
    spread_along,
)

Floats = NDArray[np.float32]
SIZE = 12


def some_latents(count: int = 300) -> Floats:
    random = np.random.default_rng(0)
    mixing = random.normal(size=(SIZE, SIZE))
    return np.asarray(random.normal(size=(count, SIZE)) @ mixing + 2, np.float32)


def some_directions(count: int, seed: int = 0) -> Directions:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, SIZE))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    items = [
        Direction(f"D{number}", "own", vector.astype(np.float32), 0.5 + number)
        for number, vector in enumerate(vectors)
    ]
    return Directions(tuple(items), random.normal(size=SIZE).astype(np.float32))


@pytest.mark.parametrize(("length", "sigma"), [(2.0, 1.0), (0.0, 1.0), (1.0, 0.0), (1.0, np.nan)])
def test_a_direction_is_a_unit_vector_with_a_spread(length: float, sigma: float) -> None:
    vector = np.eye(3, dtype=np.float32)[0] * np.float32(length)
    with pytest.raises(ValueError, match="“Smile”"):
        Direction("Smile", "own", vector, sigma)


def test_directions_of_another_latent_size_are_refused() -> None:
    with pytest.raises(ValueError, match="another size"):
        Directions(some_directions(1).items, np.zeros(3, np.float32))


def test_principal_directions_are_those_of_the_statistics() -> None:
    statistics = LatentStatistics.fit(some_latents())
    directions = principal_directions(statistics)
    latent = some_latents()[7]
    assert len(directions) == SIZE
    along = statistics.directions @ (latent - statistics.mean) / statistics.sigma
    np.testing.assert_allclose(directions.coordinates(latent), along, atol=1e-4)
    moved = directions.moved(latent, {3: 2.0})
    along[3] = 2.0
    np.testing.assert_allclose(directions.coordinates(moved), along, atol=1e-3)


def test_the_spread_along_a_direction_is_that_of_the_latents() -> None:
    latents = some_latents()
    vector = some_directions(1)[0].vector
    expected = (latents @ vector).std(ddof=1)
    found = spread_along(LatentStatistics.fit(latents), vector)
    assert found == pytest.approx(expected, rel=1e-3)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    locked=st.sets(st.integers(0, 5), max_size=4),
    targets=st.dictionaries(st.integers(0, 5), st.floats(-4, 4), min_size=1, max_size=3),
)
def test_targets_are_met_and_locked_coordinates_stay(
    seed: int, locked: set[int], targets: dict[int, float]
) -> None:
    directions = some_directions(6, seed)
    latent = np.random.default_rng(seed).normal(size=SIZE).astype(np.float32)
    before = directions.coordinates(latent)
    moved = directions.moved(latent, targets, sorted(locked))
    after = directions.coordinates(moved)
    for index in locked:
        assert after[index] == pytest.approx(before[index], abs=2e-3)
    free = {index: value for index, value in targets.items() if index not in locked}
    if len(free) == 1:
        (index,) = free
        if directions.movable(sorted(locked))[index]:
            assert after[index] == pytest.approx(free[index], abs=5e-3)
        else:
            np.testing.assert_array_equal(moved, latent)


def test_several_move_at_once_by_the_shortest_way() -> None:
    directions, latent = some_directions(4), np.zeros(SIZE, np.float32)
    moved = directions.moved(latent, {0: 1.0, 2: -2.0})
    np.testing.assert_allclose(directions.coordinates(moved)[[0, 2]], [1, -2], atol=1e-4)
    outside = project_out(moved - latent, directions.matrix[[0, 2]])
    np.testing.assert_allclose(outside, 0, atol=1e-4)


def test_a_direction_that_the_locks_contain_does_not_move() -> None:
    base = some_directions(2)
    twin = Direction("Twin", "own", base[0].vector, 3.0)
    directions = Directions((*base.items, twin), base.mean)
    latent = np.ones(SIZE, np.float32)
    np.testing.assert_array_equal(directions.movable([0]), [False, True, False])
    np.testing.assert_array_equal(directions.movable([1]), [True, False, True])
    assert directions.movable([]).all()
    np.testing.assert_array_equal(directions.moved(latent, {2: 3.0}, [0]), latent)
    np.testing.assert_array_equal(directions.moved(latent, {0: 3.0}, [0]), latent)


def test_projecting_out_dependent_directions_is_projecting_out_their_span() -> None:
    matrix = some_directions(2).matrix
    vector = some_directions(1, seed=5)[0].vector
    dependent = np.vstack([matrix, matrix[0] - 2 * matrix[1]])
    left = project_out(vector, dependent)
    np.testing.assert_allclose(dependent @ left, 0, atol=1e-5)
    np.testing.assert_allclose(left, project_out(vector, matrix), atol=1e-5)
    np.testing.assert_array_equal(project_out(vector, matrix[:0]), vector)


def test_local_directions_are_where_near_latents_vary_counted_from_the_origin() -> None:
    random, spread = np.random.default_rng(4), np.array([0.1, 3.0, 0.5, 1.0], np.float32)
    near = np.asarray(random.standard_normal((2000, 4)) * spread + 7, np.float32)
    origin = near[5]
    found = local_directions(near, origin)
    assert [item.name for item in found] == ["Local 1", "Local 2", "Local 3", "Local 4"]
    for item, axis in zip(found, (1, 3, 2, 0), strict=True):
        assert abs(item.vector[axis]) > 0.99
        assert item.sigma == pytest.approx(spread[axis], rel=0.1)
    assert float(found[0].method.split("%")[0]) == pytest.approx(100 * 9 / 10.26, abs=2)
    np.testing.assert_allclose(found.coordinates(origin), 0, atol=1e-5)
    moved = found.moved(origin, {0: 2.0})
    np.testing.assert_allclose(moved - origin, 2 * found[0].sigma * found[0].vector, atol=1e-4)


def test_equal_latents_have_no_local_directions() -> None:
    with pytest.raises(ValueError, match="all have the same latent"):
        local_directions(np.ones((60, 4), np.float32), np.zeros(4, np.float32))


def test_by_name_a_face_is_moved_as_by_index() -> None:
    directions, latent = some_directions(4), some_latents(1)[0]
    moved = directions.placed(latent, {"D2": 1.5, "D0": -1.0})
    np.testing.assert_array_equal(moved, directions.moved(latent, {2: 1.5, 0: -1.0}))
    assert directions.coordinates(moved)[[0, 2]] == pytest.approx([-1.0, 1.5], abs=1e-4)
    assert directions.index_of("D3") == 3
    with pytest.raises(KeyError, match="D9"):
        directions.placed(latent, {"D9": 1.0})
