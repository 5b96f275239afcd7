"""Which device computes, and in which precision."""

from __future__ import annotations

import functools
import math
import os
import platform
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor

from model.system.child import cores


def pick_device() -> torch.device:
    """Return the fastest device here: CUDA, then Apple's Metal, then the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def device_name(device: torch.device) -> str:
    """Return the device's name for display."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"


@functools.cache
def processor(device: torch.device) -> str:
    """Return the name of the CPU or GPU; devices of one name give the same numbers."""
    if device.type != "cpu":
        return device_name(device)
    instructions = torch.backends.cpu.get_cpu_capability()
    return f"{processor_name()}, {instructions}, PyTorch {torch.__version__}"


def processor_name() -> str:
    """Return the name that the processor gives itself."""
    with suppress(OSError, StopIteration):  # only Linux has the file
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        named = next(line for line in lines if line.startswith("model name"))
        return named.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def autocast(device: torch.device, dtype: torch.dtype) -> torch.autocast:
    """Return a context in which convolutions and products compute in ``dtype``."""
    low = dtype is not torch.float32
    return torch.autocast(device.type, dtype if low else torch.bfloat16, enabled=low)


def free_memory(device: torch.device) -> int:
    """Return how many bytes of a GPU's memory are free."""
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
    """Set how many threads PyTorch uses for this thread; None is OMP_NUM_THREADS, or all cores.

    PyTorch has a thread pool for each calling thread. A single face is computed sooner by one core
    than by a pool that competes with a training in another thread.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    torch.set_num_threads(count or (int(asked) if asked.isdecimal() else 0) or cores())


def synchronize(device: torch.device) -> None:
    """Wait until a GPU has finished all queued work; does nothing on a CPU."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def quickest(candidates: Mapping[str, Callable[[], object]], device: torch.device) -> str:
    """Return the name of the candidate that takes the least time.

    They run in turns, so that other load slows all of them, and the best of three runs counts,
    after one to warm up. A candidate that the device can't run is left out.

    Raises:
        RuntimeError: the device can run none of them.
    """
    times: dict[str, float] = {}
    for name, work in candidates.items():
        with suppress(RuntimeError):  # not implemented there, or not enough memory
            _seconds(work, device)
            times[name] = math.inf
    for _ in range(3 if len(times) > 1 else 0):
        for name in times:
            times[name] = min(times[name], _seconds(candidates[name], device))
    if not times:
        raise RuntimeError(f"none of {', '.join(candidates)} runs on {device.type}")
    return min(times, key=times.__getitem__)


@functools.cache
def emulates_bfloat16(device: torch.device) -> bool:
    """Tell by trying, once a process, whether bfloat16 is emulated or not supported at all.

    Processors without instructions for it take up to ninety times as long as in float32. The
    product that is tried is so small that this costs a fifth of a second there.
    """

    def product(dtype: torch.dtype) -> Callable[[], Tensor]:
        matrix = torch.ones(256, 256, device=device, dtype=dtype)
        return lambda: matrix @ matrix

    with torch.inference_mode(), suppress(RuntimeError, TypeError):
        known, tried = product(torch.float32), product(torch.bfloat16)
        _seconds(known, device)  # loads code and starts threads
        _seconds(tried, device)
        return _seconds(tried, device) > 4 * min(_seconds(known, device) for _ in range(3))
    return True


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    synchronize(device)
    start = time.perf_counter()
    work()
    synchronize(device)
    return time.perf_counter() - start
