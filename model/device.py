"""Which device computes, and in which precision."""

from __future__ import annotations

import functools
import time

import torch
from torch.nn import functional

from model.child import cores


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
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"


def autocast(device: torch.device, *, enabled: bool | None = None) -> torch.autocast:
    """Return a context with bfloat16 convolutions: where enabled, or for None where they pay."""
    use = low_precision_pays(device) if enabled is None else enabled
    return torch.autocast(device.type, torch.bfloat16, enabled=use)


def low_precision_pays(device: torch.device) -> bool:
    """Tell whether the network runs faster in bfloat16 on this device."""
    return device.type == "cuda" or (device.type == "cpu" and bfloat16_is_faster())


def free_memory(device: torch.device) -> int:
    """Return how many bytes of a GPU's memory nobody uses yet."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()


def random_state(device: torch.device) -> torch.Tensor:
    """Return the state of the generator that dropout draws from on this device."""
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def set_random_state(device: torch.device, state: torch.Tensor) -> None:
    """Set what ``random_state`` returned."""
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)


def use_threads(count: int | None) -> None:
    """Let this thread compute on so many cores, or on all of them for None.

    PyTorch's thread pools are one per calling thread. Someone who waits for one face is answered
    sooner by a single core than by a pool that a training in the next thread keeps waiting.
    """
    torch.set_num_threads(count or cores())


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
