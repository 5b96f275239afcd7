from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from model.checkpoint import FaceModel
from model.data.datasets import FaceSet
from model.evaluation import (
    BARS,
    Evaluation,
    error_bars,
    error_edges,
    error_statistics,
    evaluate,
    face_errors,
    mse_per_image,
    pca_mse,
    quality,
    write_errors,
)
from model.inference import reconstruct
from model.network import ConvAutoencoder
from model.progress import WorkProgress


@pytest.fixture
def untrained() -> FaceModel:
    return FaceModel(ConvAutoencoder(4).eval().requires_grad_(False))


def test_reports_progress_and_means(untrained: FaceModel, few_faces: FaceSet) -> None:
    rows = np.array([1, 5, 9])
    *steps, result = evaluate(untrained, few_faces.images, rows)
    assert steps == [WorkProgress("Comparing faces", 3, 3)]
    assert isinstance(result, Evaluation)
    assert result.faces == 3
    images = reconstruct(untrained, few_faces.images[rows]).images
    # The pictures are clipped and rounded, the evaluation isn't.
    assert result.mse >= mse_per_image(few_faces.images[rows], images).mean() - 1e-3
    assert result.psnr < 20
    assert result.ssim < 0.5


def test_nothing_to_evaluate(untrained: FaceModel, few_faces: FaceSet) -> None:
    with pytest.raises(ValueError, match="nothing"):
        next(evaluate(untrained, few_faces.images, np.array([], np.int64)))


def test_the_error_of_each_face_is_that_of_the_evaluation(
    untrained: FaceModel, few_faces: FaceSet
) -> None:
    rows = np.arange(59, -1, -1)
    steps = list(face_errors(untrained, few_faces.images, rows))
    assert [(len(step.mse), step.total) for step in steps] == [(32, 60), (60, 60)]
    found = steps[-1].mse
    assert found.dtype == np.float32
    np.testing.assert_array_equal(steps[0].mse, found[:32])
    for row in (0, 7):
        *_, alone = evaluate(untrained, few_faces.images, np.array([row]))
        assert isinstance(alone, Evaluation)
        assert found[59 - row] == pytest.approx(alone.mse, rel=1e-5)
    (nothing,) = face_errors(untrained, few_faces.images, rows[:0])
    assert (len(nothing.mse), nothing.total) == (0, 0)


def test_known_errors_give_known_statistics_and_bars() -> None:
    mse = np.linspace(0.001, 0.002, 101, dtype=np.float32)
    found = error_statistics(mse)
    assert found.mean == pytest.approx(0.0015)
    assert found.median == pytest.approx(0.0015)
    assert found.percentile_95 == pytest.approx(0.00195)
    edges = error_edges([mse, 2 * mse])
    assert (edges[0], edges[-1]) == pytest.approx((0.001, 0.004))
    assert len(edges) == BARS + 1
    np.testing.assert_allclose(edges[1:] / edges[:-1], edges[1] / edges[0])
    bars = error_bars(mse, edges)
    assert np.all(edges[bars] <= mse * 1.000001)
    assert np.all(mse <= edges[bars + 1] * 1.000001)
    assert bars[0] == 0
    assert error_bars(2 * mse, edges)[-1] == BARS - 1


def test_errors_that_no_histogram_can_show_lie_at_its_ends() -> None:
    mse = np.array([0.0, 0.001, 0.002, np.inf, np.nan], np.float32)
    edges = error_edges([mse])
    assert np.isfinite(edges).all()
    assert list(error_bars(mse, edges)) == [0, 0, BARS - 1, BARS - 1, BARS - 1]
    for same in (np.full(3, 0.001, np.float32), np.zeros(2, np.float32), mse[:0]):
        assert np.all(np.diff(error_edges([same])) > 0)


def test_a_table_of_errors_names_each_face(few_faces: FaceSet, tmp_path: Path) -> None:
    one, two = np.array([0.5, 0.25], np.float32), np.array([0.125, 0.0001], np.float32)
    path = tmp_path / "errors.csv"
    write_errors(path, few_faces, np.array([3, 59]), [("A, b", one), ("B", two)])
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["row", "name", "A, b", "B"],
            ["3", "Person 1", "0.5", "0.125"],
            ["59", "Person 19", "0.25", "0.0001"],
        ]


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


def by_scikit_learn(images: NDArray[np.uint8], count: int) -> float:
    pixels = images.reshape(len(images), -1) / 255
    analysis = PCA(count, svd_solver="full").fit(pixels[:80])
    test = pixels[80:]
    return float(np.square(test - analysis.inverse_transform(analysis.transform(test))).mean())


@pytest.mark.parametrize("side", [3, 8])  # fewer pixels than faces, and more
def test_agrees_with_scikit_learn(side: int) -> None:
    images = np.random.RandomState(0).randint(0, 256, (100, side, side, 3)).astype(np.uint8)
    *steps, mse = pca_mse(images, np.arange(80), np.arange(80, 100), 10)
    assert all(isinstance(step, WorkProgress) for step in steps)
    assert mse == pytest.approx(by_scikit_learn(images, 10), rel=1e-4)


def test_more_components_than_faces_allow() -> None:
    images = np.random.RandomState(0).randint(0, 256, (9, 8, 8, 3)).astype(np.uint8)
    *_, mse = pca_mse(images, np.arange(6), np.arange(6, 9), 500)
    assert isinstance(mse, float)
    assert mse > 0
