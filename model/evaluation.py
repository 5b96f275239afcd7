"""How well a model reconstructs: MSE, PSNR and SSIM, of one image and of a data set's test faces.

The baseline is principal component analysis, the linear method that an autoencoder must beat.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model.face_set import FaceSet, take
from model.io.files import write_bytes
from model.progress import WorkProgress
from model.system.threads import importing

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

_BATCH = 250
_MEASURED_TOGETHER = 32
"""Faces of ``face_errors`` in one pass: 0.1 s on one slow core, after which it can be stopped."""

BARS = 40
"""Bars of a histogram of errors."""

# Whole test sets are compared in blocks, so that the float copies stay in the cache.
_BLOCK = 256
_PCA_BLOCK = 1024

Floats = NDArray[np.float32]
Images = NDArray[np.uint8]
Rows = NDArray[np.int64]


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
    PSNR and SSIM are means of those of each image, see ``quality``. The evaluation comes last.

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


def _reconstructions(model: FaceModel, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    import torch

    batch = torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(255)
    with torch.inference_mode():
        output: NDArray[np.float32] = model.network(batch).permute(0, 2, 3, 1).numpy()
    return output


@dataclass(frozen=True, slots=True, eq=False)
class FaceErrors:
    """The MSE float32 (K,), on the [0, 1] scale, of the first K of ``total`` faces."""

    mse: Floats
    total: int


def face_errors(model: FaceModel, images: Images, rows: Rows) -> Iterator[FaceErrors]:
    """Measure each of some faces, chosen rows of (N, 48, 48, 3), as ``evaluate`` does.

    What is known so far comes after every 32 faces, and of all faces last; without rows at once.
    """
    mse = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _MEASURED_TOGETHER):
        originals = take(images, rows[start : start + _MEASURED_TOGETHER])
        end = start + len(originals)
        mse[start:end] = mse_per_image(originals, _reconstructions(model, originals))
        yield FaceErrors(mse[:end].copy(), len(rows))
    if not len(rows):
        yield FaceErrors(mse, 0)


@dataclass(frozen=True, slots=True)
class ErrorStatistics:
    """Of the MSE of some faces: mean, median, and what 95 % of them don't exceed."""

    mean: float
    median: float
    percentile_95: float


def error_statistics(mse: Floats) -> ErrorStatistics:
    """Summarise the MSE (K,) of K >= 1 faces."""
    median, high = np.percentile(mse, (50, 95))
    return ErrorStatistics(float(mse.mean(dtype=np.float64)), float(median), float(high))


def error_edges(mse: Sequence[Floats]) -> NDArray[np.float64]:
    """Return the edges (BARS + 1,) of a histogram of all these MSE, each (K,).

    The bars are equally wide on a logarithmic scale: errors of faces differ by factors. An MSE
    that isn't positive or no number is left out.
    """
    every = np.concatenate([np.empty(0), *mse]).astype(np.float64)
    every = every[np.isfinite(every) & (every > 0)]
    low, high = (every.min(), every.max()) if len(every) else (1e-4, 1e-2)
    if high < 1.01 * low:
        low, high = low / 1.1, high * 1.1
    return np.geomspace(low, high, BARS + 1)


def error_bars(mse: Floats, edges: NDArray[np.float64]) -> Rows:
    """Return in which bar, 0 to BARS - 1, each MSE (K,) lies; the outer ones take what is beyond.

    What is no number lies in the last.
    """
    return np.clip(np.searchsorted(edges, mse, side="right") - 1, 0, BARS - 1)


