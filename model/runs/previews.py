"""The preview faces of a run: the same test faces after each epoch, one small picture an epoch.

::

    previews/
        originals.webp     the faces themselves
        epoch-00001.webp   what the network made of them after the first epoch

Pictures are lossless WebP, the faces side by side; ten take about 20 kB. Up to ``MAX_KEPT`` epochs
are kept; then every second one, every fourth one and so on, with the first and the newest always,
so that the folder stays below 5 MB for a training of any length.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.face_set import FACE_SIZE
from model.io.files import read_bytes, replacing

MAX_KEPT = 200
MAX_FACES = 64
_MAX_BYTES = 1_000_000
"""Sixty-four faces that can't be compressed take 0.5 MB."""

Faces = NDArray[np.uint8]


class Previews:
    """The folder of a run's preview faces, uint8 (K, 48, 48, 3) with K from 1 to 64."""

    def __init__(self, run_folder: Path) -> None:
        self.folder = run_folder / "previews"

    def save_originals(self, faces: Faces) -> None:
        """Keep the faces themselves, unless that is done.

        Raises:
            OSError: they can't be written.
        """
        if not self._originals.exists():
            self._write(self._originals, faces)

    def save(self, epoch: int, faces: Faces) -> None:
        """Keep the faces after an epoch, and delete earlier ones that are too many.

        Raises:
            OSError: they can't be written.
        """
        self._write(self._path(epoch), faces)
        for old in self.epochs():
            if old < epoch and not _is_kept(old, epoch):
                self._path(old).unlink(missing_ok=True)

    def originals(self) -> Faces | None:
        """Return the faces themselves, or None where they can't be read."""
        return _read(self._originals)

    def at(self, epoch: int) -> Faces | None:
        """Return the faces after an epoch, or None where they can't be read."""
        return _read(self._path(epoch))

    def epochs(self) -> list[int]:
        """Return the epochs of which there are pictures, in order."""
        try:
            matches = [_NAME.fullmatch(path.name) for path in self.folder.iterdir()]
        except OSError:
            return []
        return sorted(int(match[1]) for match in matches if match)

    def tidy(self) -> None:
        """Delete what writers that were killed left behind."""
        for path in self.folder.glob(".*-*"):
            path.unlink(missing_ok=True)

    @property
    def _originals(self) -> Path:
        return self.folder / "originals.webp"

    def _path(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch:05}.webp"

    def _write(self, path: Path, faces: Faces) -> None:
        self.folder.mkdir(exist_ok=True)
        strip = Image.fromarray(np.concatenate(list(faces), axis=1))
        with replacing(path) as temporary:
            strip.save(temporary, "WEBP", lossless=True)


def _is_kept(epoch: int, newest: int) -> bool:
    stride = 1
    while newest / stride > MAX_KEPT:
        stride *= 2
    return epoch == 1 or epoch % stride == 0


def _read(path: Path) -> Faces | None:
    """Return the faces of a picture; None where it is missing, incomplete, or of another format."""
    try:
        content = io.BytesIO(read_bytes(path, _MAX_BYTES))
        with Image.open(content, formats=["WEBP"]) as picture:
            width, height = picture.size
            if height != FACE_SIZE or width % FACE_SIZE or width > FACE_SIZE * MAX_FACES:
                return None
            strip = np.asarray(picture.convert("RGB"))
    # Decoders raise many kinds of errors for damaged data.
    except Exception:
        return None
    return np.stack(np.split(strip, width // FACE_SIZE, axis=1))


_NAME = re.compile(r"epoch-(\d{5,7})\.webp")
