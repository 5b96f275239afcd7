"""Own photos through the whole window: a photo comes in, its box moves, it is there again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from model.crop import CropBox, crop_face
from tests.drawn_photos import Sitter, drawn_photo
from tests.gui.conftest import LOADING_MS, wait_for_message, wait_for_reconstruction

SMALL, LARGE = Sitter(3, 130, 130, 90), Sitter(5, 430, 260, 170)


@pytest.fixture
def group(tmp_path: Path) -> Path:
    """Two faces in one picture."""
    path = tmp_path / "group.png"
    drawn_photo([SMALL, LARGE]).save(path)
    return path


def take(window: MainWindow, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    assert window.files.take(mime)


def wait_for_photo(window: MainWindow, qtbot: QtBot) -> None:
    view = window.reconstruct.photo
    qtbot.waitUntil(lambda: view.isVisibleTo(window.reconstruct), timeout=LOADING_MS)


def add(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    take(window, path)
    wait_for_photo(window, qtbot)


def test_a_dropped_photo_shows_the_box_of_its_face(
    window: MainWindow, group: Path, qtbot: QtBot
) -> None:
    assert not window.reconstruct.photo.isVisibleTo(window.reconstruct)

    add(window, group, qtbot)

    assert window.reconstruct.photo.box().centre == pytest.approx((LARGE.x, LARGE.y), abs=25)
    assert window.session.face is not None
    assert window.session.face.name == "group.png"


def test_the_reconstruction_follows_the_box(window: MainWindow, group: Path, qtbot: QtBot) -> None:
    add(window, group, qtbot)
    view, replies = window.reconstruct.photo, []
    steps = window.session.explorer.undo_stack.count()
    window.session.reconstructed.connect(replies.append)

    for _ in range(3):
        qtbot.keyPress(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    expected = crop_face(drawn_photo([SMALL, LARGE]), view.box())
    qtbot.waitUntil(
        lambda: bool(replies) and np.array_equal(replies[-1].originals[0], expected),
        timeout=LOADING_MS,
    )
    assert window.session.explorer.undo_stack.count() <= steps + 1
    # Let go, the face is the one that is explored and in the gallery, too.
    qtbot.keyRelease(view, Qt.Key.Key_Right)

    def is_kept() -> bool:
        faces, edited = window.session.faces.faces, window.session.explorer.face
        assert faces is not None
        return (
            np.array_equal(faces.images[0], expected)
            and edited is not None
            and np.array_equal(edited.pixels, expected)
        )

    qtbot.waitUntil(is_kept, timeout=LOADING_MS)


def test_another_of_several_faces_is_chosen_and_remembered(
    open_window: Callable[[], MainWindow], group: Path, qtbot: QtBot
) -> None:
    window = open_window()
    wait_for_reconstruction(window, qtbot)
    add(window, group, qtbot)
    qtbot.keyPress(window.reconstruct.photo, Qt.Key.Key_PageDown)
    qtbot.keyPress(window.reconstruct.photo, Qt.Key.Key_BracketRight)
    box = window.reconstruct.photo.box()
    assert box.centre == pytest.approx((SMALL.x, SMALL.y), abs=15)
    # The key isn't let go: closing the window settles what isn't yet.
    window.close()

    window = open_window()
    wait_for_photo(window, qtbot)

    assert window.session.faces.source == "photos"
    assert window.reconstruct.photo.box() == box
    qtbot.keyClick(window.reconstruct.photo, Qt.Key.Key_Home)
    found = window.reconstruct.photo.box()
    assert found.centre == pytest.approx((SMALL.x, SMALL.y), abs=15)
    assert found != box


def test_other_faces_have_no_box(window: MainWindow, group: Path, qtbot: QtBot) -> None:
    add(window, group, qtbot)
    with qtbot.waitSignal(window.session.faces.changed):
        window.session.faces.choose("demo")

    assert not window.reconstruct.photo.isVisibleTo(window.reconstruct)


def test_a_removed_photo_takes_its_box_along(
    window: MainWindow, group: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    add(window, group, qtbot)
    with qtbot.waitSignal(window.session.faces.changed):
        window.session.faces.remove_photo(0)

    assert not window.reconstruct.photo.isVisibleTo(window.reconstruct)
    assert not list((tmp_path / "data" / "photos").rglob("*.png"))


def test_no_face_is_no_error(window: MainWindow, photo: Path, qtbot: QtBot) -> None:
    take(window, photo)

    wait_for_message(window, qtbot, "No face was found in “photo.png”")
    wait_for_photo(window, qtbot)
    assert window.reconstruct.photo.box() == CropBox(20, 0, 160)


def test_notes_about_many_photos_are_one_message(
    window: MainWindow, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    other = tmp_path / "other.png"
    drawn_photo([]).save(other)
    take(window, photo, other)

    wait_for_message(window, qtbot, "2 notes about your photos. The first: No face was found in")
    wait_for_photo(window, qtbot)


def test_a_photo_that_is_there_is_selected_and_that_is_said(
    window: MainWindow, group: Path, photo: Path, qtbot: QtBot
) -> None:
    add(window, group, qtbot)
    take(window, photo)
    wait_for_message(window, qtbot, "No face was found")
    take(window, group)

    wait_for_message(window, qtbot, "“group.png” is among your photos already.")
    qtbot.waitUntil(lambda: window.gallery.selected_row() == 0)
    assert len(window.session.faces.shelf) == 2


def test_a_box_that_cannot_be_kept_is_told(
    window: MainWindow, group: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(window, group, qtbot)

    def refuse(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(window.session.faces.shelf, "place", refuse)
    qtbot.keyClick(window.reconstruct.photo, Qt.Key.Key_Left)

    wait_for_message(window, qtbot, "disk is full")
