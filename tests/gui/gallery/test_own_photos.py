"""Own photos through the whole window: a photo comes in, its box moves, it is there again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtWidgets import QApplication, QListView, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.core.faces import PHOTOS
from cae_gui.main_window import MainWindow
from model.photos.crop import CropBox, crop_face
from tests.drawn_photos import Sitter, drawn_photo
from tests.gui.conftest import LOADING_MS, Dialogs, wait_for_message, wait_for_reconstruction
from tests.shelves import keys_of

LEFT = Qt.MouseButton.LeftButton
no_window_manager = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
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


def wait_for_names(window: MainWindow, names: list[str], qtbot: QtBot) -> None:
    def are_shown() -> bool:
        faces, source = window.studio.faces.faces, window.studio.faces.source
        return faces is not None and source == PHOTOS and list(faces.names) == names

    qtbot.waitUntil(are_shown, timeout=LOADING_MS)


def press(parent: QWidget, text: str, qtbot: QtBot) -> None:
    """Click the button with this text."""
    buttons = [item for item in parent.findChildren(QPushButton) if item.text() == text]
    assert len(buttons) == 1
    qtbot.mouseClick(buttons[0], LEFT)


def delete_all(window: MainWindow, qtbot: QtBot) -> None:
    """Select all faces of the gallery and press Delete."""
    view = window.gallery.findChild(QListView)
    qtbot.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(view, Qt.Key.Key_Delete)


def remove_by_menu(window: MainWindow, row: int) -> None:
    """Remove a photo by its context menu."""
    window.gallery.show_menu(row, QPoint(10, 10))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    menu.actions()[-1].trigger()
    menu.close()


def add(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    take(window, path)
    wait_for_photo(window, qtbot)


def test_a_dropped_photo_shows_the_box_of_its_face(
    window: MainWindow, group: Path, qtbot: QtBot
) -> None:
    assert not window.reconstruct.photo.isVisibleTo(window.reconstruct)

    add(window, group, qtbot)

    assert window.reconstruct.photo.box().centre == pytest.approx((LARGE.x, LARGE.y), abs=25)
    assert window.studio.selection.face is not None
    assert window.studio.selection.face.name == "group.png"


def test_the_reconstruction_follows_the_box(window: MainWindow, group: Path, qtbot: QtBot) -> None:
    add(window, group, qtbot)
    view, replies = window.reconstruct.photo, []
    steps = window.studio.explorer.undo_stack.count()
    window.studio.selection.reconstructed.connect(replies.append)

    for _ in range(3):
        qtbot.keyPress(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    expected = crop_face(drawn_photo([SMALL, LARGE]), view.box())
    qtbot.waitUntil(
        lambda: bool(replies) and np.array_equal(replies[-1].originals[0], expected),
        timeout=LOADING_MS,
    )
    assert window.studio.explorer.undo_stack.count() <= steps + 1
    # Let go, the face is the one that is explored and in the gallery, too.
    qtbot.keyRelease(view, Qt.Key.Key_Right)

    def is_kept() -> bool:
        faces, edited = window.studio.faces.faces, window.studio.explorer.face
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

    assert window.studio.faces.source == "photos"
    assert window.reconstruct.photo.box() == box
    qtbot.keyClick(window.reconstruct.photo, Qt.Key.Key_Home)
    found = window.reconstruct.photo.box()
    assert found.centre == pytest.approx((SMALL.x, SMALL.y), abs=15)
    assert found != box


def test_other_faces_have_no_box(window: MainWindow, group: Path, qtbot: QtBot) -> None:
    add(window, group, qtbot)
    with qtbot.waitSignal(window.studio.faces.changed):
        window.studio.faces.choose("demo")

    assert not window.reconstruct.photo.isVisibleTo(window.reconstruct)


def test_a_removed_photo_takes_its_box_along(
    window: MainWindow, group: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    add(window, group, qtbot)
    with qtbot.waitSignal(window.studio.faces.changed):
        window.studio.photos.remove([keys_of(window.studio.photos.library)[0]])

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
    assert len(keys_of(window.studio.photos.library)) == 2


def test_a_box_that_cannot_be_kept_is_told(
    window: MainWindow, group: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(window, group, qtbot)

    def refuse(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(window.studio.photos.library, "place", refuse)
    qtbot.keyClick(window.reconstruct.photo, Qt.Key.Key_Left)

    wait_for_message(window, qtbot, "disk is full")


class TestSeveralFaces:
    """A photo of two people."""

    @pytest.fixture
    def shown(self, window: MainWindow, group: Path, qtbot: QtBot) -> MainWindow:
        add(window, group, qtbot)
        wait_for_message(window, qtbot, "“group.png” shows 2 faces; the most prominent was added.")
        return window

    def test_the_others_are_added_from_the_message(self, shown: MainWindow, qtbot: QtBot) -> None:
        press(shown.messages, "Add the others", qtbot)

        wait_for_names(shown, ["group.png", "group.png (2)"], qtbot)
        assert shown.gallery.selected_row() == 0
        qtbot.waitUntil(lambda: "2 faces added" in shown.reconstruct.photo.accessibleName())

    def test_another_face_gets_a_box_of_its_own(self, shown: MainWindow, qtbot: QtBot) -> None:
        view = shown.reconstruct.photo
        before = view.box()
        press(shown.reconstruct, "&Add another face", qtbot)

        wait_for_names(shown, ["group.png", "group.png (2)"], qtbot)
        qtbot.waitUntil(lambda: shown.gallery.selected_row() == 1)
        centre = pytest.approx((SMALL.x, SMALL.y), abs=15)
        qtbot.waitUntil(lambda: view.box().centre == centre, timeout=LOADING_MS)
        # A click on the other one's box goes there.
        qtbot.waitUntil(lambda: bool(shown.studio.photo.others()))
        qtbot.mouseClick(view, LEFT, pos=view.to_widget(*before.centre).toPoint())
        qtbot.waitUntil(lambda: shown.gallery.selected_row() == 0)
        qtbot.waitUntil(lambda: view.box() == before, timeout=LOADING_MS)

    def test_all_found_faces_are_added_at_once(
        self, window: MainWindow, tmp_path: Path, qtbot: QtBot
    ) -> None:
        path = tmp_path / "three.png"
        drawn_photo([SMALL, LARGE, Sitter(9, 140, 350, 110)]).save(path)
        add(window, path, qtbot)
        press(window.reconstruct, "Add the other 2 fa&ces", qtbot)

        wait_for_names(window, ["three.png", "three.png (2)", "three.png (3)"], qtbot)
        qtbot.waitUntil(lambda: not window.reconstruct.own.add_all.isVisible())

    def test_removing_one_keeps_the_photo_of_the_other(
        self, shown: MainWindow, tmp_path: Path, qtbot: QtBot
    ) -> None:
        press(shown.messages, "Add the others", qtbot)
        wait_for_names(shown, ["group.png", "group.png (2)"], qtbot)
        press(shown.reconstruct, "Remove th&is face", qtbot)

        wait_for_names(shown, ["group.png (2)"], qtbot)
        wait_for_photo(shown, qtbot)
        assert len(list((tmp_path / "data" / "photos" / "pictures").iterdir())) == 1
        wait_for_message(shown, qtbot, "“group.png” was removed.")
        press(shown.messages, "Put back", qtbot)
        wait_for_names(shown, ["group.png", "group.png (2)"], qtbot)
        qtbot.waitUntil(lambda: shown.gallery.selected_row() == 0)


def test_many_photos_with_several_faces_are_one_offer(
    window: MainWindow, group: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    other = tmp_path / "other.png"
    drawn_photo([LARGE, SMALL, Sitter(9, 140, 350, 110)]).save(other)
    take(window, group, other)
    wait_for_message(window, qtbot, "2 photos show several faces; of each, one was added.")
    press(window.messages, "Add the others", qtbot)

    names = ["group.png", "other.png", "group.png (2)", "other.png (2)", "other.png (3)"]
    wait_for_names(window, names, qtbot)
    assert window.gallery.selected_row() == 1


def test_the_delete_key_removes_the_selected_photos(
    window: MainWindow, group: Path, photo: Path, qtbot: QtBot
) -> None:
    take(window, photo, group)
    wait_for_names(window, ["photo.png", "group.png"], qtbot)
    steps = window.studio.explorer.undo_stack.count()
    window.gallery.findChild(QListView).selectAll()
    qtbot.keyClick(window.gallery.findChild(QListView), Qt.Key.Key_Delete)

    wait_for_message(window, qtbot, "2 photos were removed.")
    wait_for_names(window, [], qtbot)
    page = window.reconstruct
    assert page.empty.isVisibleTo(page)  # nothing of them stays
    assert page.original.pixels() is page.reconstruction.pixels() is None
    assert page.numbers.text() == ""
    assert not page.own.isVisibleTo(page)
    assert not page.refine.isEnabled()
    press(window.messages, "Put back", qtbot)
    wait_for_names(window, ["photo.png", "group.png"], qtbot)
    wait_for_reconstruction(window, qtbot)
    assert not page.empty.isVisibleTo(page)
    assert steps <= window.studio.explorer.undo_stack.count()


@pytest.mark.parametrize("agrees", [True, False])
def test_many_photos_are_removed_after_a_question(
    agrees: bool, window: MainWindow, answers: Dialogs, qtbot: QtBot
) -> None:
    pictures = [(np.full((60, 50, 3), value, np.uint8), f"{value}") for value in range(25)]
    window.studio.photos.add(pictures)
    names = [name for _, name in pictures]
    wait_for_names(window, names, qtbot)
    answers.answer = agrees
    delete_all(window, qtbot)

    assert answers.asked[-1] == "remove 25"
    if agrees:
        wait_for_names(window, [], qtbot)
        wait_for_message(window, qtbot, "25 photos were removed.")
    answers.answer = True
    assert len(keys_of(window.studio.photos.library)) == (0 if agrees else 25)


def test_faces_of_others_are_not_removed_by_the_delete_key(
    window: MainWindow, qtbot: QtBot
) -> None:
    delete_all(window, qtbot)
    assert window.studio.faces.faces is not None
    assert len(window.studio.faces.faces.images) > 100


@no_window_manager
def test_removing_another_photo_leaves_the_one_on_show_alone(
    window: MainWindow, group: Path, photo: Path, qtbot: QtBot
) -> None:
    take(window, photo, group)
    wait_for_names(window, ["photo.png", "group.png"], qtbot)
    wait_for_photo(window, qtbot)
    qtbot.keyClick(window.reconstruct.photo, Qt.Key.Key_Left)
    box, stack = window.reconstruct.photo.box(), window.studio.photo.undo_stack
    remove_by_menu(window, 0)

    wait_for_names(window, ["group.png"], qtbot)
    assert window.gallery.selected_row() == 0
    assert window.reconstruct.photo.box() == box
    assert stack.canUndo()


def test_steps_of_the_box_are_undone(window: MainWindow, group: Path, qtbot: QtBot) -> None:
    add(window, group, qtbot)
    view, stack = window.reconstruct.photo, window.studio.photo.undo_stack
    first = view.box()
    for _ in range(3):
        qtbot.keyClick(view, Qt.Key.Key_Left)
    second = view.box()
    start = view.to_widget(*second.centre).toPoint()
    qtbot.mousePress(view, LEFT, pos=start)
    for step in range(1, 4):
        qtbot.mouseMove(view, start + QPoint(3 * step, step))
    qtbot.mouseRelease(view, LEFT, pos=start + QPoint(9, 3))
    third = view.box()
    assert stack.count() == 2

    boxes = []
    for go in (stack.undo, stack.undo, stack.redo, stack.redo):
        go()
        boxes.append(view.box())
    assert boxes == [second, first, second, third]
    stack.undo()
    expected = crop_face(drawn_photo([SMALL, LARGE]), second)

    def is_shown() -> bool:
        faces = window.studio.faces.faces
        return faces is not None and np.array_equal(faces.images[0], expected)

    qtbot.waitUntil(is_shown, timeout=LOADING_MS)


def test_own_photos_are_all_in_the_strip(
    window: MainWindow, group: Path, photo: Path, qtbot: QtBot
) -> None:
    take(window, photo, group)
    wait_for_names(window, ["photo.png", "group.png"], qtbot)
    qtbot.waitUntil(lambda: window.reconstruct.strip.count() == 2, timeout=LOADING_MS)
    assert window.reconstruct.strip_title.text().startswith("Your photos")
    assert not window.reconstruct.other_faces.isEnabled()
    with qtbot.waitSignal(window.studio.faces.changed):
        window.studio.faces.choose("demo")
    assert window.reconstruct.strip_title.text().startswith("Test faces")
    assert window.reconstruct.other_faces.isEnabled()
