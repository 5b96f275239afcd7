"""Evaluation of a model on a data set's test faces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model.checkpoint import FaceModel
from model.data.mapped import take
from model.evaluation.metrics import quality
from model.progress import WorkProgress

_BATCH = 250


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Means over ``faces`` images: MSE on the [0, 1] scale, PSNR in dB, SSIM."""

    faces: int
    mse: float
    psnr: float
    ssim: float


def evaluate(
    model: FaceModel, images: NDArray[np.uint8], rows: NDArray[np.int64]
) -> Iterator[WorkProgress | Evaluation]:
    """Compare faces, chosen rows of (N, 48, 48, 3), with what the model makes of them.

    In single precision, on what the decoder gives, neither clipped nor rounded, as in training.
    PSNR and SSIM are those of ``model.evaluation.metrics`` for each image. The evaluation comes
    last.

    Raises:
        ValueError: no rows.
    """
    if not len(rows):
        raise ValueError("there is nothing to evaluate")
    found = []
    for start in range(0, len(rows), _BATCH):
        originals = take(images, rows[start : start + _BATCH])
        pairs = zip(originals, _reconstructions(model, originals), strict=True)
        found += [quality(original, image) for original, image in pairs]
        yield WorkProgress("Comparing faces", len(found), len(rows))
    means = np.mean([(item.mse, item.psnr, item.ssim) for item in found], axis=0)
    yield Evaluation(len(found), *map(float, means))


@torch.inference_mode()
def _reconstructions(model: FaceModel, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    batch = torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(255)
    output: NDArray[np.float32] = model.network(batch).permute(0, 2, 3, 1).numpy()
    return output
