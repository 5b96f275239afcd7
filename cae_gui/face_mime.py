"""Drag and drop of one named face: within the application, and as an image to others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QMimeData, QPoint, Qt
from PySide6.QtGui import QDrag, QPixmap
from PySide6.QtWidgets import QWidget

from cae_gui.images import Pixels, checked_pixels, fitted, to_qimage

MIME_TYPE = "application/x-cae-face"
FACE_SHAPE = (48, 48, 3)

_PIXEL_BYTES = 48 * 48 * 3
_MAX_NAME_BYTES = 1024
_DRAG_SIDE = 64


def face_to_mime(name: str, pixels: NDArray[np.uint8]) -> QMimeData:
    """Return the face as our own type (pixels, then the name in UTF-8) and as an image.

    Raises:
        ValueError: `pixels` isn't uint8 (48, 48, 3).
    """
    pixels = checked_pixels(pixels)
    if pixels.shape != FACE_SHAPE:
        raise ValueError(f"expected a face of shape {FACE_SHAPE}, got {pixels.shape}")
    mime = QMimeData()
    encoded = name.encode("utf-8", "replace")[:_MAX_NAME_BYTES].decode("utf-8", "ignore").encode()
    mime.setData(MIME_TYPE, QByteArray(pixels.tobytes() + encoded))
    mime.setImageData(to_qimage(pixels))
    return mime


def face_from_mime(mime: QMimeData) -> tuple[str, Pixels] | None:
    """Return (name, pixels), or None where `mime` carries no well-formed face."""
    payload = bytes(mime.data(MIME_TYPE).data())
    if not _PIXEL_BYTES <= len(payload) <= _PIXEL_BYTES + _MAX_NAME_BYTES:
        return None
    try:
        name = payload[_PIXEL_BYTES:].decode()
    except UnicodeDecodeError:
        return None
    return name, np.frombuffer(payload[:_PIXEL_BYTES], np.uint8).reshape(FACE_SHAPE).copy()


def start_face_drag(source: QWidget, name: str, pixels: NDArray[np.uint8]) -> None:
    """Drag the face from `source` until it is dropped; returns after that."""
    ratio = source.devicePixelRatioF()
    side = round(_DRAG_SIDE * ratio)
    picture = QPixmap.fromImage(fitted(checked_pixels(pixels), side, side))
    picture.setDevicePixelRatio(ratio)
    drag = QDrag(source)
    drag.setMimeData(face_to_mime(name, pixels))
    drag.setPixmap(picture)
    drag.setHotSpot(QPoint(_DRAG_SIDE // 2, _DRAG_SIDE // 2))
    drag.exec(Qt.DropAction.CopyAction)
