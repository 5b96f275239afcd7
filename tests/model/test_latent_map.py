from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model import latent_map
from model.latent import LatentStatistics
from model.latent_map import MapError, Mapping, has_tsne, pca_map, place, tsne_map

pytestmark = pytest.mark.skipif(not has_tsne(), reason="openTSNE isn't installed")
random = np.random.default_rng(0)
GROUP = np.arange(90) % 3
LATENTS = np.asarray(random.normal(size=(90, 8)) + 20 * np.eye(8)[GROUP], np.float32)
STATISTICS = LatentStatistics.fit(LATENTS)


def spread_between(points: np.ndarray) -> float:
    """How far groups lie apart, compared with how wide they are."""
    centres = np.array([points[group == GROUP].mean(axis=0) for group in range(3)])
    return float(np.ptp(centres, axis=0).max() / (points - centres[GROUP]).std())


def test_the_map_by_pca_is_of_the_first_two_coordinates() -> None:
    expected = [STATISTICS.coordinates(latent)[:2] for latent in LATENTS]
    np.testing.assert_allclose(pca_map(LATENTS, STATISTICS), expected, atol=1e-4)
    line = LATENTS[:, :1]
    assert pca_map(line, LatentStatistics.fit(line)).shape == (90, 2)


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
