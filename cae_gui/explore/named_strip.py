"""Faces side by side with their names under them, as one picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFont, QImage, QPainter

from cae_gui.widgets.images import Pixels, fitted, from_qimage
from model.io.files import replacing
from model.morph.animation import PROGRAM, png_info

SIDE = 192
MOST_IN_A_ROW = 20
"""More faces go into further rows: few programs show a picture of more than 32,767 pixels."""

_GAP = 16
_LINE = 32
_TEXT = 16


def save_named_strip(
    faces: Sequence[Pixels], names: Sequence[str], path: Path, about: Mapping[str, Any]
) -> None:
    """Write faces uint8 (48, 48, 3) over their names as PNG on white; ``about`` goes into it.

    May be called from any thread.

    Raises:
        OSError: the file can't be written; an older one of that name is kept.
    """
    columns = min(len(faces), MOST_IN_A_ROW)
    cell = QSize(SIDE + _GAP, SIDE + _LINE)
    rows = -(-len(faces) // columns)
    picture = QImage(
        columns * cell.width() + _GAP, rows * cell.height() + _GAP, QImage.Format.Format_RGB32
    )
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    font = QFont()
    font.setPixelSize(_TEXT)
    painter.setFont(font)
    painter.setPen(Qt.GlobalColor.black)
    for number, (pixels, name) in enumerate(zip(faces, names, strict=True)):
        row, column = divmod(number, columns)
        _paint(painter, pixels, name, QPoint(column * cell.width(), row * cell.height()))
    painter.end()
    made = json.dumps({"program": PROGRAM, **about}, ensure_ascii=False)
    with replacing(path) as draft:
        Image.fromarray(from_qimage(picture)).save(draft, "PNG", pnginfo=png_info(made))


def _paint(painter: QPainter, pixels: Pixels, name: str, place: QPoint) -> None:
    corner = place + QPoint(_GAP, _GAP)
    painter.drawImage(corner, fitted(pixels, SIDE, SIDE))
    line = QRect(corner + QPoint(0, SIDE), QSize(SIDE, _LINE))
    text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, SIDE)
    painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)
