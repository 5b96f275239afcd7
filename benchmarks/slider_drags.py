"""Drags sliders in the real window, as a hand does, and measures when the picture follows."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QSlider

from benchmarks.driver import run_for, wait_for
from cae_gui.main_window import MainWindow

STEP_MS = 16
STEPS = 60
"""Steps of one drag: a second from hand to hand."""
SETTLE_S = 0.5


def drag_sliders(window: MainWindow, drags: int) -> list[float]:
    """Drag principal sliders to and fro in the Explore workspace; return latencies in ms."""
    window.tabs.setCurrentWidget(window.explore)
    window.explore.tabs.setCurrentWidget(window.explore.principal_page)
    wait_for(lambda: window.studio.latents.explored is not None, "what is typical", 300)
    run_for(SETTLE_S)
    sliders = sorted(
        (item for item in window.explore.principal.findChildren(QSlider) if item.isVisible()),
        key=lambda item: item.mapToGlobal(item.rect().topLeft()).y(),
    )
    latencies: list[float] = []
    for number in range(drags + 1):
        drag = Drag(window, sliders[number % len(sliders)])
        measured = drag.run()
        if number:  # the first warms everything up
            latencies += measured
        run_for(SETTLE_S)
    return latencies


class Drag(QObject):
    """One drag of one slider, as a hand at 60 steps a second does it."""

    def __init__(self, window: MainWindow, slider: QSlider) -> None:
        super().__init__()
        self._window, self._slider = window, slider
        self._changed_at: dict[int, float] = {}
        self._latencies: list[float] = []
        self._stamp = -1
        self._steps = 0
        self._start = slider.value()
        self._timer = QTimer(self, interval=STEP_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_step)

    def run(self) -> list[float]:
        """Drag, and return from change to painting in ms for every step."""
        explore, explorer = self._window.explore, self._window.studio.explorer
        explore.face.painted.connect(self._on_painted)
        self._slider.setSliderDown(True)
        # The stamp of the picture to come is learned from a first change; each further change
        # of the latent asks for one more picture.
        self._slider.setSliderPosition(self._start + 1)
        wait_for(lambda: self._stamp >= 0, "first picture of a drag")
        run_for(0.1)
        explorer.latent_changed.connect(self._on_latent)
        self._asked = self._stamp
        self._timer.start()
        wait_for(lambda: self._steps == STEPS and not self._changed_at, "last picture of a drag")
        explorer.latent_changed.disconnect(self._on_latent)
        self._slider.setSliderPosition(self._start)
        self._slider.setSliderDown(False)
        explore.face.painted.disconnect(self._on_painted)
        return self._latencies

    @Slot()
    def _on_step(self) -> None:
        if self._steps == STEPS:
            self._timer.stop()
            return
        self._steps += 1
        reach = self._slider.maximum() // 4
        place = self._start + round(reach * math.sin(self._steps / STEPS * 2 * math.pi)) + 1
        self._now = time.perf_counter()
        self._slider.setSliderPosition(min(max(place, 1), self._slider.maximum()))

    @Slot()
    def _on_latent(self) -> None:
        self._asked += 1
        self._changed_at[self._asked] = self._now

    @Slot(int)
    def _on_painted(self, stamp: int) -> None:
        self._stamp = stamp
        now = time.perf_counter()
        for older in [item for item in self._changed_at if item <= stamp]:
            self._latencies.append((now - self._changed_at.pop(older)) * 1000)
