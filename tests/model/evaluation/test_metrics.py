from __future__ import annotations

import math

import numpy as np
import pytest

from model.evaluation.metrics import mse_per_image, quality


@pytest.fixture
def faces() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 48, 48, 3), np.uint8)


def test_equal_images_are_perfect(faces):
    found = quality(faces[0], faces[0].copy())
    assert found.mse == 0
    assert math.isinf(found.psnr)
    assert found.ssim == pytest.approx(1)


def test_known_difference_gives_known_mse_and_psnr():
    original = np.full((48, 48, 3), 100, np.uint8)
    found = quality(original, original + np.uint8(51))
    assert found.mse == pytest.approx(0.04)
    assert found.psnr == pytest.approx(13.979, abs=1e-3)


def test_noise_lowers_ssim():
    noise = np.random.default_rng(1).normal(0, 0.2, (48, 48, 3))
    smooth = np.tile(np.linspace(0, 1, 48)[:, None, None], (1, 48, 3))
    assert quality(smooth, smooth + noise).ssim < 0.7 < quality(smooth, smooth + noise / 50).ssim


def test_float_and_uint8_agree(faces):
    other = faces[::-1]
    as_floats = mse_per_image(faces / 255, other.astype(np.float32) / 255)
    np.testing.assert_allclose(mse_per_image(faces, other), as_floats, rtol=1e-5)
    np.testing.assert_allclose(mse_per_image(faces / 255, other), as_floats, rtol=1e-5)


def test_mse_of_many_blocks_matches_one_by_one():
    generator = np.random.default_rng(2)
    one, two = generator.random((2, 600, 4, 4, 3))
    expected = ((one - two) ** 2).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(mse_per_image(one, two), expected, rtol=1e-5)


def test_no_images_give_no_errors():
    assert mse_per_image(np.zeros((0, 48, 48, 3)), np.zeros((0, 48, 48, 3))).shape == (0,)


def test_different_shapes_are_refused(faces):
    with pytest.raises(ValueError, match="can't be compared"):
        mse_per_image(faces, faces[:, :24])
    with pytest.raises(ValueError, match="can't be compared"):
        quality(faces[0], faces[0, :24])
