"""Icons in the colours of the palette, sharp at every scale.

QtAwesome would do it, but its import and its fonts take longer than all else that the window needs
to show its first picture.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

Name = Literal[
    "train",
    "reconstruct",
    "explore",
    "morph",
    "model",
    "discard",
    "gallery",
    "inspector",
    "export",
    "info",
    "offer",
    "error",
    "close",
    "drop",
    "compare",
    "edit",
    "import",
    "here",
    "keep",
    "lasso",
    "look",
    "more",
    "original",
    "path",
    "random",
    "rectangle",
    "redo",
    "reset",
    "step",
    "strips",
    "travel",
    "undo",
]


def icon(name: Name) -> QIcon:
    """Return the icon drawn in ``resources/icon-NAME.svg``."""
    return QIcon(_Engine((files("resources") / f"icon-{name}.svg").read_text("utf-8")))


class _Engine(QIconEngine):
    """Draws an SVG whose colour is named ``currentColor`` in that of the text."""

    def __init__(self, svg: str) -> None:
        super().__init__()
        self._svg = svg

    def clone(self) -> QIconEngine:
        return _Engine(self._svg)

    def paint(
        self,
        painter: QPainter,
        rect: QRect,
        mode: QIcon.Mode,
        state: QIcon.State,  # noqa: ARG002 (Qt's)
    ) -> None:
        is_disabled = mode is QIcon.Mode.Disabled
        group = QPalette.ColorGroup.Disabled if is_disabled else QPalette.ColorGroup.Active
        color = QGuiApplication.palette().color(group, QPalette.ColorRole.WindowText)
        _renderer(self._svg, color.name()).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        found = QPixmap(size)
        found.fill(Qt.GlobalColor.transparent)
        painter = QPainter(found)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return found


@cache
def _renderer(svg: str, color: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(svg.replace("currentColor", color).encode()))
