"""A square grid of faces, one of which is marked."""

from __future__ import annotations

from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cae_gui.widgets.images import fitted
from cae_gui.widgets.painting import paint_empty_text, paint_picture, paint_ring, paint_well

Pixels = NDArray[np.uint8]
Cell = tuple[int, int]

_GAP = 2
_MARGIN = 4  # for the ring around a face
_RADIUS = 3.0
_SMALLEST = 20
_LONGEST = 0.012  # seconds per paint event for scaling faces


class FaceGrid(QWidget):
    """Shows rows of faces as they arrive; a click or an arrow key marks one.

    Signals:
        looked_at(int, int): row and column of the face under the mouse, else of the marked one.
        activated(int, int): a double click on a face, or Enter on the marked one.
    """

    looked_at = Signal(int, int)
    activated = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self._faces: dict[Cell, Pixels] = {}
        self._rendered: dict[Cell, QImage] = {}
        self._marked: Cell = (0, 0)
        self._hovered: Cell | None = None
        self._placeholder = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_placeholder(self, text: str) -> None:
        """Set the text shown while there are no faces."""
        self._placeholder = text
        self.update()

    def set_count(self, count: int) -> None:
        """Set the number of faces per side, all empty; marks the middle one."""
        if count != self._count:
            self._count = count
            self._marked, self._hovered = (count // 2, count // 2), None
            self.clear()

    def clear(self) -> None:
        """Remove all faces."""
        self._faces.clear()
        self._rendered.clear()
        self.update()

    def set_row(self, row: int, faces: Pixels) -> None:
        """Show the faces uint8 (count, 48, 48, 3) of a row; other rows keep earlier ones."""
        for column, face in enumerate(faces):
            self._faces[row, column] = face
            self._rendered.pop((row, column), None)
        self.update()

    def count(self) -> int:
        """Return the number of faces per side."""
        return self._count

    def face(self, row: int, column: int) -> Pixels | None:
        """Return a face uint8 (48, 48, 3), or None until it is set."""
        return self._faces.get((row, column))

    def marked(self) -> Cell:
        """Return the row and column of the marked face."""
        return self._marked

    def looked(self) -> Cell:
        """Return the row and column of the face under the mouse, else of the marked one."""
        return self._hovered or self._marked

    def cell_rect(self, row: int, column: int) -> QRect:
        """Return the rectangle of a face, in this widget's coordinates."""
        side = self._side()
        whole = self._count * (side + _GAP) - _GAP
        left, top = (self.width() - whole) // 2, (self.height() - whole) // 2
        return QRect(left + column * (side + _GAP), top + row * (side + _GAP), side, side)

    def _side(self) -> int:
        room = min(self.width(), self.height()) - 2 * _MARGIN + _GAP
        return max(1, room // max(1, self._count) - _GAP)

    def _cell_at(self, point: QPointF) -> Cell | None:
        cells = ((row, column) for row in range(self._count) for column in range(self._count))
        at = point.toPoint()
        return next((cell for cell in cells if self.cell_rect(*cell).contains(at)), None)

    def _mark(self, row: int, column: int) -> None:
        last = self._count - 1
        cell = min(max(row, 0), last), min(max(column, 0), last)
        self._update_cells(self._marked, self._hovered, cell)
        self._marked, self._hovered = cell, None
        self.looked_at.emit(*cell)

    def _hover(self, cell: Cell | None) -> None:
        if cell != self._hovered and self._faces:
            self._update_cells(self._hovered, cell)
            self._hovered = cell
            self.looked_at.emit(*self.looked())

    def _update_cells(self, *cells: Cell | None) -> None:
        # Only these cells: the whole grid of 225 faces takes 26 ms.
        for cell in cells:
            if cell is not None:
                self.update(self.cell_rect(*cell).adjusted(-_GAP, -_GAP, _GAP, _GAP))

    def _paint(self, painter: QPainter, part: QRect) -> None:
        """Paint the faces in ``part``; after ``_LONGEST`` unscaled ones wait for the next event."""
        side = int(self._side() * self.devicePixelRatioF())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        until = perf_counter() + _LONGEST
        for cell, face in self._faces.items():
            rect = self.cell_rect(*cell)
            if not rect.intersects(part):
                continue
            picture = self._rendered.get(cell)
            is_old = picture is not None and picture.width() != side
            if picture is None or (is_old and perf_counter() < until):
                picture = self._rendered[cell] = fitted(face, side, side)
            if picture.width() == side:
                paint_picture(painter, picture, QPointF(rect.topLeft()), _RADIUS)
            else:
                painter.drawImage(rect, picture)
                self.update(rect)
        self._paint_rings(painter)

    def _paint_rings(self, painter: QPainter) -> None:
        marked = QRectF(self.cell_rect(*self._marked))
        paint_ring(painter, marked, self.palette(), gap=-1.0, radius=_RADIUS)
        if self._hovered is not None and self._hovered != self._marked:
            painter.setOpacity(0.5)
            hovered = QRectF(self.cell_rect(*self._hovered))
            paint_ring(painter, hovered, self.palette(), gap=-1.0, radius=_RADIUS)

    def sizeHint(self) -> QSize:
        return QSize(400, 400)

    def minimumSizeHint(self) -> QSize:
        side = max(7, self._count) * (_SMALLEST + _GAP) + 2 * _MARGIN
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._faces:
            self._paint(painter, event.rect())
        else:
            side = min(self.width(), self.height()) - 2 * _MARGIN
            square = QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)
            paint_well(painter, QRectF(square), self.palette(), dashed=False)
            paint_empty_text(painter, self, square, self._placeholder)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._mark(*cell)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.activated.emit(*cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._cell_at(event.position()))

    def leaveEvent(self, _event: QEvent) -> None:
        self._hover(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, column = self._marked
        targets = {
            int(Qt.Key.Key_Left): (row, column - 1),
            int(Qt.Key.Key_Right): (row, column + 1),
            int(Qt.Key.Key_Up): (row - 1, column),
            int(Qt.Key.Key_Down): (row + 1, column),
            int(Qt.Key.Key_Home): (row, 0),
            int(Qt.Key.Key_End): (row, self._count - 1),
            int(Qt.Key.Key_PageUp): (0, column),
            int(Qt.Key.Key_PageDown): (self._count - 1, column),
        }
        if not self._faces:
            super().keyPressEvent(event)
        elif event.key() in targets:
            self._mark(*targets[event.key()])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.activated.emit(*self._marked)
        else:
            super().keyPressEvent(event)
