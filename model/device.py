"""Which device computes, and in which precision."""

from __future__ import annotations

import functools
import time

import torch
from torch.nn import functional


def pick_device() -> torch.device:
    """Return the fastest device here: CUDA, then Apple's Metal, then the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def device_name(device: torch.device) -> str:
    """Return the device's name as a person knows it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU, {torch.get_num_threads()} threads"


def autocast(device: torch.device, *, enabled: bool = True) -> torch.autocast:
    """Return the context in which the network runs fastest on this device."""
    use = enabled and (device.type == "cuda" or (device.type == "cpu" and bfloat16_is_faster()))
    return torch.autocast(device.type, torch.bfloat16, enabled=use)


@functools.cache
@torch.inference_mode(False)
@torch.enable_grad()
def bfloat16_is_faster() -> bool:
    """Tell by trying, once a process, whether this processor convolves faster in bfloat16.

    Processors with bfloat16 instructions gain a factor of two or more; others only emulate them.
    """
    kernel = torch.ones(64, 64, 3, 3, requires_grad=True)  # no random numbers: runs repeat
    images = torch.ones(16, 64, 24, 24).contiguous(memory_format=torch.channels_last)

    def seconds(dtype: torch.dtype) -> float:
        best = float("inf")
        for _ in range(4):
            start = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled=dtype is torch.bfloat16):
                functional.conv2d(images, kernel, padding=1).sum().backward()  # type: ignore[no-untyped-call]
            best = min(best, time.perf_counter() - start)
        return best

    return seconds(torch.bfloat16) < seconds(torch.float32)
