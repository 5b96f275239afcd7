"""Snapshots in the Explore workspace of a real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from cae_gui.explore.snapshots import SnapshotComparison, SnapshotsPage, compared
from cae_gui.main_window import MainWindow
from cae_gui.widgets.face_view import FaceView
from tests.gui.conftest import (
    LOADING_MS,
    Dialogs,
    picture_of,
    same_picture,
    wait_for_file,
    wait_for_message,
    wait_for_reconstruction,
)

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def exploring(open_window: Callable[[], MainWindow], qtbot: QtBot) -> MainWindow:
    window = open_window()
    window.tabs.setCurrentWidget(window.explore)
    wait_for_reconstruction(window, qtbot)
    explorer = window.studio.explorer
    qtbot.waitUntil(lambda: explorer.density is not None, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: len(explorer.rows_of("attribute")) > 2, timeout=LOADING_MS)
    return window


def page_of(window: MainWindow) -> SnapshotsPage:
    return window.explore.snapshots


def names(window: MainWindow) -> list[str]:
    strip = page_of(window).strip
    return [strip.face(row).name for row in range(strip.count())]


def name_it(window: MainWindow, qtbot: QtBot, name: str) -> None:
    strip = page_of(window).strip
    editor = strip.findChild(QLineEdit)
    qtbot.keyClicks(editor, name)
    qtbot.keyClick(editor, Key.Key_Return)
    qtbot.waitUntil(lambda: strip.findChild(QLineEdit) is None)


def press(window: MainWindow, key: str) -> None:
    """Trigger the menu entry with this shortcut."""
    actions = [item for item in window.findChildren(QAction) if item.shortcut() == key]
    assert len(actions) == 1
    actions[0].trigger()


def keep(window: MainWindow, qtbot: QtBot, *kept: tuple[str, int, float]) -> None:
    """Keep snapshots under names, each after a move along a direction to so many sigma."""
    for name, direction, sigmas in kept:
        window.studio.explorer.move(direction, sigmas)
        press(window, "Ctrl+D")
        qtbot.keyClick(page_of(window).strip, Key.Key_F2)
        name_it(window, qtbot, name)


def select(window: MainWindow, *rows: int) -> None:
    strip, flags = page_of(window).strip, QItemSelectionModel.SelectionFlag
    strip.clearSelection()
    for row in rows:
        strip.selectionModel().select(strip.model().index(row, 0), flags.Select)


def comparison(window: MainWindow) -> SnapshotComparison:
    return window.findChild(SnapshotComparison)


def test_a_key_keeps_the_face_and_another_one_names_it(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer, strip = exploring.studio.explorer, page_of(exploring).strip
    exploring.explore.strength.setFocus()
    press(exploring, "Ctrl+D")
    assert exploring.explore.strength.hasFocus()
    assert strip.findChild(QLineEdit) is None
    qtbot.keyClick(strip, Key.Key_F2)
    editor = strip.findChild(QLineEdit)
    assert editor.width() <= strip.visualRect(strip.model().index(0, 0)).width()
    assert editor.text() == f"{explorer.face.name} 1"
    assert editor.selectedText() == editor.text()
    name_it(exploring, qtbot, "Plain")
    assert names(exploring) == ["Plain"]
    assert page_of(exploring).strip.mark() == 0
    explorer.move(0, 2.0)
    assert page_of(exploring).strip.mark() is None
    page_of(exploring).keep.click()
    assert names(exploring) == ["Plain", f"{explorer.face.name} 1"]


def test_only_the_new_one_is_selected_while_ctrl_is_held(
    exploring: MainWindow, qtbot: QtBot
) -> None:
    page = page_of(exploring)
    window = exploring.windowHandle()
    for kept in range(3):
        QTest.keyClick(window, Key.Key_D, Qt.KeyboardModifier.ControlModifier)
        assert page.strip.selected() == [kept]
    qtbot.mouseClick(page.remove, LEFT)
    assert len(names(exploring)) == 2


def test_names_that_are_taken_are_not_suggested(exploring: MainWindow) -> None:
    face = exploring.studio.explorer.face.name
    for number in (1, 2):
        exploring.explore.keep_snapshot()
        assert names(exploring)[-1] == f"{face} {number}"


def test_a_click_shows_it_and_undo_goes_back(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer, strip = exploring.studio.explorer, page_of(exploring).strip
    keep(exploring, qtbot, ("First", 0, 1.0), ("Second", 1, 3.0))
    first, second = (item.edited.latent for item in explorer.snapshots)
    qtbot.mouseClick(
        strip.viewport(), LEFT, pos=strip.visualRect(strip.model().index(0, 0)).center()
    )
    assert explorer.latent == pytest.approx(first)
    assert strip.mark() == 0
    exploring.explore.undo.click()
    assert explorer.latent == pytest.approx(second)
    assert strip.mark() == 1


def test_renaming_and_removing_can_be_undone(exploring: MainWindow, qtbot: QtBot) -> None:
    keep(exploring, qtbot, ("A", 0, 1.0), ("B", 0, 2.0), ("C", 0, 3.0))
    strip, undo = page_of(exploring).strip, exploring.explore.undo
    strip.edit_name(1)
    name_it(exploring, qtbot, "Bee")
    assert names(exploring) == ["A", "Bee", "C"]
    select(exploring, 0, 2)
    qtbot.keyClick(strip, Key.Key_Delete)
    assert names(exploring) == ["Bee"]
    undo.click()
    assert names(exploring) == ["A", "Bee", "C"]
    undo.click()
    assert names(exploring) == ["A", "B", "C"]


def test_going_back_in_the_history_keeps_what_was_kept(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer = exploring.studio.explorer
    keep(exploring, qtbot, ("A", 0, 1.0), ("B", 0, 2.0))
    page_of(exploring).strip.select(0)
    page_of(exploring).remove.click()
    explorer.go_to_state(0)
    assert names(exploring) == ["B"]
    explorer.move(3, 1.0)  # nothing can be redone any more
    assert names(exploring) == ["B"]
    assert not explorer.undo_stack.canRedo()


def test_small_faces_appear(exploring: MainWindow, qtbot: QtBot) -> None:
    keep(exploring, qtbot, ("A", 0, 1.0), ("B", 0, 3.0))
    strip = page_of(exploring).strip
    qtbot.waitUntil(
        lambda: all(strip.face(row).pixels is not None for row in (0, 1)), timeout=LOADING_MS
    )
    assert not np.array_equal(strip.face(0).pixels, strip.face(1).pixels)


def test_what_can_be_done_depends_on_the_selection(exploring: MainWindow, qtbot: QtBot) -> None:
    page = page_of(exploring)
    keep(exploring, qtbot, *((str(number), 0, float(number)) for number in range(5)))
    for rows, can in (((), (0, 0, 0)), ((0,), (1, 0, 1)), ((0, 4), (1, 1, 1))):
        select(exploring, *rows)
        buttons = page.remove, page.compare, page.export
        assert tuple(button.isEnabled() for button in buttons) == can
    select(exploring, *range(5))
    assert not page.compare.isEnabled()


def test_two_are_compared(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer = exploring.studio.explorer
    smiling = explorer.rows_of("attribute")[0]
    keep(exploring, qtbot, ("Plain", smiling, -1.0), ("Other", smiling, 1.5))
    page = page_of(exploring)
    select(exploring, 0, 1)
    page.compare.click()
    dialog = comparison(exploring)
    assert dialog.isVisible()
    assert not dialog.isModal()
    texts = [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]
    name = explorer.directions[smiling].name
    assert any(f"{name} +2.5 σ" in text and "“Plain”" in text for text in texts)
    assert sum(text.startswith("Typicality") for text in texts) == 2
    large, small, difference = dialog.findChildren(FaceView)
    empty = picture_of(difference)
    qtbot.waitUntil(lambda: not same_picture(empty, picture_of(difference)), timeout=LOADING_MS)
    assert not same_picture(picture_of(large), picture_of(small))
    assert (large.accessibleName(), small.accessibleName()) == ("Plain: Plain", "Other: Other")
    select(exploring, 1)
    page.remove.click()
    assert dialog.isVisible()
    dialog.close()


def test_attributes_come_before_principal_directions(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer = exploring.studio.explorer
    keep(exploring, qtbot, ("Plain", 0, 0.0), ("Far", 0, 8.0), ("Same", 0, 0.0))
    plain, far, same = compared(explorer, explorer.snapshots)
    assert plain.differences == same.differences == []
    kinds = {item.name: item.kind for item in explorer.directions}
    assert len(far.differences) == 3
    assert {kinds[name] for name, _ in far.differences} == {"attribute"}
    sizes = [abs(change) for _, change in far.differences]
    assert sizes == sorted(sizes, reverse=True)
    explorer.use_attributes(())
    _, far, _ = compared(explorer, explorer.snapshots)
    assert far.differences[0][0] == "Direction 1"


def test_the_comparison_goes_with_its_model(exploring: MainWindow, qtbot: QtBot) -> None:
    keep(exploring, qtbot, ("A", 0, 1.0), ("B", 0, 3.0))
    select(exploring, 0, 1)
    page_of(exploring).compare.click()
    exploring.studio.explorer.clear()
    assert not comparison(exploring).isVisible()
    assert names(exploring) == []
    assert not page_of(exploring).keep.isEnabled()


def test_the_selected_ones_are_exported_with_their_names(
    exploring: MainWindow, qtbot: QtBot, answers: Dialogs, tmp_path: Path
) -> None:
    keep(exploring, qtbot, ("A", 0, 1.0), ("B", 0, 2.0), ("Z", 0, 3.0))
    exploring.studio.explorer.rename_snapshot(2, "Zoë")
    answers.path = tmp_path / "kept.png"
    select(exploring, 0, 2)
    page_of(exploring).export.click()
    wait_for_file(answers.path, qtbot)
    wait_for_message(exploring, qtbot, "“kept.png”")
    with Image.open(answers.path) as picture:
        assert picture.size == (2 * 192 + 3 * 16, 16 + 192 + 32)
        assert '"faces": ["A", "Zoë"]' in picture.info["Description"]
        pixels = np.array(picture.convert("RGB"))
    under = pixels[16 + 192 :]
    assert (under < 128).any(axis=2)[:, : under.shape[1] // 2].any()
    assert (under < 128).any(axis=2)[:, under.shape[1] // 2 :].any()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_the_menu_offers_the_same(exploring: MainWindow, qtbot: QtBot) -> None:
    keep(exploring, qtbot, ("A", 0, 1.0))
    page = page_of(exploring)
    page.strip.select(0)
    page.strip.context_asked.emit(0, QPoint(10, 10))
    menu = page.findChild(QMenu)
    texts = {action.text(): action for action in menu.actions()}
    assert list(texts) == ["Re&name", "Remove", "Compare …", "Export …"]
    assert not texts["Compare …"].isEnabled()
    texts["Re&name"].trigger()
    assert page.strip.findChild(QLineEdit).text() == "A"
    menu.close()


def test_all_dialogs_go_with_the_window(exploring: MainWindow, qtbot: QtBot) -> None:
    keep(exploring, qtbot, ("A", 0, 1.0), ("B", 0, 3.0))
    select(exploring, 0, 1)
    page_of(exploring).compare.click()
    exploring.close()
    assert not comparison(exploring).isVisible()
