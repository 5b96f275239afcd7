"""The strip below: faces over their reconstructions, which scrolls, with its title beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cae_gui.widgets.controls import SectionLabel
from cae_gui.widgets.film_strip import FilmStrip
from cae_gui.widgets.layouts import filled

FACE = 44
"""The side of a face: two rows are as high as a film strip."""

_TITLE = 140


class StripPanel(QWidget):
    """Shows two rows of faces; those beyond the edge are reached by wheel, bar and keys.

    Signals:
        chosen(int): the user chose the face at this place.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = SectionLabel()
        self.title.setWordWrap(True)
        self.other_faces = QPushButton("&Other faces")
        self.other_faces.setToolTip("Show other test faces")
        self.strip = FilmStrip(rows=2, largest=FACE, smallest=FACE)
        self._scroll = _Scroll(self.strip)
        beside = QWidget()
        beside.setFixedWidth(_TITLE)
        column = filled(QVBoxLayout(beside), self.title, self.other_faces)
        column.addStretch()
        row = QHBoxLayout(self)
        filled(row, beside, self._scroll, margins=(16, 8, 8, 4), spacing=16, room=self._scroll)
        self.strip.frame_clicked.connect(self._on_clicked)

    def show_faces(self, originals: NDArray[np.uint8], second: NDArray[np.uint8]) -> None:
        """Show uint8 (K, 48, 48, 3) faces over others; none shows the placeholder."""
        self.strip.set_frames(originals, second)
        least = self.strip.minimumSizeHint().width()
        # With room to spare they begin at the left.
        self.strip.setMaximumWidth(least if len(originals) else self.maximumWidth())

    @Slot(int)
    def _on_clicked(self, index: int) -> None:
        place = self.strip.frame_rect(index).center()
        self._scroll.ensureVisible(place.x(), place.y(), FACE, 0)
        self.chosen.emit(index)


class _Scroll(QScrollArea):
    """Scrolls to the sides, by a vertical wheel, too; keeps the room of its bar."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self._inside = widget
        self.setWidget(widget)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for part in (self.viewport(), widget):
            part.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        bar = self.horizontalScrollBar().sizeHint().height()
        return QSize(6 * FACE, self._inside.minimumSizeHint().height() + bar)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def wheelEvent(self, event: QWheelEvent) -> None:
        QApplication.sendEvent(self.horizontalScrollBar(), event)
