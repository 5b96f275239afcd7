"""How the path goes from one face to the next: how long, how evenly, and which way."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QVBoxLayout, QWidget

from model.morph.key_frames import EASES

LONGEST_S = 60.0
SHORTEST_S = 0.1


class SegmentEditor(QWidget):
    """Edits one segment; its place in the row comes first in each signal.

    Signals:
        seconds_changed(int, float), ease_changed(int, str), spherical_changed(int, bool).
    """

    seconds_changed = Signal(int, float)
    ease_changed = Signal(int, str)
    spherical_changed = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.index = 0
        self.seconds = QDoubleSpinBox()
        self.seconds.setDecimals(1)
        self.seconds.setRange(SHORTEST_S, LONGEST_S)
        self.seconds.setSingleStep(0.5)
        self.seconds.setSuffix(" s")
        self.seconds.setKeyboardTracking(False)  # not 1 s and 12 s on the way to 12.5 s
        self.ease = QComboBox()
        for name in EASES:
            self.ease.addItem(name.capitalize(), name)
        self.way = QComboBox()
        self.way.addItems(["Straight", "Great arc"])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        for control in (self.seconds, self.ease, self.way):
            # A wheel that scrolls the row must not change what happens to be under the mouse.
            control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            control.installEventFilter(self)
            column.addWidget(control)
        self.seconds.valueChanged.connect(self._on_seconds)
        self.ease.currentIndexChanged.connect(self._on_ease)
        self.way.currentIndexChanged.connect(self._on_way)

    def set_segment(self, seconds: float, ease: str, *, spherical: bool) -> None:
        """Show these; never emits."""
        with QSignalBlocker(self.seconds):
            self.seconds.setValue(seconds)
        with QSignalBlocker(self.ease):
            self.ease.setCurrentIndex(self.ease.findData(ease))
        with QSignalBlocker(self.way):
            self.way.setCurrentIndex(int(spherical))

    def set_ends(self, first: str, second: str) -> None:
        """Name the faces between which it lies."""
        way = f"from {first} to {second}"
        for control, what, tip in (
            (self.seconds, "Seconds", f"How long the way {way} takes"),
            (self.ease, "Ease", f"How evenly it goes {way}"),
            (self.way, "Way", f"Linear or spherical interpolation {way}"),
        ):
            control.setAccessibleName(f"{what} {way}")
            control.setToolTip(tip)

    @Slot(float)
    def _on_seconds(self, seconds: float) -> None:
        self.seconds_changed.emit(self.index, seconds)

    @Slot(int)
    def _on_ease(self, _index: int) -> None:
        self.ease_changed.emit(self.index, self.ease.currentData())

    @Slot(int)
    def _on_way(self, index: int) -> None:
        self.spherical_changed.emit(self.index, index == 1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and not (
            isinstance(watched, QWidget) and watched.hasFocus()
        ):
            event.ignore()
            return True
        return super().eventFilter(watched, event)
