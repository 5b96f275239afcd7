"""A frozen decoder in its shortest form, for the picture that follows a slider."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.network import ConvAutoencoder, FromVector, UpBlock


class FoldedDecoder:
    """Decodes as the network does, in a third of the operations.

    Batch norm is folded into the kernels before it, and each kernel is merged with the upsampling
    before that. Only for a network in eval mode whose weights no longer change.
    """

    @torch.inference_mode()
    def __init__(self, network: ConvAutoencoder) -> None:
        first = cast(FromVector, network.decoder[1])
        assert first.bias is not None
        self._kernel = first.weight.permute(2, 3, 1, 0).flatten(0, 2).contiguous()
        self._bias = first.bias.repeat(9)
        self._channels = first.out_channels
        blocks = [part for part in network.decoder if isinstance(part, UpBlock)]
        self._blocks = [_folded(block) for block in blocks]

    @torch.inference_mode()
    def __call__(self, latents: Tensor) -> Tensor:
        """Map latents (N, L) to images (N, 3, 48, 48), as ``ConvAutoencoder.decode``."""
        rows = functional.elu_(functional.linear(latents, self._kernel, self._bias))
        features = rows.view(-1, 3, 3, self._channels).permute(0, 3, 1, 2)
        for kernel, bias in self._blocks:
            features = functional.conv_transpose2d(features, kernel, bias, stride=2, padding=1)
            features = functional.elu_(features)
        return features


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
