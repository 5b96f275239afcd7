from __future__ import annotations

import numpy as np

from model.latent_statistics import LatentStatistics
from model.latents.explored import Neighbours

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
