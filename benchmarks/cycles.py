"""Starts and stops a training, and opens and closes the window while it trains, again and again.

    python benchmarks/cycles.py [--trainings 500] [--windows 200] [--minutes 10]

A real training of a small network on sixty faces is started, stopped after its first epoch and
discarded; then windows are opened, begin a training, and are closed in the middle of it. Each half
is measured after every tenth of its cycles and at its end, which comes after so many minutes at the
latest.

Prints one JSON line: for ``trainings`` and ``windows`` the ``cycles`` that were done, the
``growth`` of memory in MiB, threads, open files, windows and objects of Qt since the first
measurement, and ``rss_mb`` at each; ``exceptions``; ``qt_warnings``, among which “QThread:
Destroyed” would be. All of them but the memory should be 0 or empty. ``cut_short`` names the
halves that the minutes ended. A process that aborts prints nothing.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


from benchmarks.budget import Budget
from benchmarks.driver import use_own_folders, wait_for
from benchmarks.growth import growth, held
from benchmarks.machine import machine
from benchmarks.soak import Records, Warnings, opened_window
from benchmarks.soak_material import Material
from benchmarks.soak_person import SETTINGS
from cae_gui.app import make_application
from cae_gui.core.errors import Unexpected
from cae_gui.core.log import Log
from cae_gui.main_window import MainWindow
from cae_gui.settings import Settings
from cae_gui.widgets import dialogs

PATIENCE_S = 300


def main() -> int:
    """Do the cycles and print; the exit code is 1 where there was an exception."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trainings", type=int, default=500, help="started and stopped (500)")
    parser.add_argument("--windows", type=int, default=200, help="opened and closed (200)")
    parser.add_argument("--minutes", type=float, default=10, help="at most, for each half (10)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        use_own_folders(folder, own_cache=True)
        os.environ["SCIKIT_LEARN_DATA"] = str(folder / "no lfw here")
        result = cycles(folder, options.trainings, options.windows, 60 * options.minutes)
    print(json.dumps(machine() | result))
    return 1 if result["exceptions"] else 0


def cycles(folder: Path, trainings: int, windows: int, seconds: float) -> dict[str, Any]:
    """Return what both halves found, in so many seconds each at most."""
    make_application()
    Settings().source = str(Material(folder / "material", 0).faces)
    records = Records()
    logging.getLogger("Qt").addHandler(Warnings(records))
    with Log(), Unexpected() as unexpected, mock.patch.object(dialogs, "ask_quit", always):
        unexpected.happened.connect(records.note_problem)
        window = opened_window()
        window.studio.problem.connect(records.note_problem)
        trained = repeated(trainings, partial(train_once, window), seconds)
        window.close()
        window.deleteLater()
        del window
        opened = repeated(windows, open_once, seconds)
    planned = {"trainings": (trained, trainings), "windows": (opened, windows)}
    return {
        "trainings": trained,
        "windows": opened,
        "cut_short": [name for name, (half, count) in planned.items() if half["cycles"] < count],
        "exceptions": records.exceptions,
        "qt_warnings": sorted(records.warnings),
    }


def repeated(cycles: int, cycle: Callable[[], None], seconds: float) -> dict[str, Any]:
    """Do something again and again; return what of it isn't given back."""
    every, budget = max(1, cycles // 10), Budget(seconds)
    measured, done = [], 0
    while done < cycles and not budget.is_over:
        cycle()
        done += 1
        if done % every == 0:
            measured.append(held())
    if done % every:
        measured.append(held())
    change = growth(measured[0], measured[-1]) if len(measured) > 1 else {}
    trail = [each["rss_mb"] for each in measured]
    return {"cycles": done, "growth": change, "rss_mb": trail}


def begin_training(window: MainWindow) -> None:
    """Start a training that doesn't end by itself, and wait for its first epoch."""
    window.train.form.set_config(replace(SETTINGS, epochs=10_000))
    window.train.start.click()
    wait_for(lambda: window.train.epochs.epoch() is not None, "first epoch", PATIENCE_S)


def train_once(window: MainWindow) -> None:
    """Start a training and discard it."""
    begin_training(window)
    window.studio.training.discard()
    wait_for(lambda: not window.studio.training.is_active, "end of the training", PATIENCE_S)


def open_once() -> None:
    """Open a window and close it while it trains."""
    window = opened_window()
    begin_training(window)
    window.close()
    window.deleteLater()


def always(*_arguments: object) -> bool:
    """Answer every question with yes."""
    return True


if __name__ == "__main__":
    sys.exit(main())
