"""Two windows of one person, who share runs, photos and caches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QUrl
from pytestqt.qtbot import QtBot

from cae_gui.core.faces import DEMO, PHOTOS
from cae_gui.main_window import MainWindow
from model.events import EpochDone
from model.photos.photos import PhotoLibrary
from tests.gui.conftest import (
    LOADING_MS,
    SMALL,
    reported,
    save_faces,
    wait_for_message,
    wait_for_reconstruction,
)
from tests.shelves import faces_of

Open = Callable[[], MainWindow]


def wait_for_source(window: MainWindow, source: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.studio.faces.source == source, timeout=LOADING_MS)


def two(open_window: Open, qtbot: QtBot) -> tuple[MainWindow, MainWindow]:
    windows = open_window(), open_window()
    for window in windows:
        wait_for_reconstruction(window, qtbot)
    return windows


def test_a_run_that_one_trains_is_left_alone_by_the_other(
    open_window: Open, few_faces: Any, qtbot: QtBot
) -> None:
    first, second = two(open_window, qtbot)
    training = first.studio.training
    with reported(training, EpochDone, qtbot):
        training.start(replace(SMALL, epochs=10_000), few_faces)
    assert training.folder is not None
    second.studio.runs.refresh()
    qtbot.waitUntil(lambda: bool(second.studio.runs.items), timeout=LOADING_MS)
    assert second.studio.runs.items[0].summary.is_running

    second.continue_run(training.folder)

    wait_for_message(second, qtbot, "Another program trains this run")
    assert training.is_active
    assert not second.studio.training.is_active


def test_photos_of_both_are_kept(
    open_window: Open, few_faces: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    first, second = two(open_window, qtbot)
    photos = sorted(save_faces(few_faces, tmp_path / "photos").iterdir())
    for window, paths in ((first, photos[:3]), (second, photos[2:5])):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        assert window.files.take(mime)
    for window in (first, second):
        wait_for_source(window, PHOTOS, qtbot)
    assert sorted(faces_of(PhotoLibrary()).names) == [path.name for path in photos[:5]]


def test_both_prepare_the_same_folder_at_once(
    open_window: Open, faces_folder: Path, qtbot: QtBot
) -> None:
    first, second = two(open_window, qtbot)
    for window in (first, second):
        assert window.studio.faces.source == DEMO
        window.studio.faces.choose(str(faces_folder))
    for window in (first, second):
        wait_for_source(window, str(faces_folder), qtbot)
        faces = window.studio.faces.faces
        assert faces is not None
        assert len(faces.images) == 60
        assert not window.messages.message()
