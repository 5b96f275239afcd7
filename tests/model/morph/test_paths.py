from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model.morph.key_frames import linear, spherical, there_and_back

Floats = NDArray[np.float32]
SHARE = np.linspace(0, 1, 5, dtype=np.float32)


def vector(*values: float) -> Floats:
    return np.array(values, np.float32)


def frames_of(count: int) -> NDArray[np.uint8]:
    """Frames of one grey each, all different."""
    greys = np.linspace(0, 255, count).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(greys[:, None, None, None], (count, 48, 48, 3)))


def test_the_straight_line_is_even() -> None:
    path = linear(vector(0, 2), vector(4, -2), SHARE)
    assert path.dtype == np.float32
    np.testing.assert_allclose(path, [[0, 2], [1, 1], [2, 0], [3, -1], [4, -2]])


def test_shares_beyond_the_ends_go_on() -> None:
    path = linear(vector(0), vector(1), np.array([-0.5, 1.5]))
    np.testing.assert_allclose(path, [[-0.5], [1.5]])


@pytest.mark.parametrize("walk", [linear, spherical])
def test_a_path_begins_and_ends_where_it_should(walk) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(0)
    start, end = random.normal(size=(2, 500)).astype(np.float32)
    path = walk(start, end, SHARE)
    assert path.shape == (5, 500)
    assert path.dtype == np.float32
    np.testing.assert_allclose(path[0], start, atol=1e-5)
    np.testing.assert_allclose(path[-1], end, atol=1e-5)


def test_the_great_arc_turns_evenly_and_lengths_change_evenly() -> None:
    path = spherical(vector(1, 0, 0), vector(0, 3, 0), SHARE)
    angles = np.degrees(np.arctan2(path[:, 1], path[:, 0]))
    np.testing.assert_allclose(angles, [0, 22.5, 45, 67.5, 90], atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), [1, 1.5, 2, 2.5, 3], rtol=1e-6)
    np.testing.assert_allclose(path[:, 2], 0, atol=1e-6)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (vector(1, 2, 3), vector(1, 2, 3)),
        (vector(1, 2, 3), vector(2, 4, 6)),
        (vector(1, 2, 3), vector(1, 2, 3.00001)),
        (vector(1, 2, 3), vector(-1, -2, -3)),
        (vector(0, 0, 0), vector(1, 2, 3)),
        (vector(1, 2, 3), vector(0, 0, 0)),
        (vector(0, 0, 0), vector(0, 0, 0)),
    ],
)
def test_where_there_is_no_arc_the_path_is_straight(start: Floats, end: Floats) -> None:
    path = spherical(start, end, SHARE)
    assert path.dtype == np.float32
    np.testing.assert_allclose(path, linear(start, end, SHARE), atol=1e-5)


def test_nearly_opposite_and_tiny_latents_give_numbers() -> None:
    for start, end in [
        (vector(1, 0), vector(-1, 1e-3)),
        (vector(1, 0), vector(-1, 1e-6)),
        (vector(1e-30, 0), vector(0, 1e-30)),
    ]:
        assert np.isfinite(spherical(start, end, SHARE)).all()


@pytest.mark.parametrize(
    ("count", "order"), [(1, [0]), (2, [0, 1]), (3, [0, 1, 2, 1]), (4, [0, 1, 2, 3, 2, 1])]
)
def test_there_and_back_repeats_no_end(count: int, order: list[int]) -> None:
    frames = frames_of(count)
    np.testing.assert_array_equal(there_and_back(frames), frames[order])