def write_errors(
    path: Path, faces: FaceSet, rows: Rows, columns: Sequence[tuple[str, Floats]]
) -> None:
    """Write the MSE of the faces in these rows as a table (CSV), in one step.

    Each of the ``columns`` is a title and one MSE a row.

    Raises:
        OSError: the file can't be written; an older one of that name is kept.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["row", "name", *(title for title, _ in columns)])
    for place, row in enumerate(rows):
        numbers = (f"{mse[place]:.6g}" for _, mse in columns)
        writer.writerow([int(row), faces.names[row], *numbers])
    write_bytes(path, text.getvalue().encode())


@dataclass(frozen=True, slots=True)
class Quality:
    """Agreement of two images.

    ``mse`` is on the [0, 1] scale, at least 0; ``psnr`` in dB, infinite for equal images;
    ``ssim`` at most 1, which only equal images reach.
    """

    mse: float
    psnr: float
    ssim: float


def quality(original: NDArray[Any], reconstruction: NDArray[Any]) -> Quality:
    """Compare one image with its reconstruction, both (48, 48, 3), uint8 or float in [0, 1].

    PSNR is ``10 log10(1 / MSE)``. SSIM is that of Wang, Bovik, Sheikh and Simoncelli, "Image
    quality assessment: from error visibility to structural similarity", IEEE Transactions on
    Image Processing 13(4), 2004, with their Gaussian window (sigma 1.5), mean over channels.

    Raises:
        ValueError: the shapes differ, or the images are smaller than the window of 11 x 11.
    """
    # scikit-image takes about as long to import as the rest of the engine without torch.
    with importing:
        from skimage.metrics import structural_similarity

    mse = float(mse_per_image(original[None], reconstruction[None])[0])
    ssim = structural_similarity(  # type: ignore[no-untyped-call]
        _unit_scale(original),
        _unit_scale(reconstruction),
        channel_axis=2,
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return Quality(mse, _psnr(mse), float(ssim))


def mse_per_image(originals: NDArray[Any], reconstructions: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean squared error of each pair on the [0, 1] scale, as (N,).

    Both are (N, 48, 48, 3), uint8 or float in [0, 1]; they may be of different kinds.

    Raises:
        ValueError: the shapes differ.
    """
    if originals.shape != reconstructions.shape:
        raise ValueError(
            f"images of shape {originals.shape} can't be compared with {reconstructions.shape}"
        )
    errors = np.empty(len(originals))
    for start in range(0, len(originals), _BLOCK):
        block = slice(start, start + _BLOCK)
        difference = _unit_scale(originals[block]) - _unit_scale(reconstructions[block])
        pixels = difference.reshape(len(difference), -1)
        errors[block] = np.square(pixels).mean(axis=1, dtype=np.float64)
    return errors


def _unit_scale(images: NDArray[Any]) -> NDArray[np.float32]:
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(255)
    return images.astype(np.float32, copy=False)


def _psnr(mse: float) -> float:
    return math.inf if mse == 0 else -10 * math.log10(mse)


def pca_mse(
    images: Images, train: Rows, test: Rows, components: int
) -> Iterator[WorkProgress | float]:
    """Measure the test MSE, on the [0, 1] scale, of the best linear code of a size; it comes last.

    The components are exact, from the training rows of ``images`` (N, 48, 48, 3); there are at
    most as many as they allow. Memory doesn't grow with their number. For 500 components of 8,030
    of 10,038 faces it takes 46 s of CPU and 0.6 GB; scikit-learn's PCA (``covariance_eigh``) gives
    the same MSE in 83 s and 2.5 GB, and reports no progress.
    """
    mean = _mean(images, train)
    directions = mean[:0]
    for step in _directions(images, train, mean, components):
        if isinstance(step, WorkProgress):
            yield step
        else:
            directions = step
    total = 0.0
    for rows in _blocks(test):
        centred = _pixels(images, rows) - mean
        residual = centred - (centred @ directions.T) @ directions
        total += float(np.square(residual).sum(dtype=np.float64))
    yield total / (len(test) * len(mean))


def _directions(
    images: Images, train: Rows, mean: Floats, components: int
) -> Iterator[WorkProgress | Floats]:
    """Find the orthonormal rows (K, D) along which most of the variance lies."""
    count = min(components, len(train) - 1, len(mean))
    if len(train) < len(mean):
        # With fewer faces than pixels the products of faces are the smaller matrix.
        centred = _pixels(images, train) - mean
        yield WorkProgress("Finding principal components")
        directions = _leading(centred @ centred.T, count) @ centred
        yield directions / np.linalg.norm(directions, axis=1, keepdims=True)
        return
    scatter = np.zeros((len(mean), len(mean)), np.float32)
    for number, rows in enumerate(_blocks(train)):
        centred = _pixels(images, rows) - mean
        scatter += centred.T @ centred
        yield WorkProgress(
            "Measuring covariance", min((number + 1) * _PCA_BLOCK, len(train)), len(train)
        )
    yield WorkProgress("Finding principal components")
    yield _leading(scatter, count)


def _leading(matrix: Floats, count: int) -> Floats:
    """Return the eigenvectors (count, N) of the largest eigenvalues; the matrix is overwritten."""
    with importing:
        from scipy.linalg import eigh

    size = len(matrix)
    chosen = (size - count, size - 1)
    _, vectors = eigh(matrix, subset_by_index=chosen, overwrite_a=True, check_finite=False)
    return np.ascontiguousarray(vectors.T)


def _mean(images: Images, rows: Rows) -> Floats:
    total = sum(_pixels(images, block).sum(axis=0, dtype=np.float64) for block in _blocks(rows))
    return np.asarray(total / len(rows), np.float32)


def _blocks(rows: Rows) -> list[Rows]:
    return [rows[start : start + _PCA_BLOCK] for start in range(0, len(rows), _PCA_BLOCK)]


def _pixels(images: Images, rows: Rows) -> Floats:
    return take(images, rows).reshape(len(rows), -1).astype(np.float32) / np.float32(255)
