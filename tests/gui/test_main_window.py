from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QTableWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

import cae_gui.core.faces as faces_module
from cae_gui.core.faces import DEMO, LFW, PHOTOS
from cae_gui.main_window import MainWindow
from cae_gui.messages import DOWNLOAD, OPEN_FOLDER, TRY_AGAIN, USE_DEMO
from cae_gui.settings import Settings
from cae_gui.train.training import Discarded, State, Stopped
from cae_gui.widgets.face_list import FaceListView
from cae_gui.widgets.face_mime import face_to_mime
from cae_gui.widgets.images import to_qimage
from cae_gui.widgets.tokens import is_dark
from model.config import TrainConfig
from model.data.datasets import DownloadError, FaceSet, Prepared
from model.events import EpochDone, Finished
from model.progress import WorkProgress
from model.runs.runs import Run, list_runs
from tests.gui.conftest import (
    LOADING_MS,
    SMALL,
    Dialogs,
    export_as,
    picture_of,
    quick_train,
    reported,
    same_picture,
    wait_for_file,
    wait_for_message,
    wait_for_reconstruction,
)
from tests.shelves import keys_of

LEFT = Qt.MouseButton.LeftButton
no_window_manager = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
CONTROL = Qt.KeyboardModifier.ControlModifier
Open = Callable[[], MainWindow]


def drop(window: QWidget, mime: QMimeData) -> bool:
    """Drop on the window; return whether it said that it would take it."""
    actions = (Qt.DropAction.CopyAction, mime, LEFT, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(600, 400), *actions)
    enter.ignore()
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        event = QDropEvent(QPointF(600, 400), *actions, QEvent.Type.Drop)
        QApplication.sendEvent(window, event)
    return enter.isAccepted()


