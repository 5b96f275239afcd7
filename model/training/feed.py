"""Batches of training images: held on the device if they fit, else read on demand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.data.mapped import take
from model.device import free_memory
from model.face_set import FACE_SHAPE

_BLOCK = 4096


class BatchSource:
    """Chosen rows of images (N, 48, 48, 3), given as uint8 (n, 3, 48, 48) tensors on the device.

    A GPU holds all of them if they take at most half of its free memory. Otherwise, and on the
    CPU, each request is copied out of the images, which may be a memory map of any size. Their
    order is the caller's; where the map is larger than the memory, each image costs an access to
    the disk.
    """

    def __init__(
        self, images: NDArray[np.uint8], rows: NDArray[np.int64], device: torch.device
    ) -> None:
        self._images = images
        self._rows = rows
        self._device = device
        self._held: Tensor | None = None
        size = len(rows) * int(np.prod(FACE_SHAPE))
        if device.type != "cpu" and size <= free_memory(device) // 2:
            self._held = self._on_device()

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, chosen: slice | Tensor) -> Tensor:
        if self._held is not None:
            return self._held[chosen].permute(0, 3, 1, 2)
        index = chosen if isinstance(chosen, slice) else chosen.numpy()
        images = torch.from_numpy(take(self._images, self._rows[index]))
        return images.to(self._device).permute(0, 3, 1, 2)

    @property
    def index_device(self) -> torch.device:
        """Where a tensor of chosen indices should lie."""
        return torch.device("cpu") if self._held is None else self._device

    def blocks(self, size: int, part: int = 0, parts: int = 1) -> Iterator[Tensor]:
        """Yield images in order, ``size`` at a time: every ``parts``-th block from ``part`` on.

        All parts have the same number of blocks; the last one may be empty.
        """
        for start in range(part * size, len(self) + part * size, parts * size):
            yield self[start : start + size]

    def _on_device(self) -> Tensor:
        held = torch.empty((len(self), *FACE_SHAPE), dtype=torch.uint8, device=self._device)
        for start in range(0, len(self), _BLOCK):
            block = take(self._images, self._rows[start : start + _BLOCK])
            held[start : start + len(block)] = torch.from_numpy(block)
        return held
