"""Which number format the network computes fastest in."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from functools import partial

import torch
from torch.nn import functional

from model.device import autocast, emulates_bfloat16, quickest
from model.face_set import FACE_SIZE
from model.network import CHANNELS, ConvAutoencoder, on_device

PRECISIONS: Mapping[str, torch.dtype] = {"float32": torch.float32, "bfloat16": torch.bfloat16}

_TRIED_IMAGES = 16


@functools.cache
@torch.inference_mode(False)
@torch.enable_grad()
def fastest_precision(device: torch.device) -> str:
    """Return in which of the ``PRECISIONS`` the network learns fastest on a device.

    Measured once a process, in about half a second; where bfloat16 is emulated it isn't tried.
    """
    if emulates_bfloat16(device):
        return "float32"
    with torch.device("meta"):  # draws no random numbers: trainings repeat
        network = ConvAutoencoder(dropout=0)
    network = on_device(network.to_empty(device="cpu"), device)
    for tensor in network.state_dict().values():
        tensor.fill_(0.01)
    images = torch.ones(_TRIED_IMAGES, CHANNELS, FACE_SIZE, FACE_SIZE, device=device)
    images = images.contiguous(memory_format=torch.channels_last)

    def learn(dtype: torch.dtype) -> None:
        with autocast(device, dtype):
            output = network(images)
        functional.mse_loss(output.float(), images).backward()  # type: ignore[no-untyped-call]

    return quickest({name: partial(learn, PRECISIONS[name]) for name in PRECISIONS}, device)
