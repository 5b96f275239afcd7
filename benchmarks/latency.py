"""How soon the picture follows a slider, how long the window stalls, and the memory it takes.

    python benchmarks/latency.py [--seconds 60] [--drags 8] [--stacks]

Compares the window at rest with the window while it trains, in one process that drives the real
MainWindow, on LFW where scikit-learn has it (``faces`` says which) or else on the demo faces:

* ``idle_p95_ms``, ``training_p95_ms``: from a new value of a principal slider that is dragged at
  60 steps a second to the end of painting a face at least as new;
* ``block_max_ms``, ``block_p99_ms``: how late the beats of a 5 ms timer on the GUI thread come
  while it trains with the curves on show, for ``--seconds`` and at least one end of an epoch;
* ``rss_idle_mb``, ``rss_training_mb``: resident memory before the training, and the most in it.

Prints one JSON line. Goals: 8, 16, 50, 20 ms, 600 and 1200 MB. ``--stacks`` writes to standard
error where the GUI thread is in stalls of more than 20 ms; it disturbs the figures. Settings and
runs are in a temporary folder; the prepared LFW is read from, and once written to, the user's
cache (CAE_STUDIO_CACHE). QT_QPA_PLATFORM is offscreen unless it is set.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QSlider

from benchmarks.driver import open_window, run_for, use_own_folders, wait_for
from benchmarks.memory import rss_mb
from benchmarks.stalls import Heartbeat, StallReporter
from cae_gui.main_window import MainWindow
from cae_gui.session.training import State
from model.lfw import default_data_home

STEP_MS = 16
STEPS = 60
"""Steps of one drag: a second from hand to hand."""
SETTLE_S = 0.5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="watch for stalls so long (60)")
    parser.add_argument("--drags", type=int, default=8, help="drags of a second, at each (8)")
    parser.add_argument("--stacks", action="store_true", help="say where the GUI thread stalls")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        use_own_folders(Path(folder))
        source = "lfw" if (default_data_home() / "lfw_home" / "lfw_funneled").is_dir() else "demo"
        window = open_window(source)
        try:
            result = measure(window, options.drags, options.seconds, stacks=options.stacks)
        finally:
            stop(window)
    print(json.dumps({"faces": source, "cpus": os.cpu_count()} | result))


def measure(
    window: MainWindow, drags: int, seconds: float, *, stacks: bool
) -> dict[str, float | int]:
    """Return all figures of one window."""
    idle_rss = rss_mb()
    idle = drag_sliders(window, drags)
    memory = MemoryWatch()
    epochs: list[object] = []
    window.session.training.epoch_done.connect(epochs.append)
    window.train.start.click()
    wait_for(lambda: window.session.training.state is State.RUNNING, "training", 120)
    training = drag_sliders(window, drags)
    late = watch(window, seconds, epochs, stacks=stacks)
    return {
        "idle_p95_ms": rounded(np.percentile(idle, 95)),
        "training_p95_ms": rounded(np.percentile(training, 95)),
        "block_max_ms": rounded(max(late)),
        "block_p99_ms": rounded(np.percentile(late, 99)),
        "rss_idle_mb": rounded(idle_rss),
        "rss_training_mb": rounded(memory.most),
        "idle_p50_ms": rounded(np.percentile(idle, 50)),
        "training_p50_ms": rounded(np.percentile(training, 50)),
        "slider_steps": len(idle) + len(training),
        "beats": len(late),
        "epochs_ended": len(epochs),
    }


def drag_sliders(window: MainWindow, drags: int) -> list[float]:
    """Drag principal sliders to and fro in the Explore workspace; return latencies in ms."""
    window.tabs.setCurrentWidget(window.explore)
    wait_for(lambda: window.session.typical.density is not None, "what is typical", 300)
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
        explore, explorer = self._window.explore, self._window.session.explorer
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


def watch(window: MainWindow, seconds: float, epochs: list[object], *, stacks: bool) -> list[float]:
    """Return how late the beats come with the curves on show, in ms."""
    window.tabs.setCurrentWidget(window.train)
    run_for(SETTLE_S)
    wait_for(lambda: not window.train.plot.is_empty(), "curves")
    heartbeat = Heartbeat()
    reporter = StallReporter(heartbeat)
    ended = len(epochs)
    heartbeat.start()
    if stacks:
        reporter.start()
    run_for(seconds)
    wait_for(lambda: len(epochs) > ended or _is_over(window), "end of an epoch", 1800)
    run_for(SETTLE_S)
    heartbeat.stop()
    if stacks:
        reporter.end()
    return heartbeat.late_ms


def _is_over(window: MainWindow) -> bool:
    return not window.session.training.is_active


class MemoryWatch(QObject):
    """Reads the resident memory once a second; ``most`` is the highest."""

    def __init__(self) -> None:
        super().__init__()
        self.most = rss_mb()
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self._on_time)
        self._timer.start()

    @Slot()
    def _on_time(self) -> None:
        self.most = max(self.most, rss_mb())


def stop(window: MainWindow) -> None:
    """End the training and close the window without a question."""
    if window.session.training.is_active:
        window.session.training.discard()
        wait_for(lambda: _is_over(window), "end of the training", 300)
    window.close()


def rounded(value: float | np.floating) -> float:
    """Return a number with one decimal."""
    return round(float(value), 1)


if __name__ == "__main__":
    main()
