from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.morph.key_frames import EASES, KeyFrame, Path, analogy, grid

Floats = NDArray[np.float32]
LATENTS = np.random.default_rng(0).normal(size=(4, 9)).astype(np.float32)


def path(count: int = 3, *, loop: bool = False, back: bool = False, **each: object) -> Path:
    frames = (KeyFrame(latent, **each) for latent in LATENTS[:count])  # type: ignore[arg-type]
    return Path(tuple(frames), loop, back)


@pytest.mark.parametrize("ease", EASES)
def test_an_ease_runs_from_start_to_end_without_turning_back(ease: str) -> None:
    way = EASES[ease](np.linspace(0, 1, 101, dtype=np.float32))
    assert way[0] == 0
    assert way[-1] == pytest.approx(1)
    assert (np.diff(way) >= -1e-6).all()


@pytest.mark.parametrize("spherical", [False, True])
@pytest.mark.parametrize("ease", EASES)
def test_key_frames_are_met_at_their_times(ease: str, spherical: bool) -> None:
    found = path(ease=ease, spherical=spherical, seconds=2.0)
    assert found.seconds == 4
    np.testing.assert_allclose(found.at(np.array([0.0, 2, 4])), LATENTS[:3], atol=1e-5)
    np.testing.assert_allclose(found.at(np.array([-1.0, 9])), LATENTS[[0, 2]], atol=1e-5)


def test_each_segment_has_its_own_time() -> None:
    frames = (
        KeyFrame(LATENTS[0], seconds=0.5),
        KeyFrame(LATENTS[1], seconds=3),
        KeyFrame(LATENTS[2]),
    )
    found = Path(frames)
    assert found.seconds == 3.5
    np.testing.assert_allclose(found.at(np.array([0.5])), LATENTS[1:2], atol=1e-5)


def test_a_loop_closes_and_goes_round_again() -> None:
    found = path(loop=True)
    assert found.seconds == 3
    at = found.at(np.array([0.0, 2, 3, 3.25]))
    np.testing.assert_allclose(at[[0, 2]], LATENTS[[0, 0]], atol=1e-5)
    np.testing.assert_allclose(at[1], LATENTS[2], atol=1e-5)
    np.testing.assert_allclose(at[3], found.at(np.array([0.25]))[0], atol=1e-5)


@settings(deadline=None, max_examples=30)
@given(time=st.floats(0, 2))
def test_the_way_back_is_the_way_there(time: float) -> None:
    found = path(back=True)
    assert found.seconds == 4
    there, back = found.at(np.array([time, 4 - time]))
    np.testing.assert_allclose(there, back, atol=1e-4)


def test_a_film_shows_no_face_twice_where_it_begins_anew() -> None:
    assert len(path().film(10)) == 21
    np.testing.assert_allclose(path().film(10)[-1], LATENTS[2], atol=1e-5)
    for endless in (path(loop=True), path(back=True)):
        film = endless.film(10)
        assert len(film) == round(endless.seconds * 10)
        assert np.abs(film[-1] - film[0]).max() > 1e-3
    assert len(path().film(0.01)) == 2


def test_a_path_moved_to_another_face_makes_the_same_changes() -> None:
    moved = path(loop=True, seconds=2.0).moved_to(LATENTS[3])
    np.testing.assert_allclose(moved.frames[0].latent, LATENTS[3], atol=1e-6)
    steps = [frame.latent - moved.frames[0].latent for frame in moved.frames]
    np.testing.assert_allclose(steps, LATENTS[:3] - LATENTS[0], atol=1e-6)
    assert moved.loop
    assert moved.seconds == 6


@pytest.mark.parametrize(
    ("count", "each"),
    [(1, {}), (2, {"ease": "wild"}), (2, {"seconds": 0}), (2, {"seconds": np.nan})],
)
def test_what_is_no_path_is_refused(count: int, each: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="key frames|wrong ease or time"):
        path(count, **each)


@pytest.mark.parametrize("arc", [False, True])
def test_a_grid_has_its_corners_and_lines_between(arc: bool) -> None:
    found = grid(list(LATENTS), 4, 5, arc=arc)
    assert found.shape == (4, 5, 9)
    corners = found[[0, 0, -1, -1], [0, -1, 0, -1]]
    np.testing.assert_allclose(corners, LATENTS, atol=1e-5)
    if not arc:
        np.testing.assert_allclose(grid(list(LATENTS), 3, 3)[1, 1], LATENTS.mean(axis=0), atol=1e-5)


def test_an_analogy_adds_what_a_has_and_b_lacks() -> None:
    a, b, c = LATENTS[:3]
    np.testing.assert_allclose(analogy(a, b, c), a - b + c, atol=1e-6)
    np.testing.assert_allclose(analogy(a, b, b), a, atol=1e-6)
    np.testing.assert_array_equal(analogy(a, b, c, 0), c)
