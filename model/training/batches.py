"""Batches of training images, and their augmentation.

Augmentation is random mirroring, shifts, and changes of contrast and brightness.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.config import TrainConfig
from model.device import free_memory
from model.face_set import FACE_SHAPE, take

_BLOCK = 4096


class BatchSource:
    """Chosen rows of images (N, 48, 48, 3), given as uint8 (n, 3, 48, 48) tensors on the device.

    A GPU holds all of them if they take at most half of its free memory. Otherwise, and on the
    CPU, each batch is copied from the images, which may be a memory map of any size. If that is
    larger than the memory, each image in random order takes a disk access.
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
        """The device on which tensors of indices should be."""
        return torch.device("cpu") if self._held is None else self._device

    def blocks(self, size: int, part: int = 0, parts: int = 1) -> Iterator[Tensor]:
        """Yield blocks of ``size`` images in order: every ``parts``-th one, starting with ``part``.

        All parts have the same number of blocks; the last block may be empty.
        """
        for start in range(part * size, len(self) + part * size, parts * size):
            yield self[start : start + size]

    def _on_device(self) -> Tensor:
        held = torch.empty((len(self), *FACE_SHAPE), dtype=torch.uint8, device=self._device)
        for start in range(0, len(self), _BLOCK):
            block = take(self._images, self._rows[start : start + _BLOCK])
            held[start : start + len(block)] = torch.from_numpy(block)
        return held


class Augmentation(NamedTuple):
    """Random parameters for B faces."""

    mirrored: Tensor
    """bool (B, 1): whether the face is mirrored horizontally."""
    moves: Tensor
    """int64 (B, 2): pixels downwards and to the right."""
    light: Tensor
    """float (B, 2, 3): per channel the change of contrast, and the offset."""

    @classmethod
    def draw(cls, config: TrainConfig, count: int, random: torch.Generator) -> Self:
        """Draw the parameters for ``count`` faces."""
        mirrored = torch.rand(count, 1, generator=random) < (0.5 if config.flip else 0.0)
        moves = torch.randint(-config.shift, config.shift + 1, (count, 2), generator=random)
        light = config.color_jitter * (2 * torch.rand(count, 2, 3, generator=random) - 1)
        return cls(mirrored, moves, light)

    def of(self, faces: slice) -> Self:
        """Return the parameters of a slice of the faces."""
        return type(self)(*(drawn[faces] for drawn in self))

    def applied(self, images: Tensor) -> Tensor:
        """Return augmented float images in [0, 1] for uint8 images, both (B, 3, H, W).

        Shifted images are padded by repeating their border.
        """
        changed = self._moved(images).float().div_(255)
        if self.light.any():
            contrast, offset = self.light.to(images.device)[..., None, None].unbind(1)
            changed = ((changed - 0.5) * (1 + contrast) + (0.5 + offset / 2)).clamp_(0, 1)
        return changed.contiguous(memory_format=torch.channels_last)

    def _moved(self, images: Tensor) -> Tensor:
        """Mirror and shift uint8 images by indexing: one pass over the bytes."""
        height, width = images.shape[2:]
        rows = (torch.arange(height) - self.moves[:, :1]).clamp_(0, height - 1)
        columns = (torch.arange(width) - self.moves[:, 1:]).clamp_(0, width - 1)
        columns = torch.where(self.mirrored, width - 1 - columns, columns)
        faces = torch.arange(len(images))[:, None, None]
        chosen = (faces, rows[:, :, None], columns[:, None, :])
        picked = images.permute(0, 2, 3, 1)[tuple(index.to(images.device) for index in chosen)]
        return picked.permute(0, 3, 1, 2)
