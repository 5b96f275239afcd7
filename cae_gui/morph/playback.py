"""Play, loop, there and back, speed: how a path is played."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget

from cae_gui.morph.player import Player

SPEEDS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)


class Playback(QWidget):
    """Plays by the clock, from the place on show.

    Signals:
        moved(float): the place to show, in seconds on the way there.
        loop_changed(bool), back_changed(bool), speed_changed(float): by the person.
    """

    moved = Signal(float)
    loop_changed = Signal(bool)
    back_changed = Signal(bool)
    speed_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.play = QPushButton("Pla&y")
        self.play.setCheckable(True)
        self.play.setToolTip("Play the path from here on (Space)")
        self.loop = QCheckBox("&Loop")
        self.loop.setToolTip("From the last face on to the first, again and again")
        self.back = QCheckBox("There and &back")
        self.back.setToolTip("From the last face the same way back, again and again")
        self.speed = QComboBox()
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("How fast it is played and exported")
        self._player = Player(self)
        self._place = 0.0
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        speed = QLabel("Spee&d")
        speed.setBuddy(self.speed)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        for widget in (self.play, self.loop, self.back, speed, self.speed):
            line.addWidget(widget)

    def _connect(self) -> None:
        self.play.toggled.connect(self._on_play)
        self.loop.toggled.connect(self.loop_changed)
        self.back.toggled.connect(self.back_changed)
        self.speed.currentIndexChanged.connect(self._on_speed)
        self._player.moved.connect(self.moved)
        self._player.stopped.connect(self.stop)

    def set_path(self, seconds: float, *, loop: bool, back: bool, speed: float) -> None:
        """Play so long a path, like that; goes on where it is."""
        self._player.set_path(seconds, loop=loop, back=back, speed=speed)
        for box, checked in ((self.loop, loop), (self.back, back)):
            with QSignalBlocker(box):
                box.setChecked(checked)
        with QSignalBlocker(self.speed):
            self.speed.setCurrentIndex(self.speed.findData(speed))

    def set_place(self, seconds: float) -> None:
        """Begin there, the next time."""
        self._place = seconds

    def toggle(self) -> None:
        """Play or pause, if there is something to play."""
        if self.play.isEnabled():
            self.play.toggle()

    @Slot()
    def stop(self) -> None:
        """Pause where it is."""
        self.play.setChecked(False)

    @Slot(int)
    def _on_speed(self, _index: int) -> None:
        self.speed_changed.emit(self.speed.currentData())

    @Slot(bool)
    def _on_play(self, playing: bool) -> None:
        self.play.setText("Pa&use" if playing else "Pla&y")
        if playing:
            self._player.start(self._place)
        else:
            self._player.stop()
