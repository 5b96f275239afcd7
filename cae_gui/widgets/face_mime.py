"""Drag and drop of named faces: within the application, and as an image to others."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QRect, Qt
from PySide6.QtGui import QDrag, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QWidget

from cae_gui.widgets.images import Pixels, checked_pixels, fitted, to_qimage
from model.face_set import FACE_SHAPE

MIME_TYPE = "application/x-cae-face"
MANY_TYPE = "application/x-cae-faces"
MOST_DRAGGED = 500
"""Faces of one drag: 3.5 MB, copied within a frame or two."""

_PIXEL_BYTES = math.prod(FACE_SHAPE)
_MAX_NAME_BYTES = 1024
_DRAG_SIDE = 64
_BADGE = 24

Face = tuple[str, Pixels]


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


def faces_to_mime(faces: Sequence[Face]) -> QMimeData:
    """Return the first ``MOST_DRAGGED`` faces; a place that takes only one gets the first.

    Raises:
        ValueError: there is none, or one isn't uint8 (48, 48, 3).
    """
    faces = faces[:MOST_DRAGGED]
    if not faces:
        raise ValueError("expected one face at least")
    mime = face_to_mime(*faces[0])
    pixels = np.stack([checked_pixels(face) for _, face in faces])
    names = "\0".join(name.replace("\0", " ")[:_MAX_NAME_BYTES] for name, _ in faces)
    mime.setData(MANY_TYPE, QByteArray(pixels.tobytes() + names.encode("utf-8", "replace")))
    return mime


def faces_from_mime(mime: QMimeData) -> list[Face]:
    """Return all faces that `mime` carries; none where they aren't well-formed."""
    payload = bytes(mime.data(MANY_TYPE).data())
    if not payload:
        face = face_from_mime(mime)
        return [] if face is None else [face]
    count = min(len(payload) // _PIXEL_BYTES, MOST_DRAGGED)
    pixels = np.frombuffer(payload[: count * _PIXEL_BYTES], np.uint8)
    names = payload[count * _PIXEL_BYTES :].decode("utf-8", "replace").split("\0")
    if len(names) != count:
        return []
    return list(zip(names, pixels.reshape(count, *FACE_SHAPE).copy(), strict=True))


def start_face_drag(source: QWidget, name: str, pixels: NDArray[np.uint8]) -> None:
    """Drag the face from `source` until it is dropped; returns after that."""
    start_faces_drag(source, [(name, pixels)])


def start_faces_drag(source: QWidget, faces: Sequence[Face]) -> None:
    """Drag several faces from `source` until they are dropped; returns after that."""
    drag = QDrag(source)
    drag.setMimeData(faces_to_mime(faces))
    drag.setPixmap(_drag_picture(source, faces))
    drag.setHotSpot(QPoint(_DRAG_SIDE // 2, _DRAG_SIDE // 2))
    drag.exec(Qt.DropAction.CopyAction)


def _drag_picture(source: QWidget, faces: Sequence[Face]) -> QPixmap:
    """Return the first face, and on it how many there are."""
    ratio = source.devicePixelRatioF()
    side = round(_DRAG_SIDE * ratio)
    picture = QPixmap.fromImage(fitted(checked_pixels(faces[0][1]), side, side))
    picture.setDevicePixelRatio(ratio)
    if len(faces) > 1:
        text = f"{min(len(faces), MOST_DRAGGED):,}"
        width = max(_BADGE, source.fontMetrics().horizontalAdvance(text) + _BADGE // 2)
        badge = QRect(_DRAG_SIDE - width, _DRAG_SIDE - _BADGE, width, _BADGE)
        painter = QPainter(picture)
        painter.setFont(source.font())
        painter.fillRect(badge, source.palette().color(QPalette.ColorRole.Highlight))
        painter.setPen(source.palette().color(QPalette.ColorRole.HighlightedText))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
    return picture
