"""Playback of a path: the clock, and the controls for play, loop, back, pace and speed."""

from __future__ import annotations

import math

from PySide6.QtCore import QElapsedTimer, QObject, QSignalBlocker, QTimer, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cae_gui.morph.morpher import Morpher
from cae_gui.widgets.controls import Label
from cae_gui.widgets.fields import ComboBox
from cae_gui.widgets.layouts import filled

SPEEDS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
FRAME_MS = 20


class Player(QObject):
    """The clock of the playback; late frames are skipped.

    Signals:
        moved(float): the time on the path in seconds, which decreases on the way back.
        stopped(): it reached the end.
    """

    moved = Signal(float)
    stopped = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seconds, self._speed = 0.0, 1.0
        self._loop = self._back = False
        self._began_at = 0.0
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._on_tick)

    def set_path(self, seconds: float, *, loop: bool, back: bool, speed: float) -> None:
        """Set duration and settings; a playback under way continues at its time."""
        if self._timer.isActive():
            self._begin_at(self._phase())
        self._seconds, self._loop, self._back, self._speed = seconds, loop, back, speed

    def start(self, seconds: float) -> None:
        """Play from a time in seconds; from the beginning if that is the end."""
        self._begin_at(0.0 if seconds >= self._seconds and not self._back else seconds)
        self._timer.start()

    def stop(self) -> None:
        """Stop at the present time."""
        self._timer.stop()

    def _begin_at(self, phase: float) -> None:
        self._began_at = phase
        self._clock.start()

    def _phase(self) -> float:
        return self._began_at + self._clock.elapsed() / 1000 * self._speed

    @Slot()
    def _on_tick(self) -> None:
        phase = self._phase()
        if not (self._loop or self._back) and phase >= self._seconds:
            self.stop()
            self.moved.emit(self._seconds)
            self.stopped.emit()
        elif self._back:
            self.moved.emit(self._seconds - abs(self._seconds - phase % (2 * self._seconds)))
        else:
            self.moved.emit(math.fmod(phase, self._seconds))


class Playback(QWidget):
    """How it is played: a loop, back, the pace, the speed; ``player`` is the clock.

    The button ``play`` is to be placed by the page.
    """

    def __init__(self, morpher: Morpher, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._morpher = morpher
        self.play = QPushButton("Pla&y")
        self.play.setCheckable(True)
        self.play.setToolTip("Play the path from here on (Space)")
        self.loop = QCheckBox("&Loop")
        self.loop.setToolTip("From the last face on to the first, again and again")
        self.back = QCheckBox("There and &back")
        self.back.setToolTip("From the last face the same way back, again and again")
        self.even = QCheckBox("Eve&n pace")
        self.even.setToolTip(
            "The picture changes by the same amount from frame to frame, over the whole path; "
            "eases don't count then"
        )
        self.speed = ComboBox()
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("How fast it is played and exported")
        self.player = Player(self)
        self._place = 0.0
        line = filled(QHBoxLayout(), Label("Speed", buddy=self.speed), self.speed)
        line.addStretch(1)
        filled(QVBoxLayout(self), self.loop, self.back, self.even, line)
        self._connect()
        self._on_changed()

    def _connect(self) -> None:
        self.play.toggled.connect(self._on_play)
        self.loop.toggled.connect(self._morpher.set_loop)
        self.back.toggled.connect(self._morpher.set_back)
        self.even.toggled.connect(self._morpher.set_even)
        self.speed.currentIndexChanged.connect(self._on_speed)
        self.player.stopped.connect(self.stop)
        self._morpher.changed.connect(self._on_changed)

    def set_place(self, seconds: float) -> None:
        """Set the time in seconds at which the next playback starts."""
        self._place = seconds

    def toggle(self) -> None:
        """Play or pause, if there is a path."""
        if self.play.isEnabled():
            self.play.toggle()

    @Slot()
    def stop(self) -> None:
        """Pause at the present time."""
        self.play.setChecked(False)

    @Slot()
    def _on_changed(self) -> None:
        """Show the path's settings, and continue a playback with them."""
        state = self._morpher.state
        seconds = state.times[-1] if state.faces else 0.0
        self.player.set_path(seconds, loop=state.loop, back=state.back, speed=state.speed)
        boxes = (self.loop, state.loop), (self.back, state.back), (self.even, state.even)
        for box, checked in boxes:
            with QSignalBlocker(box):
                box.setChecked(checked)
        with QSignalBlocker(self.speed):
            self.speed.setCurrentIndex(self.speed.findData(state.speed))

    @Slot(int)
    def _on_speed(self, _index: int) -> None:
        self._morpher.set_speed(self.speed.currentData())

    @Slot(bool)
    def _on_play(self, playing: bool) -> None:
        self.play.setText("Pa&use" if playing else "Pla&y")
        if playing:
            self.player.start(self._place)
        else:
            self.player.stop()
