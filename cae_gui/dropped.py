"""What was dropped or pasted: files, or a picture itself."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QColor, QImage, QPainter

from cae_gui.face_mime import MIME_TYPE
from cae_gui.images import from_qimage
from model.rgb import GREY

_LONGEST_PATH = 4096
NOT_FETCHED = "CAE Studio doesn't fetch pictures from the network. Save it first, then drop it."


class Dropped(NamedTuple):
    """Files, and pictures as uint8 (H, W, 3) or bytes of a file.

    ``refused`` says what can't be taken and why.
    """

    paths: list[Path]
    pictures: list[Any]
    refused: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say or to do."""
        return not (self.paths or self.pictures or self.refused)


def has_files_or_image(mime: QMimeData) -> bool:
    """Tell whether ``dropped`` may find something; a face from the gallery isn't meant."""
    if mime.hasFormat(MIME_TYPE):
        return False
    return mime.hasImage() or bool(_urls(mime))


def dropped(mime: QMimeData | None) -> Dropped:
    """Take local files, or else the picture; links to the network aren't followed.

    Files and links may come as text, as some programs give them.
    """
    if mime is None or mime.hasFormat(MIME_TYPE):
        return Dropped([], [])
    urls = _urls(mime)
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    if paths:
        return Dropped(paths, [])
    image = mime.imageData() if mime.hasImage() else None
    if isinstance(image, QImage) and not image.isNull():
        return Dropped([], [_over_grey(image)])
    inline = [data for url in urls if url.scheme() == "data" and (data := _inline(url))]
    if inline:
        return Dropped([], inline)
    return Dropped([], [], NOT_FETCHED) if urls else Dropped([], [])


def _urls(mime: QMimeData) -> list[QUrl]:
    if mime.hasUrls():
        return mime.urls()
    lines = [line.strip() for line in mime.text().splitlines()] if mime.hasText() else []
    urls = [_url(line) for line in lines if line]
    # Where one line is something else, the text is no list of pictures.
    return [url for url in urls if url is not None] if None not in urls else []


def _url(line: str) -> QUrl | None:
    if line.startswith(("file://", "http://", "https://", "data:image/")):
        return QUrl(line)
    is_file = Path(line).is_absolute() and len(line) < _LONGEST_PATH and Path(line).exists()
    return QUrl.fromLocalFile(line) if is_file else None


def _inline(url: QUrl) -> bytes:
    """Return the picture that a link of the kind “data:image/png;base64,…” holds."""
    head, _, body = url.toString(QUrl.ComponentFormattingOption.FullyEncoded).partition(",")
    data = unquote_to_bytes(body)
    if not head.startswith("data:image/"):
        return b""
    try:
        return base64.b64decode(data, validate=True) if head.endswith(";base64") else data
    except binascii.Error:
        return b""


def _over_grey(image: QImage) -> Any:
    """Return the pixels, transparent parts over the same grey as those of files."""
    if image.hasAlphaChannel():
        ground = QImage(image.size(), QImage.Format.Format_RGB32)
        ground.fill(QColor(*GREY))
        painter = QPainter(ground)
        painter.drawImage(0, 0, image)
        painter.end()
        image = ground
    return from_qimage(image)
