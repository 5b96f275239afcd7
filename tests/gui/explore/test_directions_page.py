from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QMimeData, Qt, QUrl
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from cae_gui.explore import directions_page as texts
from cae_gui.explore.directions_page import DirectionsPage
from cae_gui.main_window import MainWindow
from cae_gui.widgets.face_list import FaceListView
from model.latents.custom_directions import (
    DirectionFaces,
    custom_directions_file,
    load_directions,
    save_directions,
)
from tests.gui.conftest import LOADING_MS, Dialogs, wait_for_message

LEFT = Qt.MouseButton.LeftButton
Open = Callable[[], MainWindow]


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot) -> DirectionsPage:
    """The page of one's own directions, once the shipped model's are known."""
    show_page(window, qtbot)
    return window.explore.own_page


def show_page(window: MainWindow, qtbot: QtBot) -> None:
    window.tabs.setCurrentWidget(window.explore)
    window.explore.tabs.setCurrentWidget(window.explore.own_page)
    qtbot.waitUntil(lambda: window.studio.own.is_ready, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: window.studio.explorer.statistics is not None, timeout=LOADING_MS)


def select(window: MainWindow, first: int, last: int) -> None:
    """Select rows of the gallery as Shift and a click do."""
    view = window.gallery.findChild(FaceListView)
    flag = QItemSelectionModel.SelectionFlag
    view.selectionModel().clearSelection()
    for row in range(first, last):
        view.selectionModel().select(view.model().index(row, 0), flag.Select)


def press(page: DirectionsPage, text: str, qtbot: QtBot) -> None:
    buttons = [item for item in page.findChildren(QAbstractButton) if item.isVisible()]
    button = next(item for item in buttons if item.text().replace("&", "").startswith(text))
    qtbot.mouseClick(button, LEFT)


def add_selected(page: DirectionsPage, side: int, qtbot: QtBot) -> None:
    adding = [item for item in page.findChildren(QPushButton) if "lected faces" in item.text()]
    qtbot.mouseClick(adding[side], LEFT)


def says(page: DirectionsPage, part: str) -> bool:
    return any(part in item.text() for item in page.findChildren(QLabel) if item.isVisible())


def make(window: MainWindow, name: str, qtbot: QtBot, *, sides: int = 6) -> None:
    """Make a direction of so many faces on each side, by hand."""
    page = window.explore.own_page
    press(page, "New direction", qtbot)
    qtbot.keyClicks(page.builder.findChild(QLineEdit), name)
    for side in range(2):
        select(window, 20 * side, 20 * side + sides)
        add_selected(page, side, qtbot)
    press(page, "Save direction", qtbot)
    wait_until_known(window, name, qtbot)


def wait_until_known(window: MainWindow, name: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: name in own_names(window), timeout=LOADING_MS)


def own_names(window: MainWindow) -> list[str]:
    explorer = window.studio.explorer
    return [explorer.directions[row].name for row in explorer.rows_of("own")]


def kept(path: Path | None = None) -> list[str]:
    return [item.name for item in load_directions(custom_directions_file(path))]


def faces(first: int, count: int) -> np.ndarray:
    random = np.random.default_rng(first)
    return random.integers(0, 256, (count, 48, 48, 3), np.uint8)


def test_a_direction_is_made_kept_and_moves_the_face(
    window: MainWindow, page: DirectionsPage, qtbot: QtBot
) -> None:
    press(page, "New direction", qtbot)
    qtbot.keyClicks(page.builder.findChild(QLineEdit), "Hat")
    select(window, 0, 3)
    add_selected(page, 0, qtbot)
    qtbot.waitUntil(lambda: says(page, texts.FEW), timeout=LOADING_MS)
    select(window, 0, 8)
    add_selected(page, 0, qtbot)
    select(window, 30, 36)
    add_selected(page, 1, qtbot)
    qtbot.waitUntil(lambda: says(page, "with an AUC of 0."), timeout=LOADING_MS)
    qtbot.waitUntil(lambda: page.builder._preview.count() == 5, timeout=LOADING_MS)
    press(page, "Save direction", qtbot)
    wait_until_known(window, "Hat", qtbot)
    assert not page.is_building()
    qtbot.waitUntil(lambda: kept() == ["Hat"], timeout=LOADING_MS)
    explorer = window.studio.explorer
    row = explorer.rows_of("own")[0]
    explorer.move(row, float(explorer.coordinates()[row]) + 0.5)
    (item,) = load_directions(custom_directions_file(None))
    assert (len(item.with_it), len(item.without)) == (8, 6)
    assert explorer.undo_stack.undoText() == "Hat"


