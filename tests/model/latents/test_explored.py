from __future__ import annotations

import numpy as np

from model.latent_statistics import LatentStatistics
from model.latents.explored import Explored, Neighbours
from model.latents.latent_map import pca_map
from model.latents.latent_set import LatentSet
from model.latents.typicality import Density

LATENTS = np.asarray(
    np.random.default_rng(0).normal(size=(400, 10)) * 2.0 ** np.arange(10) + 5, np.float32
)
STATISTICS = LatentStatistics.fit(LATENTS)


def test_a_face_is_its_own_nearest_and_the_order_is_by_cosine() -> None:
    found, cosines = Neighbours(LATENTS, STATISTICS).nearest(LATENTS[17], 6)
    assert found[0] == 17
    assert cosines[0] == np.float32(1) or abs(cosines[0] - 1) < 1e-5
    assert (np.diff(cosines) <= 0).all()


def test_the_neighbours_are_those_of_all_comparisons() -> None:
    white = (LATENTS - STATISTICS.mean) @ STATISTICS.directions.T / STATISTICS.sigma
    white /= np.linalg.norm(white, axis=1, keepdims=True)
    expected = np.argsort(-(white @ white[3]))[:8]
    found, _ = Neighbours(LATENTS, STATISTICS).nearest(LATENTS[3])
    np.testing.assert_array_equal(found, expected)


def test_there_are_no_more_than_there_are_faces() -> None:
    found, cosines = Neighbours(LATENTS[:3], STATISTICS).nearest(STATISTICS.mean, 10)
    assert len(found) == len(cosines) == 3
    assert np.isfinite(cosines).all()


def test_directions_near_a_face_are_those_of_its_neighbours_alone() -> None:
    random = np.random.default_rng(1)
    # Two clouds to either side of the mean, long along different axes.
    clouds = random.standard_normal((2, 300, 6)) * [[[0.5, 3, 1, 0.5, 0.5, 0.5]]]
    clouds[1] = clouds[1][:, [0, 2, 1, 3, 4, 5]]
    clouds[:, :, 0] += [[20], [-20]]
    latents = clouds.reshape(600, 6).astype(np.float32)
    held_out = np.zeros(600, np.bool_)
    known = LatentSet(latents, np.arange(600), held_out)
    statistics = known.statistics()
    density, near = Density.fit(known, statistics), Neighbours(latents, statistics)
    explored = Explored("", known, statistics, density, near, pca_map(latents, statistics))
    for side, axis in enumerate((1, 2)):
        origin = np.array([20 - 40 * side, 0, 0, 0, 0, 0], np.float32)
        first = explored.directions_near(origin, 300)[0]
        assert abs(first.vector[axis]) > 0.99
        assert 2.7 < first.sigma < 3.3
    assert len(explored.directions_near(latents[0], 4)) == 3
