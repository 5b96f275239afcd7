"""What every test gets: settings and folders of its own, and no thread or window left over."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_ACCESSIBILITY", "0")
if "PYTEST_XDIST_WORKER" in os.environ:
    # Each of the test processes has a core. Threads that share out a computation wait for each
    # other, which takes many times as long where others keep the cores busy.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import gc
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget

import model  # noqa: F401 (sets how numeric libraries use threads, before they are imported)
from model.data.datasets import FaceSet

pytest_plugins = ["tests.lfw"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background process ignores it, and so would the programs that tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, so that what fails is the change, and none for being slow.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings, caches and runs of a test in its own temporary folder."""
    monkeypatch.setenv("CAE_STUDIO_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CAE_STUDIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CAE_STUDIO_LOG", str(tmp_path / "log"))
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(
        QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings")
    )


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail a test after which a thread or a window is still there."""
    threads = {thread.ident for thread in threading.enumerate()}
    yield
    application = QApplication.instance()
    if isinstance(application, QApplication):
        application.processEvents()
        visible = _visible(application)
        if visible:
            gc.collect()  # may be held by a cycle only; collecting costs a tenth of a second
            visible = _visible(application)
        assert not visible, f"left open: {visible}"
    left = [item for item in threading.enumerate() if item.ident not in threads and item.is_alive()]
    assert not [item for item in left if not item.daemon], f"left running: {left}"


def _visible(application: QApplication) -> list[QWidget]:
    return [widget for widget in application.topLevelWidgets() if widget.isVisible()]


@pytest.fixture
def few_faces() -> FaceSet:
    """Sixty smooth coloured patches, each different, learnable in seconds."""
    random = np.random.RandomState(0)
    coarse = random.randint(0, 256, (60, 4, 4, 3))
    images = coarse.repeat(12, axis=1).repeat(12, axis=2).astype(np.uint8)
    return FaceSet("Patches", images, tuple(f"Person {row // 3}" for row in range(60)))
