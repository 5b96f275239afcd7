from __future__ import annotations

import numpy as np
import pytest

from model.checkpoint import FaceModel
from model.data.datasets import FaceSet
from model.evaluation.evaluation import Evaluation, evaluate
from model.evaluation.metrics import mse_per_image
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
