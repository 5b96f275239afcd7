from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from model.evaluation.pca import pca_mse
from model.progress import WorkProgress


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