def test_a_direction_can_be_saved_without_scrolling(
    window: MainWindow, page: DirectionsPage, qtbot: QtBot
) -> None:
    window.resize(900, 500)
    window.explore.show_inspector(True)
    press(page, "New direction", qtbot)
    save = page.builder.save
    qtbot.waitUntil(lambda: save.visibleRegion().boundingRect() == save.rect())


def test_empty_taken_and_faceless_names_are_refused_by_a_sentence(
    window: MainWindow, page: DirectionsPage, qtbot: QtBot
) -> None:
    make(window, "Hat", qtbot)
    press(page, "New direction", qtbot)
    press(page, "Save direction", qtbot)
    assert says(page, texts.NO_NAME)
    qtbot.keyClicks(page.builder.findChild(QLineEdit), "Hat")
    assert not says(page, texts.NO_NAME)
    press(page, "Save direction", qtbot)
    assert says(page, "There is a direction “Hat” already.")
    qtbot.keyClicks(page.builder.findChild(QLineEdit), "s")
    press(page, "Save direction", qtbot)
    assert says(page, texts.NO_FACES)
    select(window, 0, 0)
    add_selected(page, 0, qtbot)
    assert says(page, texts.NOTHING_SELECTED)
    press(page, "Cancel", qtbot)
    assert own_names(window) == ["Hat"]


def test_choosing_examples_leaves_the_edited_face_alone(
    window: MainWindow, page: DirectionsPage, qtbot: QtBot
) -> None:
    explorer, selection = window.studio.explorer, window.studio.selection
    qtbot.waitUntil(lambda: explorer.face is not None, timeout=LOADING_MS)
    explorer.move(0, 1.5)
    edited, steps = explorer.face, explorer.undo_stack.count()

    def pick(row: int) -> None:
        with qtbot.waitSignal(selection.reconstructed, timeout=LOADING_MS):
            window.gallery.pick(row)

    press(page, "New direction", qtbot)
    for row in (3, 4):
        pick(row)
        add_selected(page, 0, qtbot)
    assert len(page.builder.images(0)) == 2
    assert explorer.face is edited
    assert explorer.undo_stack.count() == steps
    press(page, "Cancel", qtbot)
    pick(5)
    assert explorer.face.name == selection.face.name


def test_the_same_faces_on_both_sides_make_no_direction(
    window: MainWindow, page: DirectionsPage, qtbot: QtBot
) -> None:
    press(page, "New direction", qtbot)
    select(window, 0, 1)
    add_selected(page, 0, qtbot)
    qtbot.waitUntil(lambda: page.builder._preview.count() == 5, timeout=LOADING_MS)
    add_selected(page, 1, qtbot)
    qtbot.waitUntil(lambda: page.builder._preview.count() == 0, timeout=LOADING_MS)


