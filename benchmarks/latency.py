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
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtCore import QObject, QTimer, Slot

from benchmarks.driver import open_window, run_for, use_own_folders, wait_for
from benchmarks.machine import machine
from benchmarks.memory import rss_mb
from benchmarks.slider_drags import SETTLE_S, drag_sliders
from benchmarks.stalls import Heartbeat, StallReporter
from cae_gui.main_window import MainWindow
from cae_gui.train.training import State
from model.data.lfw import default_data_home
from model.events import EpochDone


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
    print(json.dumps(machine() | {"faces": source} | result))


def measure(
    window: MainWindow, drags: int, seconds: float, *, stacks: bool
) -> dict[str, float | int]:
    """Return all figures of one window."""
    idle_rss = rss_mb()
    idle = drag_sliders(window, drags)
    memory = MemoryWatch()
    epochs: list[object] = []

    def count(event: object) -> None:
        if isinstance(event, EpochDone):
            epochs.append(event)

    window.studio.training.reported.connect(count)
    window.train.start.click()
    wait_for(lambda: window.studio.training.state is State.RUNNING, "training", 120)
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
    return not window.studio.training.is_active


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
    if window.studio.training.is_active:
        window.studio.training.discard()
        wait_for(lambda: _is_over(window), "end of the training", 300)
    window.close()


def rounded(value: float | np.floating) -> float:
    """Return a number with one decimal."""
    return round(float(value), 1)


if __name__ == "__main__":
    main()
