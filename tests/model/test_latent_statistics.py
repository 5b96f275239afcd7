from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from model.latent_statistics import LatentStatistics, aligned_statistics
from model.latents.directions import principal_directions

Floats = NDArray[np.float32]


def spread_latents(count: int = 400, size: int = 8) -> Floats:
    """Correlated latents with a clear order of variances, far from the origin."""
    random = np.random.default_rng(0)
    scales = 2.0 ** -np.arange(size)
    mixing, _ = np.linalg.qr(random.normal(size=(size, size)))
    latents = random.normal(size=(count, size)) * scales @ mixing + 3
    return np.asarray(latents, np.float32)


@pytest.fixture(scope="module")
def statistics() -> LatentStatistics:
    return LatentStatistics.fit(spread_latents())


def test_the_analysis_is_that_of_a_singular_value_decomposition(
    statistics: LatentStatistics,
) -> None:
    expected = PCA(svd_solver="full").fit(spread_latents().astype(np.float64))

    cosines = (statistics.directions * expected.components_).sum(axis=1)
    np.testing.assert_allclose(cosines, 1, atol=1e-4)
    np.testing.assert_allclose(statistics.sigma**2, expected.explained_variance_, rtol=1e-3)
    np.testing.assert_allclose(statistics.mean, expected.mean_, rtol=1e-5)
    np.testing.assert_allclose(statistics.explained, expected.explained_variance_ratio_, rtol=1e-3)


def test_range_and_kind_are_those_of_the_latents(statistics: LatentStatistics) -> None:
    latents = spread_latents()
    np.testing.assert_array_equal(statistics.low, latents.min(axis=0))
    np.testing.assert_array_equal(statistics.high, latents.max(axis=0))
    for name in LatentStatistics.__dataclass_fields__:
        assert getattr(statistics, name).dtype == np.float32


def test_directions_are_orthonormal_ordered_and_signed(statistics: LatentStatistics) -> None:
    gram = statistics.directions @ statistics.directions.T
    np.testing.assert_allclose(gram, np.eye(8), atol=1e-5)
    assert (np.diff(statistics.sigma) <= 0).all()
    for direction in statistics.directions:
        assert direction[abs(direction).argmax()] > 0
    assert statistics.explained.sum() == pytest.approx(1)


def test_directions_without_spread_are_left_out() -> None:
    latents = spread_latents()
    latents[:, 3] = 7
    assert LatentStatistics.fit(latents).directions.shape == (7, 8)


def test_fewer_latents_than_dimensions_give_fewer_directions() -> None:
    found = LatentStatistics.fit(spread_latents(5))
    assert found.directions.shape == (4, 8)
    assert LatentStatistics.fit(spread_latents(2)).directions.shape == (1, 8)


def test_one_dimension_will_do() -> None:
    found = LatentStatistics.fit(np.array([[1], [3]], np.float32))
    assert found.sigma == pytest.approx(2**0.5)


def test_the_measured_latents_have_unit_coordinates(statistics: LatentStatistics) -> None:
    directions = principal_directions(statistics)
    coordinates = directions.coordinates(spread_latents())
    np.testing.assert_allclose(coordinates.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(coordinates.std(axis=0, ddof=1), 1, rtol=1e-3)
    np.testing.assert_allclose(directions.coordinates(statistics.mean), 0, atol=1e-6)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_samples_are_distributed_as_the_latents(
    temperature: float, statistics: LatentStatistics
) -> None:
    random = np.random.default_rng(1)
    samples = np.array([statistics.sample(random, temperature) for _ in range(8000)])

    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples.mean(axis=0), statistics.mean, atol=0.05)
    expected = np.cov(spread_latents().T) * temperature**2
    np.testing.assert_allclose(np.cov(samples.T), expected, atol=0.03)


def test_without_temperature_the_sample_is_the_mean(statistics: LatentStatistics) -> None:
    sample = statistics.sample(np.random.default_rng(0), 0)
    np.testing.assert_array_equal(sample, statistics.mean)


def test_a_seed_gives_the_same_sample(statistics: LatentStatistics) -> None:
    one, other = (statistics.sample(np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_latents_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="at least two latents"):
        LatentStatistics.fit(np.ones((count, 8), np.float32))


def test_equal_latents_are_refused() -> None:
    with pytest.raises(ValueError, match="the same latent of all faces"):
        LatentStatistics.fit(np.full((50, 8), 0.1, np.float32))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("mean", np.zeros(3, np.float32), "don't fit together"),
        ("sigma", np.ones(1, np.float32), "don't fit together"),
        ("high", np.array([1, np.nan], np.float32), "not numbers"),
        ("sigma", np.array([1, 0], np.float32), "without spread"),
        ("sigma", np.array([1, -1], np.float32), "without spread"),
    ],
)
def test_what_does_not_fit_together_is_refused(name: str, value: Floats, reason: str) -> None:
    zeros = np.zeros(2, np.float32)
    parts = {
        "mean": zeros,
        "low": zeros,
        "high": zeros,
        "directions": np.eye(2, dtype=np.float32),
        "sigma": np.ones(2, np.float32),
    }
    LatentStatistics(**parts)
    with pytest.raises(ValueError, match=reason):
        LatentStatistics(**{**parts, name: value})


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