def test_editing_removing_and_undo(window: MainWindow, page: DirectionsPage, qtbot: QtBot) -> None:
    make(window, "Hat", qtbot)
    (edit,) = page.edit.menu().actions()
    edit.trigger()
    assert page.is_building()
    assert len(page.builder.images(0)) == 6
    field = page.builder.findChild(QLineEdit)
    field.clear()
    qtbot.keyClicks(field, "Cap")
    press(page, "Save direction", qtbot)
    qtbot.waitUntil(lambda: own_names(window) == ["Cap"], timeout=LOADING_MS)
    (remove,) = page.remove.menu().actions()
    remove.trigger()
    wait_for_message(window, qtbot, "“Cap” was removed.")
    qtbot.waitUntil(lambda: own_names(window) == [], timeout=LOADING_MS)
    qtbot.waitUntil(lambda: kept() == [], timeout=LOADING_MS)
    assert not page.remove.isEnabled()
    back = window.messages.findChildren(QPushButton)
    qtbot.mouseClick(next(item for item in back if item.text() == texts.BRING_BACK), LEFT)
    qtbot.waitUntil(lambda: own_names(window) == ["Cap"], timeout=LOADING_MS)
    stack = window.studio.explorer.undo_stack
    stack.undo()
    qtbot.waitUntil(lambda: own_names(window) == [], timeout=LOADING_MS)
    stack.undo()
    qtbot.waitUntil(lambda: own_names(window) == ["Cap"], timeout=LOADING_MS)
    stack.undo()
    qtbot.waitUntil(lambda: own_names(window) == ["Hat"], timeout=LOADING_MS)
    stack.undo()
    qtbot.waitUntil(lambda: own_names(window) == [], timeout=LOADING_MS)
    stack.redo()
    qtbot.waitUntil(lambda: own_names(window) == ["Hat"], timeout=LOADING_MS)
    qtbot.waitUntil(lambda: kept() == ["Hat"], timeout=LOADING_MS)


def test_going_back_to_an_earlier_face_keeps_them(
    window: MainWindow, page: DirectionsPage, qtbot: QtBot
) -> None:
    explorer = window.studio.explorer
    explorer.move(0, 1.0)
    make(window, "Hat", qtbot)
    explorer.go_to_state(0)
    explorer.move(1, 1.0)
    assert [item.name for item in window.studio.own.items] == ["Hat"]
    assert not explorer.undo_stack.canRedo()


def test_they_are_there_at_the_next_start(open_window: Open, qtbot: QtBot) -> None:
    first = open_window()
    show_page(first, qtbot)
    qtbot.waitUntil(lambda: first.studio.selection.face is not None, timeout=LOADING_MS)
    make(first, "Hat", qtbot)
    first.close()
    assert kept() == ["Hat"]
    second = open_window()
    wait_until_known(second, "Hat", qtbot)


def test_another_model_takes_them_over_and_keeps_its_own_once_they_change(
    window: MainWindow, page: DirectionsPage, tmp_path: Path, qtbot: QtBot
) -> None:
    make(window, "Hat", qtbot)
    model = tmp_path / "other.safetensors"
    window.studio.models.save(model)
    qtbot.waitUntil(lambda: window.studio.models.path == model, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: kept(model) == ["Hat"], timeout=LOADING_MS)
    custom_directions_file(model).unlink()
    with qtbot.waitSignal(window.studio.models.replaced, timeout=LOADING_MS):
        window.studio.models.open_shipped()
    wait_until_known(window, "Hat", qtbot)
    with qtbot.waitSignal(window.studio.models.replaced, timeout=LOADING_MS):
        window.studio.models.open(model)
    wait_until_known(window, "Hat", qtbot)
    assert not custom_directions_file(model).exists()
    qtbot.waitUntil(lambda: window.studio.selection.face is not None, timeout=LOADING_MS)
    make(window, "Scarf", qtbot, sides=2)
    qtbot.waitUntil(lambda: kept(model) == ["Hat", "Scarf"], timeout=LOADING_MS)
    assert kept() == ["Hat"]
    assert page.edit.isEnabled()


def test_directions_of_another_model_come_in_by_dialog_and_by_drop(
    window: MainWindow, page: DirectionsPage, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = tmp_path / "b.directions"
    save_directions(answers.path, [DirectionFaces("Hat", faces(1, 3), faces(2, 3))])
    press(page, "Import", qtbot)
    wait_for_message(window, qtbot, "1 direction of “b.directions” came in")
    wait_until_known(window, "Hat", qtbot)
    save_directions(tmp_path / "c.directions", [DirectionFaces("Hat", faces(3, 3), faces(4, 3))])
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "c.directions"))])
    assert window.files.take(mime)
    wait_until_known(window, "Hat 2", qtbot)
    window.files.open_path(tmp_path / "c.directions")
    wait_for_message(window, qtbot, "“c.directions” holds no directions that you don't have")
    assert own_names(window) == ["Hat", "Hat 2"]


