"""Files for a random person to open: good and bad photos, folders and models."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from model.latents.custom_directions import DirectionFaces, save_directions

SIZES = ((320, 240), (240, 320), (48, 48), (1600, 1200))


class Material:
    """What lies on this person's disk, below ``folder``."""

    def __init__(self, folder: Path, seed: int) -> None:
        chance = random.Random(seed)
        self.folder = folder
        self.exports = _made(folder / "exports")
        photos, models = _made(folder / "photos"), _made(folder / "models")
        self.photos = [_photo(photos / f"{number}.png", chance) for number in range(8)]
        self.photos += _bad_photos(photos, self.photos[0])
        faces, self.empty = _made(folder / "faces"), _made(folder / "empty")
        for number in range(60):
            _photo(faces / f"{number:02d}.png", chance, ((48, 48),))
        self.folders = [faces, self.empty, folder / "gone"]
        self.faces = faces
        self.models = _models(models)
        self._others = _others(_made(folder / "others"))

    def files(self, formats: str) -> list[Path]:
        """Return files of these formats (“*.pth *.pt”), those that were saved among them."""
        suffixes = re.findall(r"\*(\.[\w-]+)", formats)
        found = [*self.models, *self._others, *sorted(self.exports.iterdir())]
        return [path for path in found if path.suffix in suffixes] or [self.folder / "gone"]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _photo(path: Path, chance: random.Random, sizes: tuple[tuple[int, int], ...] = SIZES) -> Path:
    pixels = np.frombuffer(chance.randbytes(4 * 4 * 3), np.uint8).reshape(4, 4, 3)
    Image.fromarray(pixels).resize(chance.choice(sizes)).save(path)
    return path


def _bad_photos(folder: Path, good: Path) -> list[Path]:
    contents = {
        "text.png": b"no picture",
        "empty.jpg": b"",
        "half.png": good.read_bytes()[:200],
        "noise.webp": bytes(range(256)) * 40,
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [*(folder / name for name in contents), folder / "gone.png"]


def _models(folder: Path) -> list[Path]:
    shipped = Path(__file__).parents[1] / "resources" / "pretrained.safetensors"
    good = folder / "good.safetensors"
    shutil.copy(shipped, good)
    (folder / "half.safetensors").write_bytes(good.read_bytes()[:100_000])
    (folder / "noise.pth").write_bytes(bytes(range(256)) * 40)
    return [good, folder / "half.safetensors", folder / "noise.pth", folder / "gone.pth"]


def _others(folder: Path) -> list[Path]:
    faces = np.random.default_rng(0).integers(0, 256, (6, 48, 48, 3), np.uint8)
    good = folder / "good.directions"
    save_directions(
        good,
        [DirectionFaces("Hat", faces[:3], faces[3:]), DirectionFaces("Hat", faces[:1], faces[:0])],
    )
    (folder / "half.directions").write_bytes(good.read_bytes()[:20_000])
    (folder / "noise.cae-session").write_bytes(bytes(range(256)) * 40)
    return sorted(folder.iterdir())
