"""Plays a path by the clock."""

from __future__ import annotations

import math

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

FRAME_MS = 20


class Player(QObject):
    """Says where a path is, frame by frame; late frames are left out, never caught up.

    Signals:
        moved(float): seconds from the beginning of the path, on the way there.
        stopped(): it came to the end.
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
        """Play so long a path, from where it is."""
        if self._timer.isActive():
            self._begin_at(self._phase())
        self._seconds, self._loop, self._back, self._speed = seconds, loop, back, speed

    def start(self, seconds: float) -> None:
        """Play from there on; from the beginning where that is the end."""
        self._begin_at(0.0 if seconds >= self._seconds and not self._back else seconds)
        self._timer.start()

    def stop(self) -> None:
        """Stay where it is."""
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
