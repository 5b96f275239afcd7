"""Decoding, encoding and reconstruction of faces with a model; stateless."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model.checkpoint import FaceModel
from model.device import autocast
from model.folded import FoldedDecoder
from model.network import ConvAutoencoder
from model.precision import PRECISIONS, fastest_precision

ENCODE_BATCH = 128

Images = NDArray[np.uint8]
Latents = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Faces with their latents and what the decoder makes of them.

    ``originals`` and ``images`` are uint8 (N, 48, 48, 3); ``latents`` is float32 (N, L).
    """

    originals: Images
    latents: Latents
    images: Images


@functools.lru_cache(maxsize=2)
def _decoder(network: ConvAutoencoder) -> FoldedDecoder:
    """Fold each network once; the previous one may still be decoding when a new one is in use."""
    return FoldedDecoder(network)


@torch.inference_mode()
def decode(model: FaceModel, latents: Latents) -> Images:
    """Return the images uint8 (N, 48, 48, 3) of latents (N, L)."""
    images = _decoder(model.network)(torch.tensor(latents))  # a copy: the array may be read-only
    return images.clamp_(0, 1).mul_(255).round_().byte().permute(0, 2, 3, 1).contiguous().numpy()


@torch.inference_mode()
def encode(model: FaceModel, images: Images, *, fast: bool = False) -> Latents:
    """Return the latents float32 (N, L) of images uint8 (N, 48, 48, 3).

    ``fast`` computes in the device's fast precision: fit for statistics of many faces, while
    one face shown and edited deserves full precision.
    """
    return _encode(model.network, images, fast)


def _encode(network: ConvAutoencoder, images: Images, fast: bool) -> Latents:
    batch = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float().div_(255)
    device = torch.device("cpu")
    precision = fastest_precision(device) if fast else "float32"
    with autocast(device, PRECISIONS[precision]):
        return network.encode(batch).float().numpy()


def reconstruct(model: FaceModel, images: Images) -> Reconstruction:
    """Encode and decode images uint8 (N, 48, 48, 3)."""
    latents = encode(model, images)
    return Reconstruction(images, latents, decode(model, latents))