def test_a_damaged_file_is_told_of_and_never_lost(open_window: Open, qtbot: QtBot) -> None:
    path = custom_directions_file(None)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"not a file of ours")
    window = open_window()
    wait_for_message(window, qtbot, "“shipped.directions” is damaged")
    assert "kept as “shipped.directions.damaged”" in window.messages.message()
    show_page(window, qtbot)
    qtbot.waitUntil(lambda: window.studio.selection.face is not None, timeout=LOADING_MS)
    assert path.read_bytes() == b"not a file of ours"
    make(window, "Hat", qtbot)
    qtbot.waitUntil(
        lambda: path.with_name("shipped.directions.damaged").exists(), timeout=LOADING_MS
    )
    qtbot.waitUntil(lambda: path.exists() and kept() == ["Hat"], timeout=LOADING_MS)


def test_a_damaged_file_to_import_is_a_sentence(
    window: MainWindow, page: DirectionsPage, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "bad.directions"
    path.write_bytes(b"hello")
    window.files.open_path(path)
    wait_for_message(window, qtbot, "“bad.directions” is damaged")
    assert page.new.isEnabled()


def test_what_another_window_made_meanwhile_stays(
    window: MainWindow, page: DirectionsPage, qtbot: QtBot
) -> None:
    assert page.new.isEnabled()
    make(window, "Hat", qtbot)
    qtbot.waitUntil(lambda: kept() == ["Hat"], timeout=LOADING_MS)
    path = custom_directions_file(None)
    save_directions(
        path, [*load_directions(path), DirectionFaces("Scarf", faces(1, 3), faces(2, 3))]
    )
    make(window, "Cap", qtbot, sides=4)
    qtbot.waitUntil(lambda: kept() == ["Hat", "Cap", "Scarf"], timeout=LOADING_MS)
    wait_until_known(window, "Scarf", qtbot)


def test_what_another_window_made_comes_once_however_quick_one_is(
    window: MainWindow, page: DirectionsPage, qtbot: QtBot
) -> None:
    make(window, "Hat", qtbot)
    qtbot.waitUntil(lambda: kept() == ["Hat"], timeout=LOADING_MS)
    path = custom_directions_file(None)
    save_directions(
        path, [*load_directions(path), DirectionFaces("Scarf", faces(1, 3), faces(2, 3))]
    )
    assert page.remove.isEnabled()
    own = window.studio.own
    (hat,) = own.items
    own.remove(hat)
    wait_without_events(lambda: kept() == ["Scarf"])  # written, and the window hasn't heard of it
    own.put(hat)
    wait_without_events(lambda: kept() == ["Hat", "Scarf"])
    qtbot.waitUntil(lambda: "Scarf" in own.names, timeout=LOADING_MS)
    assert own.names == ["Hat", "Scarf"]
    window.studio.explorer.undo_stack.undo()
    qtbot.waitUntil(lambda: kept() == ["Scarf"], timeout=LOADING_MS)
    assert own.names == ["Scarf"]


def wait_without_events(condition: Callable[[], bool]) -> None:
    """Wait for another thread while nothing of it arrives at the window."""
    end = time.monotonic() + LOADING_MS / 1000
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_what_could_not_be_written_is_told_of_and_stays_in_the_window(
    window: MainWindow, page: DirectionsPage, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    assert page.new.isEnabled()
    with monkeypatch.context() as patch:
        patch.setattr("cae_gui.explore.custom_directions.merge_directions", fail)
        make(window, "Hat", qtbot)
        wait_for_message(window, qtbot, "Your directions couldn't be written")
    assert own_names(window) == ["Hat"]
    window.close()
    assert kept() == ["Hat"]


def test_directions_that_mean_nothing_are_named(open_window: Open, qtbot: QtBot) -> None:
    same = faces(1, 2)
    path = custom_directions_file(None)
    save_directions(
        path, [DirectionFaces("Nothing", same, same), DirectionFaces("Hat", same, faces(2, 2))]
    )
    window = open_window()
    wait_until_known(window, "Hat", qtbot)
    show_page(window, qtbot)
    assert own_names(window) == ["Hat"]
    assert says(window.explore.own_page, "“Nothing” means nothing to this model")