def files(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def action(window: MainWindow, text: str) -> QAction:
    """Return an entry of the menu bar."""
    for found in window.findChildren(QAction):
        if found.text().replace("&", "").startswith(text):
            return found
    raise LookupError(text)


def entries(window: MainWindow, title: str) -> list[QAction]:
    """Open a submenu of the menu bar and return what is in it."""
    menus = [menu for menu in window.findChildren(QMenu) if menu.title().replace("&", "") == title]
    menus[0].aboutToShow.emit()
    return list(menus[0].actions())


def unfinished_run(window: MainWindow, qtbot: QtBot) -> QAction:
    """Return the one run that the menu offers to continue, as soon as it is listed and can be."""

    def is_offered() -> bool:
        return [item.isEnabled() for item in entries(window, "Continue a run")] == [True]

    qtbot.waitUntil(is_offered, timeout=LOADING_MS)
    return entries(window, "Continue a run")[0]


def button(window: MainWindow, text: str) -> QPushButton:
    return next(item for item in window.messages.findChildren(QPushButton) if item.text() == text)


def choose_source(window: MainWindow, key: str) -> None:
    combo = window.gallery.findChild(QComboBox)
    index = combo.findData(key)
    assert index >= 0
    combo.setCurrentIndex(index)
    combo.activated.emit(index)


def shown_source(window: MainWindow) -> str:
    return str(window.gallery.findChild(QComboBox).currentData())


def wait_for_source(window: MainWindow, key: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.studio.faces.source == key, timeout=LOADING_MS)


def click_face(window: MainWindow, position: int, qtbot: QtBot) -> None:
    view = window.gallery.findChild(FaceListView)
    point = view.visualRect(view.model().index(position, 0)).center()
    qtbot.mouseClick(view.viewport(), LEFT, pos=point)


def double_click_face(window: MainWindow, position: int, qtbot: QtBot) -> None:
    click_face(window, position, qtbot)
    view = window.gallery.findChild(FaceListView)
    point = view.visualRect(view.model().index(position, 0)).center()
    qtbot.mouseDClick(view.viewport(), LEFT, pos=point)


def status_texts(window: MainWindow) -> str:
    """Return what is always in view: of the status bar, and the model in use."""
    labels = window.statusBar().findChildren(QLabel)
    texts = [*(label.text() for label in labels), window.chip.accessibleDescription()]
    return " | ".join(texts)


def start_training(window: MainWindow, few_faces: FaceSet, qtbot: QtBot, epochs: int) -> None:
    """Train on sixty patches, which are put on show for it."""
    window.studio.faces.source = "patches"
    window.studio.faces.faces = few_faces
    window.train.form.set_config(SMALL.__class__(**{**SMALL.to_dict(), "epochs": epochs}))
    window.tabs.setCurrentWidget(window.train)
    with reported(window.studio.training, EpochDone, qtbot):
        qtbot.mouseClick(window.train.start, LEFT)


# The first start


def test_the_first_start_shows_a_face_without_a_click(window: MainWindow, qtbot: QtBot) -> None:
    assert window.tabs.currentWidget() is window.reconstruct
    assert window.studio.selection.face is not None
    assert window.gallery.selected_row() == 0
    assert shown_source(window) == DEMO
    assert "MSE" in window.reconstruct.numbers.text()
    qtbot.waitUntil(lambda: window.reconstruct.strip.count() == 20)
    assert "Demo faces" in status_texts(window)
    assert "Shipped model" in status_texts(window)
    assert window.messages.message() == ""


def test_the_first_window_fits_its_screen(open_window: Open, qtbot: QtBot) -> None:
    open_window()  # with the folders of a test
    window = MainWindow()
    qtbot.addWidget(window)
    room, least = window.screen().availableSize(), window.minimumSize()
    assert window.width() <= max(0.9 * room.width(), least.width())
    assert window.height() <= max(0.9 * room.height(), least.height())
    window.studio.shut_down()


def test_the_first_morph_is_ready_by_itself(window: MainWindow, qtbot: QtBot) -> None:
    window.tabs.setCurrentWidget(window.morph)
    qtbot.waitUntil(lambda: window.morph.path.film.count() > 0)
    assert window.morph.path.playback.play.isEnabled()
    assert not window.studio.morpher.undo_stack.canUndo()


def test_closing_at_once_is_clean(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    window.close()
    assert not window.isVisible()
    jobs = [*window.studio.models.jobs(), *window.studio.faces.jobs()]
    assert not any(job.isRunning() for job in jobs)


def test_closing_at_once_forgets_nothing(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    first = open_window()
    first.settings.model = tmp_path / "mine.safetensors"
    first.settings.source, first.settings.row = LFW, 77
    first.close()
    assert first.settings.model == tmp_path / "mine.safetensors"
    assert (first.settings.source, first.settings.row) == (LFW, 77)


def test_what_was_there_last_time_and_is_gone_gives_way_to_what_ships(
    open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    settings = open_window().settings
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"no model")
    settings.model, settings.source = damaged, str(tmp_path / "gone")
    window = open_window()
    wait_for_reconstruction(window, qtbot)
    assert window.studio.models.title == "Shipped model"
    assert window.studio.faces.source == DEMO
    assert shown_source(window) == DEMO
    texts = {message.text for message in window.messages._messages}
    assert any("“damaged.safetensors”" in text for text in texts)
    assert any("“gone”" in text for text in texts)


@pytest.mark.parametrize("text", ["x" * 5000, "a\0b", "/dev/zero", "~"])
def test_settings_that_make_no_sense_keep_no_window_from_opening(
    text: str, open_window: Open, qtbot: QtBot
) -> None:
    store = Settings()._store
    for key in ("faces/source", "model/path", "model/recent", "files/folder", "window/scheme"):
        store.setValue(key, text)
    for key in ("window/workspace", "faces/row"):
        store.setValue(key, "999999999")
    for key in ("window/geometry", "window/splitter"):
        store.setValue(key, QByteArray(b"\x01\xd9\xd0\xcb" + b"\xff" * 70))
    window = open_window()
    wait_for_reconstruction(window, qtbot)
    assert window.studio.models.title == "Shipped model"
    assert window.studio.faces.source == DEMO


# Choosing a face


def test_a_click_in_the_gallery_selects_for_all_workspaces(
    window: MainWindow, qtbot: QtBot
) -> None:
    before = picture_of(window.reconstruct.reconstruction)
    with qtbot.waitSignal(window.studio.selection.reconstructed, timeout=LOADING_MS):
        click_face(window, 3, qtbot)
    assert window.studio.selection.face is not None
    faces = window.studio.faces.faces
    assert faces is not None
    assert window.studio.selection.face.name == faces.names[3]
    assert np.array_equal(window.studio.selection.face.pixels, faces.images[3])
    assert not same_picture(before, picture_of(window.reconstruct.reconstruction))
    assert window.studio.explorer.face is not None
    assert window.studio.explorer.face.name == faces.names[3]
    assert window.explore.original.accessibleName().endswith(faces.names[3])


def test_search_by_name(window: MainWindow, qtbot: QtBot) -> None:
    action(window, "Find a face").trigger()
    field = window.gallery.findChild(QLineEdit)
    assert field.hasFocus()
    qtbot.keyClicks(field, "0012")
    view = window.gallery.findChild(FaceListView)
    assert view.model().rowCount() == 1
    with qtbot.waitSignal(window.studio.selection.changed):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.studio.selection.face is not None
    assert "0012" in window.studio.selection.face.name


def test_a_face_of_the_strip_is_selected_in_the_gallery(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.reconstruct.strip.count() == 20)
    strip = window.reconstruct.strip
    with qtbot.waitSignal(window.studio.selection.changed):
        qtbot.mouseClick(strip, LEFT, pos=strip.frame_rect(2).center())
    row = window.gallery.selected_row()
    faces = window.studio.faces.faces
    assert row
    assert faces is not None
    assert window.studio.selection.face is not None
    assert np.array_equal(window.studio.selection.face.pixels, faces.images[row])


def test_other_faces_in_the_strip(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.reconstruct.strip.count() == 20)
    before = picture_of(window.reconstruct.strip)
    qtbot.mouseClick(window.reconstruct.other_faces, LEFT)
    qtbot.waitUntil(lambda: not same_picture(before, picture_of(window.reconstruct.strip)))


def test_double_click_while_on_train_shows_the_face(window: MainWindow, qtbot: QtBot) -> None:
    window.tabs.setCurrentWidget(window.train)
    double_click_face(window, 4, qtbot)
    assert window.studio.selection.face is not None
    assert window.gallery.selected_row() == 4
    assert window.tabs.currentWidget() is window.reconstruct


@no_window_manager
def test_the_context_menu_puts_a_face_on_the_path(window: MainWindow, qtbot: QtBot) -> None:
    faces = window.studio.faces.faces
    assert faces is not None
    for entry in (1, 2):
        window.gallery.show_menu(5 + entry, QPoint(10, 10))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        menu.actions()[entry].trigger()
        menu.close()
    found = [face.name for face in window.studio.morpher.state.faces]
    assert found == [faces.names[row] for row in (0, 6, 7)]
    assert window.tabs.currentWidget() is window.morph
    assert window.morph.path.isVisible()


# Models


def test_a_damaged_model_is_a_sentence_and_the_model_stays(
    window: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    present = window.studio.models.model
    answers.path = tmp_path / "broken.pth"
    answers.path.write_bytes(b"PK\x03\x04 not a checkpoint")
    action(window, "Open model").trigger()
    wait_for_message(window, qtbot, "“broken.pth”")
    assert answers.asked == ["path"]
    assert window.studio.models.model is present
    assert "Shipped model" in status_texts(window)


def test_a_model_file_is_saved_dropped_on_the_window_and_listed(
    window: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = tmp_path / "mine.safetensors"
    action(window, "Save model as").trigger()
    wait_for_message(window, qtbot, "saved as “mine.safetensors”")
    assert "mine.safetensors" in status_texts(window)
    action(window, "Use the shipped model").trigger()
    qtbot.waitUntil(lambda: "Shipped model" in status_texts(window), timeout=LOADING_MS)
    with qtbot.waitSignal(window.studio.models.replaced, timeout=LOADING_MS):
        assert drop(window, files(answers.path))
    assert "mine.safetensors" in status_texts(window)
    (recent,) = entries(window, "Open recent model")
    assert (recent.text(), recent.toolTip()) == (answers.path.name, str(answers.path))
    assert window.studio.faces.source == DEMO


def test_saving_a_model_keeps_the_edited_face(
    window: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    window.studio.explorer.move(0, 2.0)
    edited = window.studio.explorer.latent
    answers.path = tmp_path / "mine.safetensors"
    with qtbot.waitSignal(window.studio.models.saved, timeout=LOADING_MS):
        window.saving.save_model()
    assert window.studio.explorer.latent == pytest.approx(edited)
    assert window.studio.explorer.undo_stack.canUndo()


def test_nothing_chosen_nothing_happens(window: MainWindow, answers: Dialogs, qtbot: QtBot) -> None:
    qtbot.waitUntil(window.reconstruct.export_strip.isEnabled)
    for text in ("Open model", "Save model as", "Add photos"):
        action(window, text).trigger()
    for widget in (window.reconstruct.export_face, window.reconstruct.export_strip):
        widget.click()
    assert len(answers.asked) == 5
    assert window.messages.message() == ""


def test_the_layer_table_opens_and_closes_with_the_window(window: MainWindow, qtbot: QtBot) -> None:
    window.tabs.setCurrentWidget(window.train)
    qtbot.mouseClick(window.train.layers, LEFT)
    dialog = window.train.layers_dialog
    qtbot.waitUntil(dialog.isVisible, timeout=LOADING_MS)
    table = dialog.findChild(QTableWidget)
    assert table.rowCount() > 10
    assert any("parameters" in label.text() for label in dialog.findChildren(QLabel))
    window.close()
    assert not dialog.isVisible()


# Photos


def test_a_dropped_picture_becomes_a_photo_and_is_selected(
    window: MainWindow, photo: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.studio.faces.changed):
        assert drop(window, files(photo))
    assert window.studio.faces.source == PHOTOS
    assert shown_source(window) == PHOTOS
    assert window.studio.selection.face is not None
    assert window.studio.selection.face.name == "photo.png"
    with qtbot.waitSignal(window.studio.selection.reconstructed, timeout=LOADING_MS):
        pass


def test_a_dropped_text_is_refused_by_its_name(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ann")
    assert drop(window, files(letter))
    wait_for_message(window, qtbot, "letter.txt")
    assert window.studio.faces.source == DEMO


def test_several_refused_files_are_one_message(
    window: MainWindow, tmp_path: Path, photo: Path, qtbot: QtBot
) -> None:
    wrong = [tmp_path / f"{number}.txt" for number in range(3)]
    for path in wrong:
        path.write_text("text")
    drop(window, files(*wrong, photo))
    wait_for_message(window, qtbot, "3 files were left out")
    wait_for_source(window, PHOTOS, qtbot)


def test_a_link_to_the_network_is_refused(window: MainWindow) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/face.png")])
    assert drop(window, mime)
    assert "network" in window.messages.message()


def test_a_face_of_the_gallery_dropped_beside_a_well_does_nothing(
    window: MainWindow, few_faces: FaceSet
) -> None:
    assert not drop(window, face_to_mime("Ann", np.array(few_faces.images[0])))


def test_a_file_dropped_on_the_search_is_not_typed_into_it(window: MainWindow, photo: Path) -> None:
    fields = window.findChildren(QLineEdit)
    assert fields
    assert not [field for field in fields if field.acceptDrops()]


def test_paste_a_picture(window: MainWindow, few_faces: FaceSet, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setImage(to_qimage(np.array(few_faces.images[3])))
    with qtbot.waitSignal(window.studio.faces.changed):
        action(window, "Paste picture").trigger()
    assert window.studio.selection.face is not None
    assert window.studio.selection.face.name == "Pasted picture"
    assert np.array_equal(window.studio.selection.face.pixels, few_faces.images[3])


def test_paste_without_a_picture_says_so(window: MainWindow) -> None:
    QGuiApplication.clipboard().setText("hello")
    action(window, "Paste picture").trigger()
    assert "no picture on the clipboard" in window.messages.message()


@no_window_manager
def test_photos_by_dialog_and_their_removal(
    window: MainWindow, answers: Dialogs, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    other = tmp_path / "other.png"
    Image.new("RGB", (60, 60), "teal").save(other)
    answers.photos = [photo, other]
    with qtbot.waitSignal(window.studio.faces.changed):
        action(window, "Add photos").trigger()
    assert window.gallery.selected_row() == 1
    assert window.settings.folder == tmp_path
    for _ in range(2):
        window.gallery.show_menu(0, QPoint(10, 10))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        with qtbot.waitSignal(window.studio.faces.changed):
            menu.actions()[-1].trigger()
        menu.close()
    assert len(keys_of(window.studio.photos.library)) == 0
    assert "0" in status_texts(window)


def test_photos_that_are_not_there_yet(window: MainWindow, qtbot: QtBot) -> None:
    choose_source(window, PHOTOS)
    wait_for_source(window, PHOTOS, qtbot)
    assert window.studio.selection.face is None
    assert window.studio.explorer.face is not None  # what is edited stays


# Sources


def test_a_folder_as_source(
    window: MainWindow, answers: Dialogs, faces_folder: Path, qtbot: QtBot
) -> None:
    answers.path = faces_folder
    choose_source(window, "choose-folder")
    wait_for_source(window, str(faces_folder), qtbot)
    assert shown_source(window) == str(faces_folder)
    assert "patches: 60" in status_texts(window)
    assert window.studio.selection.face is not None
    assert window.studio.selection.face.name == "000"


def test_a_dropped_folder_as_source(window: MainWindow, faces_folder: Path, qtbot: QtBot) -> None:
    assert drop(window, files(faces_folder))
    wait_for_source(window, str(faces_folder), qtbot)


def test_no_folder_chosen_shows_the_present_source(window: MainWindow, answers: Dialogs) -> None:
    choose_source(window, "choose-folder")
    assert answers.asked == ["path"]
    assert shown_source(window) == DEMO


def test_an_empty_folder_is_a_sentence(
    window: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = tmp_path / "empty"
    answers.path.mkdir()
    choose_source(window, "choose-folder")
    wait_for_message(window, qtbot, "“empty”")
    assert shown_source(window) == DEMO


def test_missing_lfw_is_an_offer(
    window: MainWindow, answers: Dialogs, faces_folder: Path, qtbot: QtBot
) -> None:
    choose_source(window, LFW)
    wait_for_message(window, qtbot, "Labeled Faces in the Wild isn't on this machine")
    assert shown_source(window) == DEMO
    for text in (DOWNLOAD, OPEN_FOLDER, USE_DEMO):
        assert button(window, text).isVisible()
    answers.path = faces_folder
    qtbot.mouseClick(button(window, OPEN_FOLDER), LEFT)
    wait_for_source(window, str(faces_folder), qtbot)


def test_the_offer_downloads(
    window: MainWindow, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def download() -> Iterator[Any]:
        yield WorkProgress("Downloading LFW", 10, 233)

    choose_source(window, LFW)
    wait_for_message(window, qtbot, "isn't on this machine")
    monkeypatch.setattr(faces_module, "download_lfw", download)
    monkeypatch.setattr(faces_module, "prepare", lambda _source: iter([Prepared(few_faces, ())]))
    with qtbot.waitSignal(window.studio.faces.busy):
        qtbot.mouseClick(button(window, DOWNLOAD), LEFT)
    wait_for_source(window, LFW, qtbot)


def test_a_refused_download_can_be_tried_again(
    window: MainWindow, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    tries = iter([DownloadError("The server refused (403). Try again later."), None])

    def download() -> Iterator[Any]:
        yield WorkProgress("Downloading LFW", 0, 233)
        error = next(tries)
        if error is not None:
            raise error

    choose_source(window, LFW)
    wait_for_message(window, qtbot, "isn't on this machine")
    monkeypatch.setattr(faces_module, "download_lfw", download)
    qtbot.mouseClick(button(window, DOWNLOAD), LEFT)
    wait_for_message(window, qtbot, "The server refused (403)")
    monkeypatch.setattr(faces_module, "prepare", lambda _source: iter([Prepared(few_faces, ())]))
    qtbot.mouseClick(button(window, TRY_AGAIN), LEFT)
    wait_for_source(window, LFW, qtbot)


def test_long_loading_is_cancelled_from_the_bar(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def endless(_source: str) -> Iterator[Any]:
        while True:
            yield WorkProgress("Reading", 1, 2)

    monkeypatch.setattr(faces_module, "prepare", endless)
    choose_source(window, LFW)
    top = window.tabs.mapTo(window, QPoint(0, 0)).y(), window.tabs.height()
    qtbot.waitUntil(lambda: window.status.progress.text().startswith("Reading"))
    assert (window.tabs.mapTo(window, QPoint(0, 0)).y(), window.tabs.height()) == top
    with qtbot.waitSignal(window.studio.faces.idle):
        qtbot.mouseClick(window.status.progress.findChild(QToolButton), LEFT)
    assert shown_source(window) == DEMO
    qtbot.waitUntil(lambda: not window.status.progress.text().startswith("Reading"))


def test_lfw_missing_at_the_start_gives_way_to_the_demo_faces(
    open_window: Open, qtbot: QtBot
) -> None:
    settings = open_window().settings
    settings.source, settings.row = LFW, 3
    window = open_window()
    wait_for_source(window, DEMO, qtbot)
    assert "isn't on this machine" in window.messages.message()


@pytest.fixture
def late_faces(few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """LFW comes once this is set; it is not all there."""
    arrived, real = threading.Event(), faces_module.prepare

    def prepare(source: str) -> Iterator[Any]:
        if source != LFW:
            yield from real(source)
            return
        while not arrived.wait(0.02):
            yield WorkProgress("Reading", 1, 2)
        yield Prepared(few_faces, ("LFW isn't complete on this machine.",))

    monkeypatch.setattr(faces_module, "prepare", prepare)
    return arrived


@pytest.mark.parametrize("work", ["none", "select", "edit"])
def test_faces_that_come_late_leave_alone_what_is_worked_with(
    work: str, window: MainWindow, late_faces: threading.Event, few_faces: FaceSet, qtbot: QtBot
) -> None:
    explorer, selection = window.studio.explorer, window.studio.selection
    qtbot.waitUntil(lambda: explorer.face is not None and explorer.statistics is not None)
    window.gallery.pick(5)
    qtbot.waitUntil(lambda: explorer.face is not None and explorer.face.name == "Demo face 0006")
    choose_source(window, LFW)
    if work == "select":
        window.gallery.pick(7)
    elif work == "edit":
        explorer.randomize()
    face, edited = selection.face, explorer.latent
    late_faces.set()
    wait_for_source(window, LFW, qtbot)
    qtbot.waitUntil(lambda: not window.studio.faces.is_loading)
    assert shown_source(window) == LFW
    if work == "none":
        assert selection.face is not face
        assert window.gallery.selected_row() == 0
        return
    assert selection.face is face
    assert window.gallery.selected_row() is None
    if work == "edit":
        np.testing.assert_array_equal(explorer.latent, edited)
    window.gallery.pick(3)
    assert selection.face is not None
    assert selection.face.name == few_faces.names[3]


def test_what_lfw_lacks_is_told_once(
    open_window: Open, late_faces: threading.Event, qtbot: QtBot
) -> None:
    late_faces.set()
    first = open_window()
    wait_for_reconstruction(first, qtbot)
    choose_source(first, LFW)
    wait_for_message(first, qtbot, "isn't complete")
    first.close()
    second = open_window()
    wait_for_source(second, LFW, qtbot)
    qtbot.waitUntil(lambda: not second.studio.faces.is_loading)
    assert "isn't complete" not in second.messages.message()
    choose_source(second, LFW)  # asked for by hand
    wait_for_message(second, qtbot, "isn't complete")


# Saving pictures


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_figures_of_reconstructions(
    suffix: str, window: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: window.reconstruct.strip.count() == 20)
    for widget, name in (
        (window.reconstruct.export_face, f"face{suffix}"),
        (window.reconstruct.export_strip, f"strip{suffix}"),
    ):
        answers.path = tmp_path / name
        qtbot.mouseClick(widget, LEFT)
        wait_for_message(window, qtbot, f"Saved as “{name}”.")
        assert answers.path.stat().st_size > 1000
    assert window.settings.folder == tmp_path


def test_a_figure_that_cannot_be_written_is_a_sentence(
    window: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = tmp_path / "no folder" / "face.png"
    qtbot.mouseClick(window.reconstruct.export_face, LEFT)
    wait_for_message(window, qtbot, "doesn't exist")


def test_the_edited_face_is_saved(
    window: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    window.tabs.setCurrentWidget(window.explore)
    answers.path = tmp_path / "edited.png"
    qtbot.mouseClick(window.explore.save, LEFT)
    wait_for_message(window, qtbot, "Saved as “edited.png”.")
    with Image.open(answers.path) as image:
        assert image.size == (192, 192)


def test_gif_and_strip_of_a_morph(
    window: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    window.tabs.setCurrentWidget(window.morph)
    view = window.morph.path
    qtbot.waitUntil(lambda: view.film.count() > 0)
    view.segments.editors[0].seconds.setValue(0.5)
    answers.path = tmp_path / "morph.gif"
    export_as(window, view.export, "GIF", qtbot)
    wait_for_message(window, qtbot, "Saved as “morph.gif”.")
    with Image.open(answers.path) as image:
        assert image.n_frames == 25  # half a second there, and half a second back
        assert image.info["loop"] == 0
    answers.path = tmp_path / "film.png"
    export_as(window, view.export, "PNG strip", qtbot)
    wait_for_message(window, qtbot, "Saved as “film.png”.")
    with Image.open(answers.path) as image:
        assert image.size == (9 * 192, 192)
        strip = np.asarray(image, np.int16)
    # There and back is for the film: the strip ends at the last face.
    assert np.abs(strip[:, :192] - strip[:, -192:]).mean() > 10


# Explore and morph


def test_undo_of_another_face_shows_its_original_and_reconstruction(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.tabs.setCurrentWidget(window.explore)
    models = window.studio.models

    def after(change: Callable[[], object]) -> Any:
        change()
        # A lane of its own is answered last, so nothing of an earlier face is due after it.
        qtbot.waitUntil(lambda: is_settled(window), timeout=LOADING_MS)
        last: list[object] = []
        faces = np.zeros((1, 48, 48, 3), np.uint8)
        models.reconstruct(faces, then=last.append, lane=object())
        qtbot.waitUntil(lambda: bool(last), timeout=LOADING_MS)
        return picture_of(window.explore.start)

    def is_settled(window: MainWindow) -> bool:
        face, edited = window.studio.selection.face, window.studio.explorer.face
        undone = window.studio.explorer.undo_stack.canRedo()
        return edited is not None and (undone or (face is not None and edited.name == face.name))

    fourth = after(lambda: click_face(window, 4, qtbot))
    assert not same_picture(fourth, after(lambda: click_face(window, 5, qtbot)))
    assert same_picture(fourth, after(action(window, "Undo").trigger))


def test_random_and_reset(window: MainWindow, qtbot: QtBot) -> None:
    explorer = window.studio.explorer
    start = explorer.latent
    action(window, "Random face").trigger()
    assert not np.array_equal(explorer.latent, start)
    action(window, "Reset the face").trigger()
    assert np.array_equal(explorer.latent, start)


def path_names(window: MainWindow) -> list[str]:
    return [face.name for face in window.studio.morpher.state.faces]


def wait_for_path(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until all faces of the path are encoded and the film strip is there."""
    qtbot.waitUntil(lambda: window.studio.morpher.path is not None, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: window.morph.path.film.count() > 0, timeout=LOADING_MS)


def test_a_path_of_three_faces_is_made_and_unmade(window: MainWindow, qtbot: QtBot) -> None:
    window.tabs.setCurrentWidget(window.morph)
    view, morpher = window.morph.path, window.studio.morpher
    wait_for_path(window, qtbot)
    first, second = path_names(window)
    click_face(window, 4, qtbot)
    assert window.studio.selection.face is not None
    chosen = window.studio.selection.face.name
    qtbot.mouseClick(view.frames.plus, LEFT)
    assert path_names(window) == [first, second, chosen]
    wait_for_path(window, qtbot)
    before = picture_of(view.face)
    qtbot.keyClick(view.slider, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: not same_picture(before, picture_of(view.face)), timeout=LOADING_MS)
    view.frames.cards[2].setFocus()
    qtbot.keyClick(view.frames.cards[2], Qt.Key.Key_Left, CONTROL)
    assert path_names(window) == [first, chosen, second]
    qtbot.keyClick(view.frames.cards[0], Qt.Key.Key_Delete)
    assert path_names(window) == [chosen, second]
    qtbot.mouseClick(view.reverse, LEFT)
    assert path_names(window) == [second, chosen]
    view.playback.loop.click()
    assert morpher.path is not None
    assert morpher.path.loop
    for _ in range(4):
        action(window, "Undo").trigger()
    assert path_names(window) == [first, second, chosen]
    assert not view.playback.loop.isChecked()


def test_the_edited_face_goes_on_the_path(window: MainWindow, qtbot: QtBot) -> None:
    explorer, morpher = window.studio.explorer, window.studio.morpher
    wait_for_path(window, qtbot)
    qtbot.waitUntil(lambda: explorer.statistics is not None, timeout=LOADING_MS)
    explorer.randomize()
    window.tabs.setCurrentWidget(window.morph)
    window.morph.path.frames.edited_wanted.emit(2)
    face = morpher.state.faces[2]
    assert face.name.endswith(", edited")
    assert morpher.path is not None
    np.testing.assert_array_equal(morpher.path.frames[2].latent, explorer.latent)
    qtbot.waitUntil(lambda: morpher.pixels(face) is not None, timeout=LOADING_MS)


def test_a_path_is_applied_to_another_face(window: MainWindow, qtbot: QtBot) -> None:
    window.tabs.setCurrentWidget(window.morph)
    morpher = window.studio.morpher
    wait_for_path(window, qtbot)
    assert morpher.path is not None
    first, last = (frame.latent for frame in morpher.path.frames)
    click_face(window, 4, qtbot)
    with qtbot.waitSignal(morpher.changed, timeout=LOADING_MS):
        window.morph.path.apply_to_selected()
    assert window.studio.selection.face is not None
    name = window.studio.selection.face.name
    assert path_names(window) == [name, f"{name}, step 2"]
    moved = [frame.latent for frame in morpher.path.frames]
    np.testing.assert_allclose(moved[1] - moved[0], last - first, atol=1e-4)
    qtbot.waitUntil(lambda: not morpher.to_decode(), timeout=LOADING_MS)


def test_another_model_while_exploring_and_morphing(
    window: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    from model.checkpoint import FaceModel, save_model
    from model.network import ConvAutoencoder

    path = tmp_path / "small.safetensors"
    save_model(path, FaceModel(ConvAutoencoder(4).eval()))
    window.tabs.setCurrentWidget(window.explore)
    window.studio.explorer.move(0, 2.0)
    window.files.open_path(path)
    click_face(window, 2, qtbot)
    with qtbot.waitSignal(window.studio.models.described, timeout=LOADING_MS):
        pass
    explorer = window.studio.explorer
    qtbot.waitUntil(lambda: explorer.face is not None, timeout=LOADING_MS)
    assert explorer.latent is not None
    assert explorer.latent.shape == (4,)
    assert not explorer.undo_stack.canUndo()
    qtbot.waitUntil(lambda: window.studio.morpher.path is not None, timeout=LOADING_MS)
    explorer.move(0, 1.0)
    assert explorer.coordinates()[0] == pytest.approx(1.0, abs=1e-3)


# Appearance


@pytest.mark.parametrize("text", ["Dark", "Light"])
def test_the_scheme_changes_at_once_and_is_remembered(
    text: str, window: MainWindow, qtbot: QtBot
) -> None:
    action(window, text).trigger()
    assert window.settings.scheme == text.lower()
    qtbot.waitUntil(lambda: is_dark(window.palette()) is (text == "Dark"))


def test_workspaces_by_shortcut(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    for index, key in enumerate((Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4)):
        qtbot.keyClick(window, key, CONTROL)
        assert window.tabs.currentIndex() == index


# Training and closing


@pytest.fixture
def training(
    quick_engine: None, window: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> MainWindow:
    """A window in which a training is under way."""
    start_training(window, few_faces, qtbot, 10_000)
    return window


def test_too_few_faces_to_train_on_is_a_sentence(
    window: MainWindow, photo: Path, qtbot: QtBot
) -> None:
    drop(window, files(photo))
    wait_for_source(window, PHOTOS, qtbot)
    window.tabs.setCurrentWidget(window.train)
    assert "“My photos” has too few faces (1)" in window.train.estimate.text()
    assert not window.train.start.isEnabled()
    choose_source(window, DEMO)
    wait_for_source(window, DEMO, qtbot)
    assert window.train.start.isEnabled()
    assert list(list_runs()) == []


def test_a_training_begins_with_the_model_in_use_where_that_is_asked(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    begun: list[tuple[int, object]] = []

    def noted(
        config: TrainConfig, faces: FaceSet, *, start: object = None, **options: Any
    ) -> Iterator[Any]:
        begun.append((config.latent_dim, start))
        return quick_train(config, faces, **options)

    monkeypatch.setattr("model.training.training.train", noted)
    qtbot.waitUntil(lambda: window.studio.models.model is not None, timeout=LOADING_MS)
    shipped = window.studio.models.model
    window.tabs.setCurrentWidget(window.train)
    window.train.form.set_config(SMALL)
    window.train.further.click()
    with reported(window.studio.training, Finished, qtbot):
        qtbot.mouseClick(window.train.start, LEFT)
    assert shipped is not None
    assert begun == [(shipped.network.latent_dim, shipped)]


def test_pause_go_on_and_stop_by_button(training: MainWindow, qtbot: QtBot) -> None:
    state, view = training.studio.training, training.train
    qtbot.mouseClick(view.pause, LEFT)
    assert state.state is State.PAUSED
    assert "paused" in status_texts(training)
    qtbot.mouseClick(view.pause, LEFT)
    with reported(state, EpochDone, qtbot):
        pass
    assert view.strip.count() == 10
    with reported(state, Stopped, qtbot):
        qtbot.mouseClick(view.stop, LEFT)
    assert "kept" in view.status.text()
    assert view.start.isEnabled()
    assert len(list(list_runs())) == 1


def test_discard_asks_first(training: MainWindow, answers: Dialogs, qtbot: QtBot) -> None:
    answers.answer = False
    qtbot.mouseClick(training.train.discard, LEFT)
    assert training.studio.training.state is State.RUNNING
    answers.answer = True
    with reported(training.studio.training, Discarded, qtbot):
        qtbot.mouseClick(training.train.discard, LEFT)
    assert answers.asked == ["discard", "discard"]
    assert training.train.status.text() == "Discarded."
    assert list(list_runs()) == []


def test_faces_changed_while_training_change_nothing_in_it(
    training: MainWindow, photo: Path, qtbot: QtBot
) -> None:
    drop(training, files(photo))
    wait_for_source(training, PHOTOS, qtbot)
    with reported(training.studio.training, EpochDone, qtbot):
        pass
    assert training.train.strip.count() == 10


def test_closing_while_training_asks_once_and_cancel_keeps_on(
    training: MainWindow, answers: Dialogs, qtbot: QtBot
) -> None:
    answers.answer = False
    training.close()
    assert answers.asked == ["quit"]
    assert training.isVisible()
    with reported(training.studio.training, EpochDone, qtbot):
        pass
    assert training.studio.training.state is State.RUNNING


@pytest.mark.parametrize("paused", [False, True])
def test_quitting_while_training_stops_in_seconds_and_keeps_the_run(
    paused: bool, training: MainWindow, answers: Dialogs, qtbot: QtBot
) -> None:
    if paused:
        training.train.pause.click()
    folder = training.studio.training.folder
    assert folder is not None
    began = time.monotonic()
    training.close()
    assert time.monotonic() - began < 5
    assert answers.asked == ["quit"]
    assert not training.isVisible()
    assert training.studio.training.job.isFinished()
    assert Run.open(folder).last.exists()


def test_a_kept_run_is_offered_and_continued(
    training: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    with reported(training.studio.training, Stopped, qtbot):
        training.train.stop.click()
    done = len(next(list_runs()).rows())
    entry = unfinished_run(training, qtbot)
    assert "Patches" in entry.text()
    with reported(training.studio.training, EpochDone, qtbot) as blocker:
        entry.trigger()
    assert blocker.args[0].epoch == done + 1
    assert training.train.form.config().epochs == 10_000


def test_a_run_of_other_faces_is_not_continued_on_these(training: MainWindow, qtbot: QtBot) -> None:
    with reported(training.studio.training, Stopped, qtbot):
        training.train.stop.click()
    choose_source(training, DEMO)
    with qtbot.waitSignal(training.studio.faces.changed):
        pass
    unfinished_run(training, qtbot).trigger()
    assert "“Patches”" in training.messages.message()
    assert training.studio.training.state is State.IDLE


def test_no_run_can_be_continued_while_one_is_under_way(training: MainWindow) -> None:
    assert not any(entry.isEnabled() for entry in entries(training, "Continue a run"))


def test_curves_are_saved(
    training: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = tmp_path / "curves.png"
    action(training, "Save curves").trigger()
    wait_for_file(answers.path, qtbot)
    wait_for_message(training, qtbot, "Saved as “curves.png”.")


# The next start


def test_the_next_start_is_as_the_last_was_left(
    open_window: Open, answers: Dialogs, faces_folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    first = open_window()
    wait_for_reconstruction(first, qtbot)
    answers.path = tmp_path / "mine.safetensors"
    with qtbot.waitSignal(first.studio.models.saved, timeout=LOADING_MS):
        first.saving.save_model()
    first.files.open_path(faces_folder)
    wait_for_source(first, str(faces_folder), qtbot)
    click_face(first, 6, qtbot)
    first.tabs.setCurrentWidget(first.morph)
    first.resize(first.minimumWidth(), 740)  # no wider than the offscreen platform's screen
    first.close()
    second = open_window()
    wait_for_reconstruction(second, qtbot)
    qtbot.waitUntil(lambda: bool(second.studio.models.title), timeout=LOADING_MS)
    assert second.size() == first.size()
    assert second.tabs.currentWidget() is second.morph
    assert second.studio.models.path == answers.path
    assert second.studio.faces.source == str(faces_folder)
    assert second.gallery.selected_row() == 6
    assert second.studio.selection.face is not None
    assert second.studio.selection.face.name == "006"


def test_space_plays_the_morph_as_soon_as_its_key_was_pressed(
    window: MainWindow, qtbot: QtBot
) -> None:
    path = window.morph.path
    window.activateWindow()
    action(window, "Morph").trigger()
    qtbot.waitUntil(path.slider.isEnabled, timeout=LOADING_MS)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: path.slider.value() > 0, timeout=LOADING_MS)
