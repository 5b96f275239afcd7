"""What was dropped or pasted: files, or a picture itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage

from cae_gui.face_mime import MIME_TYPE
from cae_gui.images import from_qimage

NOT_FETCHED = "CAE Studio doesn't fetch pictures from the network. Save it first, then drop it."


class Dropped(NamedTuple):
    """Files and pictures uint8 (H, W, 3); ``refused`` says what can't be taken and why."""

    paths: list[Path]
    pictures: list[Any]
    refused: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say or to do."""
        return not (self.paths or self.pictures or self.refused)


def has_files_or_image(mime: QMimeData) -> bool:
    """Tell whether ``dropped`` may find something; a face from the gallery isn't meant."""
    return not mime.hasFormat(MIME_TYPE) and (mime.hasUrls() or mime.hasImage())


def dropped(mime: QMimeData | None) -> Dropped:
    """Take local files, or else the picture; links to the network aren't followed."""
    if mime is None or mime.hasFormat(MIME_TYPE):
        return Dropped([], [])
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    if paths:
        return Dropped(paths, [])
    image = mime.imageData() if mime.hasImage() else None
    if isinstance(image, QImage) and not image.isNull():
        return Dropped([], [from_qimage(image)])
    if mime.hasUrls():
        return Dropped([], [], NOT_FETCHED)
    return Dropped([], [])
