from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.latents.latent_set import LatentSet
from model.latents.typicality import Density

COUNT, SIZE = 3000, 6
random = np.random.default_rng(0)
LATENTS = np.asarray(random.normal(size=(COUNT, SIZE)) * [8, 4, 2, 1, 0.5, 0.1] + 3, np.float32)
FOUND = LatentSet(LATENTS, np.arange(COUNT), np.arange(COUNT) % 5 == 0)
DENSITY = Density.fit(FOUND, FOUND.statistics())


def test_unseen_faces_are_spread_evenly_over_typicality() -> None:
    fresh = np.asarray(
        np.random.default_rng(9).normal(size=(4000, SIZE)) * [8, 4, 2, 1, 0.5, 0.1] + 3, np.float32
    )
    shares = np.quantile(DENSITY.typicality(fresh), [0.1, 0.5, 0.9])
    np.testing.assert_allclose(shares, [0.1, 0.5, 0.9], atol=0.06)


def test_the_mean_is_like_all_and_the_far_like_none() -> None:
    assert DENSITY.typicality(DENSITY.mean) == pytest.approx(1, abs=0.01)
    assert DENSITY.typicality(DENSITY.mean + 1000) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_the_radius_of_a_typicality_has_it(share: float) -> None:
    latent = DENSITY.mean + DENSITY.directions[0] * DENSITY.sigma[0] * DENSITY.radius(share)
    assert DENSITY.typicality(latent) == pytest.approx(share, abs=0.01)


def test_with_few_faces_held_out_the_training_faces_are_the_scale() -> None:
    few = LatentSet(LATENTS[:60], np.arange(60), np.arange(60) < 2)
    density = Density.fit(few, few.statistics())
    assert DENSITY.distances[0] >= 0
    assert np.median(density.typicality(LATENTS[2:60])) == pytest.approx(0.5, abs=0.1)


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.1, 30), radius=st.floats(0.5, 6))
def test_what_is_drawn_back_lies_on_the_limit_and_is_the_nearest(
    seed: int, scale: float, radius: float
) -> None:
    drawn = np.random.default_rng(seed)
    offset = drawn.normal(size=SIZE).astype(np.float32) * np.float32(scale)
    latent = DENSITY.mean + offset @ DENSITY.directions
    near = DENSITY.within(latent, radius)
    if DENSITY.distance(latent) <= radius:
        np.testing.assert_array_equal(near, latent)
        return
    assert DENSITY.distance(near) == pytest.approx(radius, rel=2e-2)
    others = DENSITY.mean + drawn.normal(size=(50, SIZE)).astype(np.float32) * DENSITY.sigma
    inside = others[DENSITY.distance(others) <= radius]
    apart = np.linalg.norm(inside - latent, axis=1)
    assert (apart >= np.linalg.norm(near - latent) - 1e-2).all()


def test_more_typical_is_closer_by_a_share() -> None:
    latent = DENSITY.mean + 20
    assert DENSITY.distance(DENSITY.more_typical(latent, 0.25)) == pytest.approx(
        0.75 * DENSITY.distance(latent), rel=1e-3
    )


def test_the_limit_never_changes_a_face_that_was_unusual_already() -> None:
    start = DENSITY.mean + 15
    np.testing.assert_array_equal(DENSITY.limited(start, start, 0.05), start)
    edited = DENSITY.limited(DENSITY.mean + 30, start, 0.05)
    assert DENSITY.distance(edited) == pytest.approx(float(DENSITY.distance(start)), rel=1e-3)
    near = DENSITY.limited(DENSITY.mean + 30, DENSITY.mean, 0.05)
    assert DENSITY.typicality(near) == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0])
def test_samples_have_the_spread_of_the_latents(temperature: float) -> None:
    drawn = np.random.default_rng(1)
    samples = np.array([DENSITY.sample(drawn, temperature) for _ in range(3000)])
    expected = DENSITY.distances[500] * temperature
    assert np.median(DENSITY.distance(samples)) == pytest.approx(expected, rel=0.05, abs=1e-6)


def test_any_number_of_random_steps_stays_within_the_distribution() -> None:
    drawn, latent, seen = np.random.default_rng(2), DENSITY.mean, []
    for _ in range(3000):
        latent = DENSITY.nearby(latent, drawn, 0.5)
        seen.append(DENSITY.distance(latent))
    assert np.median(seen[100:]) == pytest.approx(DENSITY.distances[500], rel=0.1)
    np.testing.assert_allclose(DENSITY.nearby(latent, drawn, 0), latent, atol=1e-5)
