"""Quality of a reconstruction: MSE, PSNR and SSIM of one image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Whole test sets are compared in blocks, so that the float copies stay in the cache.
_BLOCK = 256


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
