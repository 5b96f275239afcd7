"""The analogy tab of Morph: what A has and B lacks, added to C."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from cae_gui.morph.face_well import FaceWell
from cae_gui.widgets.face_view import FaceView

Pixels = NDArray[np.uint8]

EXPLANATION = "What A has and B lacks, added to C."
_HINT = (
    "Drop a face here, or several at once, or click to take the selected one. "
    "Of several faces the mean counts."
)
_PLACEHOLDERS = (
    "Drop faces here that have it, such as a smile",
    "Drop faces here that don't have it",
    "Drop the face here that is to get it",
)
_MOST_PERCENT = 200


class MorphAnalogyView(QWidget):
    """Wells A, B and C, the result, and a slider for how strongly it is applied.

    Signals:
        shown(): it has come into view.
        well_taken(int), faces_put(int, object): a well's.
        strength_changed(float): 0 to 2; between ``drag_began()`` and ``drag_ended()`` as part of
            a drag.
        key_frame_asked(), edit_asked(), save_asked(): what to do with the result.
    """

    shown = Signal()
    well_taken = Signal(int)
    faces_put = Signal(int, object)
    strength_changed = Signal(float)
    drag_began = Signal()
    drag_ended = Signal()
    key_frame_asked = Signal()
    edit_asked = Signal()
    save_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wells = tuple(FaceWell(index, _HINT) for index in range(3))
        for well, text in zip(self.wells, _PLACEHOLDERS, strict=True):
            well.set_placeholder(text)
        self.result = FaceView()
        self.result.set_caption("A − B + C")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _MOST_PERCENT)
        self.slider.setValue(100)
        self.slider.setPageStep(25)
        self.slider.setAccessibleName("Strength")
        self.percent = QLabel("100 %")
        self.key_frame = QPushButton("Add as &key frame")
        self.key_frame.setToolTip("Put the result at the end of the path")
        self.edit = QPushButton("Edit &in Explore")
        self.edit.setToolTip("Go on with the result in Explore")
        self.save = QPushButton("Save pict&ure …")
        self._arrange()
        self._connect()
        self.set_ready(False)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        explanation = QLabel(EXPLANATION)
        explanation.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(explanation)
        column.addLayout(self._sum(), 1)
        column.addLayout(self._way())
        column.addLayout(self._controls())

    def _sum(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        for well, sign in zip(self.wells, "−+=", strict=True):
            line.addWidget(well, 2)
            line.addWidget(_sign(sign))
        line.addWidget(self.result, 3)
        return line

    def _way(self) -> QHBoxLayout:
        font = QFont(self.percent.font())
        font.setFeature(QFont.Tag("tnum"), 1)
        self.percent.setFont(font)
        self.percent.setMinimumWidth(self.percent.fontMetrics().horizontalAdvance("000 % "))
        self.percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        title = QLabel("Stre&ngth")
        title.setBuddy(self.slider)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(title)
        line.addWidget(self.slider, 1)
        line.addWidget(self.percent)
        return line

    def _controls(self) -> QHBoxLayout:
        controls = QHBoxLayout()
        controls.setSpacing(8)
        controls.addWidget(self.key_frame)
        controls.addWidget(self.edit)
        controls.addStretch(1)
        controls.addWidget(self.save)
        return controls

    def _connect(self) -> None:
        for well in self.wells:
            well.taken.connect(self.well_taken)
            well.faces_put.connect(self.faces_put)
        self.slider.valueChanged.connect(self._on_slider)
        self.slider.sliderPressed.connect(self.drag_began)
        self.slider.sliderReleased.connect(self.drag_ended)
        self.key_frame.clicked.connect(self.key_frame_asked)
        self.edit.clicked.connect(self.edit_asked)
        self.save.clicked.connect(self.save_asked)

    def set_side(self, index: int, names: Sequence[str], pixels: Pixels | None) -> None:
        """Show a well's face, or the mean of its faces once it is there."""
        self.wells[index].set_names(tuple(names))
        self.wells[index].set_image(pixels)

    def set_strength(self, strength: float) -> None:
        """Show how strongly A - B is added."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(100 * strength))
        self._show_percent()

    def set_ready(self, ready: bool, why_not: str = "") -> None:
        """Allow what needs a result; ``why_not`` is shown in its place while there is none."""
        for button in (self.slider, self.key_frame, self.edit, self.save):
            button.setEnabled(ready)
        self.result.set_placeholder(why_not)

    def set_result(self, pixels: Pixels | None, stamp: int = 0) -> None:
        """Show the result."""
        self.result.set_face_name("A − B + C" if pixels is not None else "")
        self.result.set_image(pixels, stamp)

    def _show_percent(self) -> None:
        self.percent.setText(f"{self.slider.value()} %")

    @Slot(int)
    def _on_slider(self, percent: int) -> None:
        self._show_percent()
        self.strength_changed.emit(percent / 100)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()


def _sign(text: str) -> QLabel:
    sign = QLabel(text)
    font = QFont(sign.font())
    font.setPixelSize(32)
    sign.setFont(font)
    sign.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
    return sign
