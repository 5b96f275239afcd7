"""Data augmentation: random mirroring, shifts and changes of colour of training faces."""

from __future__ import annotations

from typing import NamedTuple, Self

import torch
from torch import Tensor

from model.config import TrainConfig


class Augmentation(NamedTuple):
    """The random parameters for B faces, drawn independently of the faces."""

    mirrored: Tensor
    """bool (B, 1): whether left and right are exchanged."""
    moves: Tensor
    """int64 (B, 2): pixels downwards and to the right."""
    light: Tensor
    """float (B, 2, 3): per channel a change of contrast, and what is added."""

    @classmethod
    def draw(cls, config: TrainConfig, count: int, random: torch.Generator) -> Self:
        """Draw the parameters for ``count`` faces."""
        mirrored = torch.rand(count, 1, generator=random) < (0.5 if config.flip else 0.0)
        moves = torch.randint(-config.shift, config.shift + 1, (count, 2), generator=random)
        light = config.color_jitter * (2 * torch.rand(count, 2, 3, generator=random) - 1)
        return cls(mirrored, moves, light)

    def of(self, faces: slice) -> Self:
        """Return the parameters of some of the faces."""
        return type(self)(*(drawn[faces] for drawn in self))

    def applied(self, images: Tensor) -> Tensor:
        """Return augmented float images in [0, 1] for uint8 images, both (B, 3, H, W).

        Where a face moves away from the border, the border is repeated.
        """
        changed = self._moved(images).float().div_(255)
        if self.light.any():
            contrast, offset = self.light.to(images.device)[..., None, None].unbind(1)
            changed = ((changed - 0.5) * (1 + contrast) + (0.5 + offset / 2)).clamp_(0, 1)
        return changed.contiguous(memory_format=torch.channels_last)

    def _moved(self, images: Tensor) -> Tensor:
        """Mirror and move by picking rows and columns: one pass over the bytes."""
        height, width = images.shape[2:]
        rows = (torch.arange(height) - self.moves[:, :1]).clamp_(0, height - 1)
        columns = (torch.arange(width) - self.moves[:, 1:]).clamp_(0, width - 1)
        columns = torch.where(self.mirrored, width - 1 - columns, columns)
        faces = torch.arange(len(images))[:, None, None]
        chosen = (faces, rows[:, :, None], columns[:, None, :])
        picked = images.permute(0, 2, 3, 1)[tuple(index.to(images.device) for index in chosen)]
        return picked.permute(0, 3, 1, 2)
