from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.latent_statistics import LatentStatistics
from model.latents import latent_map
from model.latents.directions import principal_directions
from model.latents.latent_map import (
    MapError,
    Mapping,
    PcaPlane,
    aligned_map,
    has_tsne,
    latent_at,
    pca_map,
    place,
    resampled,
    tsne_map,
)

needs_tsne = pytest.mark.skipif(not has_tsne(), reason="openTSNE isn't installed")
random = np.random.default_rng(0)
GROUP = np.arange(90) % 3
LATENTS = np.asarray(random.normal(size=(90, 8)) + 20 * np.eye(8)[GROUP], np.float32)
STATISTICS = LatentStatistics.fit(LATENTS)


def spread_between(points: np.ndarray) -> float:
    """How far groups lie apart, compared with how wide they are."""
    centres = np.array([points[group == GROUP].mean(axis=0) for group in range(3)])
    return float(np.ptp(centres, axis=0).max() / (points - centres[GROUP]).std())


def test_the_map_by_pca_is_of_the_first_two_coordinates() -> None:
    expected = principal_directions(STATISTICS).coordinates(LATENTS)[:, :2]
    np.testing.assert_allclose(pca_map(LATENTS, STATISTICS), expected, atol=1e-4)
    line = LATENTS[:, :1]
    assert pca_map(line, LatentStatistics.fit(line)).shape == (90, 2)


@needs_tsne
def test_tsne_forms_step_by_step_is_kept_and_goes_on_from_an_earlier_map(tmp_path: Path) -> None:
    steps = list(tsne_map(LATENTS, STATISTICS, key="k", folder=tmp_path))
    assert steps[-1].done == steps[-1].total
    assert [step.done for step in steps] == sorted({step.done for step in steps})
    points = steps[-1].points
    assert points.shape == (90, 2)
    assert spread_between(points) > 4

    (kept,) = tsne_map(LATENTS, STATISTICS, key="k", folder=tmp_path)
    np.testing.assert_array_equal(kept.points, points)

    moved = LATENTS + random.normal(size=LATENTS.shape).astype(np.float32) * np.float32(0.1)
    *_, later = tsne_map(moved, STATISTICS, key="", earlier=points, folder=tmp_path)
    apart = np.linalg.norm(later.points - points, axis=1)
    assert np.median(apart) < np.ptp(points, axis=0).max() / 3


@needs_tsne
def test_closing_ends_the_process(tmp_path: Path) -> None:
    started = []
    begin = latent_map.start_module

    def start(*arguments: object, **named: object) -> object:
        started.append(begin(*arguments, **named))  # type: ignore[arg-type]
        return started[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latent_map, "start_module", start)
        steps = tsne_map(LATENTS, STATISTICS, folder=tmp_path)
        assert isinstance(next(iter(steps)), Mapping)
        steps.close()  # type: ignore[attr-defined]
    assert started[0].poll() is not None


@needs_tsne
def test_a_failure_is_told(tmp_path: Path) -> None:
    bad = np.full_like(LATENTS, np.nan)
    with pytest.raises(MapError, match="couldn't be made"):
        list(tsne_map(bad, STATISTICS, folder=tmp_path))


def test_a_face_is_placed_on_itself_and_another_between() -> None:
    points = pca_map(LATENTS, STATISTICS)
    nearest = np.array([4, 7, 10])
    np.testing.assert_allclose(place(LATENTS[4], LATENTS, points, nearest), points[4], atol=1e-3)
    middle = place(LATENTS[nearest].mean(axis=0), LATENTS, points, nearest)
    assert (middle >= points[nearest].min(axis=0)).all()
    assert (middle <= points[nearest].max(axis=0)).all()


@pytest.mark.parametrize("angle", [0.0, 2.0])
def test_a_latent_moves_over_the_plane_of_a_turned_map_to_where_it_is_told(angle: float) -> None:
    turn = np.array([[np.cos(angle), np.sin(angle)], [np.sin(angle), -np.cos(angle)]], np.float32)
    old = pca_map(LATENTS, STATISTICS) @ turn + np.array([3, -1], np.float32)
    points = aligned_map(pca_map(LATENTS, STATISTICS), old)
    plane = PcaPlane.of(LATENTS, STATISTICS, points)
    np.testing.assert_allclose(plane.project(LATENTS), points, atol=1e-3)

    wanted = np.array([2.5, -3.5], np.float32)
    moved = plane.moved(LATENTS[3], wanted)
    np.testing.assert_allclose(plane.project(moved[None])[0], wanted, atol=1e-3)
    before, after = principal_directions(STATISTICS).coordinates(np.stack([LATENTS[3], moved]))
    np.testing.assert_allclose(after[2:], before[2:], atol=1e-3)


def test_latents_of_one_dimension_have_a_plane_too() -> None:
    line = LATENTS[:, :1]
    statistics = LatentStatistics.fit(line)
    plane = PcaPlane.of(line, statistics, pca_map(line, statistics))
    moved = plane.moved(line[0], np.array([1.5, 9.0], np.float32))
    np.testing.assert_allclose(
        principal_directions(statistics).coordinates(moved), [1.5], atol=1e-3
    )


def test_between_points_the_latent_is_a_mean_of_the_nearest_and_never_jumps() -> None:
    points = random.normal(size=(90, 2)).astype(np.float32)
    np.testing.assert_allclose(latent_at(points[5], points, LATENTS), LATENTS[5], atol=1e-3)

    line = np.linspace(points[5], points[6], 2000)
    way = np.array([latent_at(point, points, LATENTS) for point in line])
    steps = np.linalg.norm(np.diff(way, axis=0), axis=1)
    assert steps.max() < np.linalg.norm(LATENTS[6] - LATENTS[5]) / 20
    assert (way >= LATENTS.min(axis=0) - 1e-3).all()
    assert (way <= LATENTS.max(axis=0) + 1e-3).all()


def test_few_or_coinciding_points_have_a_latent_between_them() -> None:
    pair = np.array([[0, 0], [2, 0]], np.float32)
    middle = latent_at(np.array([1, 0], np.float32), pair, LATENTS[:2])
    np.testing.assert_allclose(middle, LATENTS[:2].mean(axis=0), atol=1e-3)
    same = np.zeros((9, 2), np.float32)
    assert np.isfinite(latent_at(same[0], same, LATENTS[:9])).all()
    assert np.isfinite(latent_at(np.ones(2, np.float32), same[:1], LATENTS[:1])).all()


@settings(deadline=None, max_examples=40)
@given(angle=st.floats(0, 6.3), mirrored=st.booleans(), x=st.floats(-9, 9))
def test_a_turned_mirrored_and_moved_map_comes_back(angle: float, mirrored: bool, x: float) -> None:
    points = LATENTS[:, :2]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirrored:
        turn[:, 0] *= -1
    moved = np.asarray(points @ turn + [x, 2], np.float32)
    np.testing.assert_allclose(aligned_map(moved, points), points, atol=1e-3)


def test_a_line_is_resampled_at_even_distances_with_both_ends() -> None:
    line = np.array([[0, 0], [0, 0], [1, 0], [4, 0], [4, 4]], np.float32)
    found = resampled(line, 5)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0, 0], [2, 0], [4, 0], [4, 2], [4, 4]], atol=1e-6)
    np.testing.assert_array_equal(resampled(line[:2], 3), np.zeros((3, 2)))
