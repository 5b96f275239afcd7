"""Rows and columns of widgets."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QBoxLayout, QLayout, QWidget

Box = TypeVar("Box", bound=QBoxLayout)


def filled(
    box: Box,
    *items: QWidget | QLayout,
    margins: tuple[int, int, int, int] = (0, 0, 0, 0),
    spacing: int = 8,
    room: QWidget | QLayout | None = None,
) -> Box:
    """Put items into a row or column, and return it; ``room`` is the one that takes the room.

    ``margins`` (left, top, right, bottom) and ``spacing`` are in logical pixels.
    """
    box.setContentsMargins(*margins)
    box.setSpacing(spacing)
    for item in items:
        stretch = 1 if item is room else 0
        if isinstance(item, QWidget):
            box.addWidget(item, stretch)
        else:
            box.addLayout(item, stretch)
    return box
