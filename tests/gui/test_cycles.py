"""Again and again, with the real engine; ``benchmarks/cycles.py`` does it hundreds of times."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from benchmarks.growth import open_files, threads
from cae_gui.main_window import MainWindow
from model.events import EpochDone
from tests.gui.conftest import LOADING_MS, SMALL, Dialogs, reported, wait_for_reconstruction

pytestmark = pytest.mark.timeout(300)


def begin(window: MainWindow, faces: Any, qtbot: QtBot) -> None:
    """Start a training that doesn't end by itself and wait for its first epoch."""
    training = window.studio.training
    with reported(training, EpochDone, qtbot):
        training.start(replace(SMALL, epochs=10_000), faces)


def held() -> tuple[int, int]:
    """Return how many threads and open files there are."""
    gc.collect()
    return threads(), open_files()


def test_trainings_leave_nothing_behind(window: MainWindow, few_faces: Any, qtbot: QtBot) -> None:
    measured = []
    for _ in range(5):
        begin(window, few_faces, qtbot)
        window.studio.training.discard()
        qtbot.waitUntil(lambda: not window.studio.training.is_active, timeout=LOADING_MS)
        measured.append(held())
    for kinds in zip(*measured, strict=True):  # threads, then files
        assert max(kinds[2:]) <= max(kinds[:2])
    assert window.studio.training.folder is not None
    assert not window.studio.training.folder.exists()


def test_windows_that_are_closed_while_they_train_leave_nothing_behind(
    open_window: Callable[[], MainWindow], few_faces: Any, answers: Dialogs, qtbot: QtBot
) -> None:
    measured = []
    for _ in range(3):
        window = open_window()
        wait_for_reconstruction(window, qtbot)
        begin(window, few_faces, qtbot)
        window.close()
        jobs = [*window.studio.models.jobs(), *window.studio.faces.jobs()]
        assert not any(job.isRunning() for job in [*jobs, window.studio.training.job])
        measured.append(held()[0])
    assert measured[2] <= measured[1]
    assert answers.asked == ["quit"] * 3
