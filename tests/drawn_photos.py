"""Photos for tests that show nobody: demo faces, which are synthetic, enlarged on a background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from model.data.datasets import demo_faces
from model.photos.crop import CropBox


class Sitter(NamedTuple):
    """A demo face (by row) in a photo: where its box has its centre, its size and its angle."""

    row: int
    x: float
    y: float
    size: int
    angle: float = 0.0

    @property
    def box(self) -> CropBox:
        return CropBox.around(self.x, self.y, self.size, self.angle)


def drawn_photo(sitters: Sequence[Sitter], size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Draw the faces; each brings half its size of its own continued edge around it."""
    photo = Image.new("RGB", size, (120, 130, 140))
    images = demo_faces().images
    for sitter in sitters:
        side = sitter.size
        face = Image.fromarray(np.asarray(images[sitter.row])).resize((side, side))
        around = ((side // 2, side // 2), (side // 2, side // 2), (0, 0))
        portrait = Image.fromarray(np.pad(np.asarray(face), around, mode="edge"))
        mask = Image.new("L", portrait.size, 255)
        bicubic = Image.Resampling.BICUBIC
        place = round(sitter.x - portrait.width / 2), round(sitter.y - portrait.height / 2)
        turned = portrait.rotate(-sitter.angle, bicubic)
        photo.paste(turned, place, mask.rotate(-sitter.angle, bicubic))
    return photo
