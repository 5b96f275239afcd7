"""Inference: encode and decode faces, and a decoder that is folded for low latency.

How the decoder's pictures change with the latents is here too, for what fits latents to pictures.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from model.checkpoint import FaceModel
from model.device import autocast
from model.morph.key_frames import Path as MorphPath
from model.morph.pace import EvenPace, measure_pace
from model.network import ConvAutoencoder, FromVector, UpBlock
from model.precision import PRECISIONS, fastest_precision
from model.progress import WorkProgress

ENCODE_BATCH = 128

Images = NDArray[np.uint8]
Latents = NDArray[np.float32]
Floats = NDArray[np.float32]

MIN_CONVOLVED = 4
"""From this batch size on a transposed convolution is faster than the product of ``_overlay``."""

_PUSHED = 512


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
    images = _decoder(model.network)(torch.tensor(latents))  # a copy: it may be read-only
    return as_images(images)


@torch.inference_mode()
def decode_exactly(model: FaceModel, latents: Latents) -> Floats:
    """Return images (N, 48, 48, 3) of latents (N, L) on the [0, 1] scale, not rounded.

    They tell small changes, which the images of ``decode`` round to a 255th or to none.
    """
    images = _decoder(model.network)(torch.tensor(latents))
    return images.clamp(0, 1).permute(0, 2, 3, 1).numpy()


def even_pace(model: FaceModel, path: MorphPath) -> MorphPath:
    """Return a path at an even pace: its pictures by this model change by equal amounts."""
    decode_some = functools.partial(decode_exactly, model)
    *_, pace = measure_pace(path.along, decode_some, segments=path.segments)
    assert isinstance(pace, EvenPace)
    return replace(path, pace=pace)


def as_images(output: Tensor) -> Images:
    """Return what a decoder made (N, 3, 48, 48), on any device, as uint8 (N, 48, 48, 3)."""
    pixels = output.clamp(0, 1).mul_(255).round_().byte().permute(0, 2, 3, 1)
    return pixels.contiguous().cpu().numpy()


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


class FoldedDecoder:
    """Decodes as the network does, in a third of the operations.

    Batch norm is folded into the kernels before it, and each kernel is merged with the upsampling
    before that. Only for a network in eval mode whose weights no longer change.

    One image is bound by reading the 7.4 MB of weights, which other work has driven out of the
    cache since the last one: read in the order in which they lie, they take a fifth less time.
    """

    @torch.inference_mode()
    def __init__(self, network: ConvAutoencoder) -> None:
        first = cast(FromVector, network.decoder[1])
        assert first.bias is not None
        # A row per number of the latent: read in half the time of a row per number of the image.
        self._kernel = first.weight.permute(0, 2, 3, 1).flatten(1).contiguous()
        self._bias = first.bias.repeat(9)
        self._channels = first.out_channels
        blocks = [part for part in network.decoder if isinstance(part, UpBlock)]
        self._blocks = [_folded(block) for block in blocks]

    @torch.inference_mode()
    def __call__(self, latents: Tensor) -> Tensor:
        """Map latents (N, L) to images (N, 3, 48, 48), as ``ConvAutoencoder.decode``."""
        rows = functional.elu_(torch.addmm(self._bias, latents, self._kernel))
        features = rows.view(-1, 3, 3, self._channels)
        enlarge = _overlay if len(latents) < MIN_CONVOLVED else _convolve
        for kernel, bias in self._blocks:
            features = functional.elu_(enlarge(features, kernel, bias))
        return features.permute(0, 3, 1, 2)


class LinearDecoder:
    """The folded decoder on a device, and its derivative at any latents.

    Written out instead of recorded by autograd: the folded weights need no graph, and the slopes of
    one pass serve both products with the Jacobian.
    """

    def __init__(self, network: ConvAutoencoder, device: torch.device) -> None:
        folded = _decoder(network)
        self.kernel, self.bias = folded._kernel.to(device), folded._bias.to(device)
        self.blocks = [(kernel.to(device), bias.to(device)) for kernel, bias in folded._blocks]
        self._channels = folded._channels

    def at(self, latents: Tensor) -> Linearization:
        """Decode latents (N, L), and keep the slopes there."""
        features = functional.elu_(torch.addmm(self.bias, latents, self.kernel))
        slopes = [_elu_slope(features)]
        features = self.as_features(features)
        for kernel, bias in self.blocks:
            features = functional.conv_transpose2d(features, kernel, bias, stride=2, padding=1)
            features = functional.elu_(features)
            slopes.append(_elu_slope(features))
        return Linearization(self, features, slopes)

    def as_features(self, rows: Tensor) -> Tensor:
        """Return rows (N, 9 C) as features (N, C, 3, 3)."""
        return rows.view(-1, 3, 3, self._channels).permute(0, 3, 1, 2)


class Linearization:
    """The decoder at N latents: its ``images`` (N, 3, 48, 48), not clipped, and J, its Jacobian."""

    def __init__(self, decoder: LinearDecoder, images: Tensor, slopes: list[Tensor]) -> None:
        self.images = images
        self._decoder, self._slopes = decoder, slopes

    def push(self, changes: Tensor) -> Tensor:
        """Return J times changes of the latents (N, L): changes of the images (N, 3, 48, 48).

        Where N is 1, any number of changes of this one latent.
        """
        decoder = self._decoder
        features = decoder.as_features((changes @ decoder.kernel) * self._slopes[0])
        for (kernel, _), slope in zip(decoder.blocks, self._slopes[1:], strict=True):
            features = functional.conv_transpose2d(features, kernel, stride=2, padding=1) * slope
        return features

    def pull(self, changes: Tensor) -> Tensor:
        """Return the transpose of J times changes of the images (N, 3, 48, 48): (N, L)."""
        decoder = self._decoder
        blocks = list(zip(decoder.blocks, self._slopes[1:], strict=True))
        for (kernel, _), slope in reversed(blocks):
            changes = functional.conv2d(changes * slope, kernel, stride=2, padding=1)
        rows = changes.permute(0, 2, 3, 1).flatten(1)
        return (rows * self._slopes[0]) @ decoder.kernel.T

    def where(self, chosen: Tensor, other: Linearization) -> Linearization:
        """Return this one in the ``chosen`` rows, bool (N,), and the other one elsewhere."""

        def mixed(mine: Tensor, others: Tensor) -> Tensor:
            return torch.where(chosen.view(-1, *[1] * (mine.ndim - 1)), mine, others)

        slopes = list(map(mixed, self._slopes, other._slopes))
        return Linearization(self._decoder, mixed(self.images, other.images), slopes)


def _elu_slope(output: Tensor) -> Tensor:
    """Return the derivative of an ELU, told by what it gave."""
    return output.clamp(max=0).add_(1)


@torch.inference_mode()
def measure_curvature(model: FaceModel, latents: Latents) -> Iterator[WorkProgress | Floats]:
    """Measure how strongly latents change the pictures; yield the matrix (L, L) last.

    It is the mean over latents (N, L), N >= 1, of the transpose of J times J, J being the Jacobian
    of the decoder's 6,912 numbers on the [0, 1] scale: exact, in 0.4 s for each latent of 500
    numbers on one core. Four latents are enough: with 64, fitting came 1 % further in one step.

    Raises:
        ValueError: no latents.
    """
    if not len(latents):
        raise ValueError("there are no latents to measure the curvature at")
    size = model.network.latent_dim
    decoder = LinearDecoder(model.network, torch.device("cpu"))
    total, unit = torch.zeros(size, size), torch.eye(size)
    for number, latent in enumerate(latents):
        yield WorkProgress("Measuring the decoder", number, len(latents))
        point = decoder.at(torch.tensor(latent[None]))
        parts = [point.push(part).flatten(1) for part in torch.split(unit, _PUSHED)]
        jacobian = torch.cat(parts)
        total += jacobian @ jacobian.T
    yield (total / len(latents)).numpy()


def _overlay(features: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Map features (N, H, W, C) to (N, 2H, 2W, D) by a kernel (C, D, 4, 4) with stride 2.

    One product gives the 4x4 patch that each place adds to the result; patches overlap by half.
    It reads each weight once, in the order in which they lie.
    """
    count, height, width, channels = features.shape
    size = len(bias)
    weights = kernel.permute(0, 2, 3, 1).reshape(channels, -1)  # a view: they lie channels-last
    patches = torch.mm(features.reshape(-1, channels), weights)
    patches = patches.view(count, height, width, 2, 2, 2, 2, size)
    result = bias.repeat(count, height + 1, 2, width + 1, 2, 1)
    for down in range(2):
        for right in range(2):
            part = patches[:, :, :, down, :, right].transpose(2, 3)
            result[:, down : down + height, :, right : right + width] += part
    # The kernel's padding of 1 leaves the outermost rows and columns out.
    return result.view(count, 2 * height + 2, 2 * width + 2, size)[:, 1:-1, 1:-1]


def _convolve(features: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Do as ``_overlay``, by a transposed convolution."""
    images = features.permute(0, 3, 1, 2)
    images = functional.conv_transpose2d(images, kernel, bias, stride=2, padding=1)
    return images.permute(0, 2, 3, 1)


def _folded(block: UpBlock) -> tuple[Tensor, Tensor]:
    """Return kernel and bias that do what upsampling, convolution and batch norm do."""
    convolution, norm = cast(nn.ConvTranspose2d, block[1]), cast(nn.BatchNorm2d, block[2])
    assert convolution.bias is not None
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    kernel = block.merged_kernel() * scale[:, None, None]
    bias = (convolution.bias - norm.running_mean) * scale + norm.bias
    return kernel.contiguous(memory_format=torch.channels_last), bias
