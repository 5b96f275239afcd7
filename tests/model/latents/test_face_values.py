from __future__ import annotations

import numpy as np
import pytest

from model.latent_statistics import LatentStatistics
from model.latents.directions import Direction
from model.latents.face_values import TYPICALITY, Condition, FaceValues, bands
from model.latents.latent_set import LatentSet
from model.latents.typicality import Density

LATENTS = np.asarray(np.random.default_rng(0).normal(size=(200, 6)) * 2 + 1, np.float32)
STATISTICS = LatentStatistics.fit(LATENTS)
DENSITY = Density.fit(LatentSet(LATENTS, np.arange(200), np.arange(200) % 4 == 0), STATISTICS)


def axis(name: str, dimension: int, sigma: float = 2.0) -> Direction:
    return Direction(name, "attribute", np.eye(6, dtype=np.float32)[dimension], sigma)


@pytest.fixture
def values() -> FaceValues:
    directions = axis("Smiling", 0), axis("Hat", 1), axis("Smiling", 2, 0.5)
    return FaceValues.measure(LATENTS, directions, STATISTICS.mean, DENSITY)


def test_faces_are_measured_in_sigma_from_the_mean(values: FaceValues) -> None:
    assert values.names == (TYPICALITY, "Smiling", "Hat")
    hat, smiling = values.of("Hat"), values.of("Smiling")
    offset = LATENTS - STATISTICS.mean
    np.testing.assert_allclose(hat, offset[:, 1] / 2, atol=1e-5)
    np.testing.assert_allclose(smiling, offset[:, 2] / 0.5, atol=1e-5)  # the last of that name
    np.testing.assert_array_equal(values.of(TYPICALITY), DENSITY.typicality(LATENTS))
    assert values.of("Beard") is None


def test_all_conditions_must_be_met(values: FaceValues) -> None:
    hat, smiling = values.of("Hat"), values.of("Smiling")
    assert hat is not None
    assert smiling is not None
    found = values.matching([Condition("Hat", True, 0.5), Condition("Smiling", False, 0.0)])
    np.testing.assert_array_equal(found, (hat > 0.5) & (smiling < 0))
    assert 0 < found.sum() < len(found)


def test_without_conditions_and_without_values_every_face_matches(values: FaceValues) -> None:
    assert values.matching([]).all()
    assert values.matching([Condition("Beard", True, 9.0)]).all()


def test_values_fall_into_bands() -> None:
    found = bands(np.array([-9, -1.5, 0, 1.49, 1.5], np.float32), (-1.5, 0.5, 1.5))
    assert found.tolist() == [0, 1, 1, 2, 3]
