from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from model.latent_statistics import LatentStatistics
from model.latents.alignment import aligned_map, aligned_statistics

LATENTS = np.asarray(
    np.random.default_rng(0).normal(size=(600, 8)) * (9 - np.arange(8)), np.float32
)
OLD = LatentStatistics.fit(LATENTS)


def test_directions_of_another_space_keep_their_places_and_signs() -> None:
    # A new snapshot: another basis, mirrored, and the second direction now the strongest.
    turned, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))
    scales = np.array([1, 1.6, 1, 1, 1, 1, 1, 1])
    new_latents = np.asarray((LATENTS * scales) @ -turned + 4, np.float32)
    found = LatentStatistics.fit(new_latents)
    aligned = aligned_statistics(found, new_latents, OLD, LATENTS)
    before = (LATENTS - OLD.mean) @ OLD.directions.T / OLD.sigma
    after = (new_latents - aligned.mean) @ aligned.directions.T / aligned.sigma
    for column in range(8):
        assert np.corrcoef(before[:, column], after[:, column])[0, 1] > 0.9
    assert found.sigma[0] == aligned.sigma[1]
    np.testing.assert_allclose(np.sort(aligned.sigma), np.sort(found.sigma))


def test_what_is_behind_the_matched_ones_stays() -> None:
    aligned = aligned_statistics(OLD, LATENTS, OLD, LATENTS, count=3)
    np.testing.assert_array_equal(aligned.directions, OLD.directions)
    np.testing.assert_array_equal(aligned.sigma, OLD.sigma)


@settings(deadline=None, max_examples=40)
@given(angle=st.floats(0, 6.3), mirrored=st.booleans(), x=st.floats(-9, 9))
def test_a_turned_mirrored_and_moved_map_comes_back(angle: float, mirrored: bool, x: float) -> None:
    points = LATENTS[:, :2]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirrored:
        turn[:, 0] *= -1
    moved = np.asarray(points @ turn + [x, 2], np.float32)
    np.testing.assert_allclose(aligned_map(moved, points), points, atol=1e-3)
