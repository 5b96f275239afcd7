"""The ways from key frame to key frame: their times, eases and kinds."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, QTimer, Slot
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from cae_gui.morph.morpher import Morpher, Segment
from cae_gui.widgets.controls import Label, as_tip
from cae_gui.widgets.fields import ComboBox, NumberBox
from cae_gui.widgets.layouts import filled
from model.morph.key_frames import EASES

LONGEST_S = 60.0
SHORTEST_S = 0.1
_AT_ONCE = 4  # new editors; each takes 5 to 8 ms, and a session may have hundreds


def letter_of(index: int) -> str:
    """Return the label of a key frame: A to Z, then numbers from 27."""
    return chr(ord("A") + index) if index < 26 else str(index + 1)


class SegmentEditor(QWidget):
    """Edits a segment's duration, easing, and kind of interpolation."""

    def __init__(self, morpher: Morpher, index: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._morpher, self._index = morpher, index
        self.seconds = NumberBox(decimals=3, least=1)
        self.seconds.setRange(SHORTEST_S, LONGEST_S)
        self.seconds.setSingleStep(0.5)
        self.seconds.setSuffix(" s")
        self.seconds.setKeyboardTracking(False)  # no 1 s and 12 s while 12.5 s is typed
        self.ease = ComboBox()
        for name in EASES:
            self.ease.addItem(name.capitalize(), name)
        self.way = ComboBox()
        self.way.addItems(["Straight", "Great arc"])
        self.ends = Label()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.ends, 0, 0)
        grid.addWidget(self.seconds, 0, 1)
        grid.addWidget(self.ease, 1, 0)
        grid.addWidget(self.way, 1, 1)
        self.seconds.valueChanged.connect(partial(morpher.set_seconds, index))
        self.ease.currentIndexChanged.connect(self._on_ease)
        self.way.currentIndexChanged.connect(self._on_spherical)

    def set_segment(self, segment: Segment, *, eased: bool) -> None:
        """Show a segment, without emitting signals; ``eased``: whether its ease counts."""
        self.ease.setEnabled(eased)
        # A number being typed stays while another segment changes.
        if round(segment.seconds, self.seconds.decimals()) != self.seconds.value():
            with QSignalBlocker(self.seconds):
                self.seconds.setValue(segment.seconds)
        with QSignalBlocker(self.ease):
            self.ease.setCurrentIndex(self.ease.findData(segment.ease))
        with QSignalBlocker(self.way):
            self.way.setCurrentIndex(int(segment.spherical))

    def set_ends(self, first: str, second: str) -> None:
        """Set the labels of the key frames at its ends."""
        if self.ends.text() == (ends := f"{first} → {second}"):
            return
        self.ends.setText(ends)
        way = f"from {first} to {second}"
        for control, what, tip in (
            (self.seconds, "Seconds", f"How long the way {way} takes"),
            (self.ease, "Ease", f"How evenly it goes {way}"),
            (self.way, "Way", f"Linear or spherical interpolation {way}"),
        ):
            control.setAccessibleName(f"{what} {way}")
            control.setToolTip(as_tip(tip))

    @Slot(int)
    def _on_ease(self, _index: int) -> None:
        self._morpher.set_ease(self._index, self.ease.currentData())

    @Slot(int)
    def _on_spherical(self, index: int) -> None:
        self._morpher.set_spherical(self._index, index == 1)


class Segments(QWidget):
    """An editor for each segment of the path, one below the other; of many, the last come later."""

    def __init__(self, morpher: Morpher, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._morpher = morpher
        self.editors: list[SegmentEditor] = []
        self._column = filled(QVBoxLayout(self), spacing=12)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._on_changed)
        morpher.changed.connect(self._on_changed)
        self._on_changed()

    @Slot()
    def _on_changed(self) -> None:
        """Show all segments: one fewer than key frames, unless the path is a loop."""
        state = self._morpher.state
        count = max(2, len(state.faces))
        self._set_count(count if state.loop else count - 1)
        for index, editor in enumerate(self.editors):
            editor.set_ends(letter_of(index), letter_of((index + 1) % count))
            editor.setEnabled(len(state.faces) >= 2)
            if index < len(state.segments):
                editor.set_segment(state.segments[index], eased=not state.even)

    def _set_count(self, count: int) -> None:
        now = min(count, len(self.editors) + _AT_ONCE)
        if now < count:
            self._later.start()
        while len(self.editors) < now:
            editor = SegmentEditor(self._morpher, len(self.editors))
            self._column.addWidget(editor)
            editor.show()  # at once, for Tab to reach it
            if self.editors:
                QWidget.setTabOrder(self.editors[-1].way, editor.seconds)
                QWidget.setTabOrder(editor.seconds, editor.ease)
                QWidget.setTabOrder(editor.ease, editor.way)
            self.editors.append(editor)
        while len(self.editors) > count:
            editor = self.editors.pop()
            self._column.removeWidget(editor)
            editor.hide()
            editor.deleteLater()
