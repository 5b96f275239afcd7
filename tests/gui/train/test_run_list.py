from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from cae_gui.train.run_list import RunList
from cae_gui.train.run_model import RunItem, RunState
from cae_gui.train.run_view import box_rect
from cae_gui.widgets.images import from_qimage
from model.plots.curves import OTHER_COLORS
from tests.gui.conftest import picture_of, same_picture

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


def item(number: int, state: RunState = RunState.STOPPED) -> RunItem:
    return RunItem(Path(f"/runs/{number}"), f"Today, 14:{number:02}", "LFW", 12, 60, 0.00126, state)


ITEMS = [item(number) for number in range(9, 0, -1)]


@pytest.fixture
def runs(qtbot: QtBot) -> RunList:
    widget = RunList()
    qtbot.addWidget(widget)
    widget.resize(304, 640)
    widget.set_items(ITEMS)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def click(
    runs: RunList, row: int, qtbot: QtBot, modifier: Qt.KeyboardModifier | None = None
) -> None:
    place = runs.view.visualRect(runs.model.index(row)).center()
    kept = modifier or Qt.KeyboardModifier.NoModifier
    qtbot.mouseClick(runs.view.viewport(), LEFT, kept, place)


def click_box(runs: RunList, row: int, qtbot: QtBot) -> None:
    place = box_rect(runs.view.visualRect(runs.model.index(row))).center()
    qtbot.mouseClick(runs.view.viewport(), LEFT, pos=place)


def offered(runs: RunList) -> list[bool]:
    buttons = (runs.open, runs.go_on, runs.copy, runs.export, runs.delete, runs.follow)
    return [button.isEnabled() for button in buttons]


def test_a_run_says_how_far_and_how_good_it_is() -> None:
    assert item(1).numbers == "12 of 60 epochs · best 0.00126"
    assert replace(item(1), epochs_done=0, best_mse=None).numbers == "0 of 60 epochs"
    assert item(1).sentence == "Today, 14:01: LFW, 12 of 60 epochs · best 0.00126. Stopped."


def test_an_empty_list_says_what_to_do(qtbot: QtBot) -> None:
    widget = RunList()
    qtbot.addWidget(widget)
    widget.resize(304, 480)
    empty = picture_of(widget.view)
    assert offered(widget) == [False, False, False, False, False, True]
    assert (empty != empty[:1, :1]).any()
    widget.set_items(ITEMS)
    assert not same_picture(empty, picture_of(widget.view))


def test_what_is_offered_fits_the_selection(runs: RunList, qtbot: QtBot) -> None:
    runs.view.clearSelection()
    assert offered(runs) == [False, False, False, False, False, True]
    click(runs, 0, qtbot)
    assert all(offered(runs))
    click(runs, 2, qtbot, CONTROL)
    assert offered(runs) == [False, False, False, True, True, True]
    assert runs.selected() == [ITEMS[0], ITEMS[2]]


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.FINISHED])
def test_only_a_stopped_run_is_continued(state: RunState, runs: RunList, qtbot: QtBot) -> None:
    click(runs, 0, qtbot)
    runs.set_items([item(9, state), *ITEMS[1:]])
    assert not runs.go_on.isEnabled()
    runs.set_items(ITEMS)
    assert runs.go_on.isEnabled()
    runs.set_idle(False)
    assert not runs.go_on.isEnabled()


def test_buttons_say_what_is_wanted_with_which_runs(runs: RunList, qtbot: QtBot) -> None:
    click(runs, 3, qtbot)
    for button, signal in (
        (runs.open, runs.open_asked),
        (runs.go_on, runs.continue_asked),
        (runs.copy, runs.copy_asked),
    ):
        with qtbot.waitSignal(signal) as one:
            qtbot.mouseClick(button, LEFT)
        assert one.args == [ITEMS[3]]
    click(runs, 1, qtbot, CONTROL)
    for button, signal in ((runs.export, runs.export_asked), (runs.delete, runs.delete_asked)):
        with qtbot.waitSignal(signal) as some:
            qtbot.mouseClick(button, LEFT)
        assert some.args == [[ITEMS[1], ITEMS[3]]]


def test_following_is_begun_and_ended_by_one_button(runs: RunList, qtbot: QtBot) -> None:
    with qtbot.waitSignal(runs.follow_asked):
        qtbot.mouseClick(runs.follow, LEFT)
    runs.set_following(True)
    assert "Stop" in runs.follow.text()
    with qtbot.waitSignal(runs.unfollow_asked):
        qtbot.mouseClick(runs.follow, LEFT)


def test_keys_open_delete_and_compare(runs: RunList, qtbot: QtBot) -> None:
    runs.select(ITEMS[1].folder)
    for key, signal in (
        (Qt.Key.Key_Return, runs.open_asked),
        (Qt.Key.Key_Delete, runs.delete_asked),
        (Qt.Key.Key_Space, runs.compared),
    ):
        with qtbot.waitSignal(signal):
            qtbot.keyClick(runs.view, key)
    assert runs.model.comparison() == [ITEMS[1]]


def test_the_list_entered_by_key_has_a_run_to_open(runs: RunList, qtbot: QtBot) -> None:
    runs.activateWindow()
    runs.delete.setFocus()
    runs.view.clearSelection()
    runs.view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: runs.selected() == ITEMS[:1])


def test_a_double_click_opens(runs: RunList, qtbot: QtBot) -> None:
    place = runs.view.visualRect(runs.model.index(2)).center()
    qtbot.mouseClick(runs.view.viewport(), LEFT, pos=place)
    with qtbot.waitSignal(runs.open_asked) as opened:
        qtbot.mouseDClick(runs.view.viewport(), LEFT, pos=place)
    assert opened.args == [ITEMS[2]]


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_the_context_menu_offers_the_same(runs: RunList, qtbot: QtBot) -> None:
    click(runs, 0, qtbot)
    runs.view.context_asked.emit(QPoint(10, 10))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    entries = {entry.text().replace("&", ""): entry for entry in menu.actions()}
    with qtbot.waitSignal(runs.copy_asked):
        entries["Copy settings"].trigger()
    assert entries["Delete …"].isEnabled()
    menu.close()


def test_comparing_gives_each_run_a_color_that_stays(runs: RunList, qtbot: QtBot) -> None:
    for row in (0, 3, 5):
        click_box(runs, row, qtbot)
    with qtbot.waitSignal(runs.compared) as blocker:
        click_box(runs, 3, qtbot)
    assert blocker.args == [[ITEMS[0], None, ITEMS[5]]]
    assert runs.model.color(5) == OTHER_COLORS[2]
    click_box(runs, 4, qtbot)
    assert runs.model.comparison() == [ITEMS[0], ITEMS[4], ITEMS[5]]
    runs.set_items(ITEMS[1:])
    assert runs.model.comparison() == [None, ITEMS[4], ITEMS[5]]


def test_the_box_bears_the_color_of_the_curve(runs: RunList, qtbot: QtBot) -> None:
    click_box(runs, 2, qtbot)
    area = box_rect(runs.view.visualRect(runs.model.index(2)))
    pixels = from_qimage(runs.view.viewport().grab(area).toImage()).reshape(-1, 3)
    wanted = tuple(int(OTHER_COLORS[0][at : at + 2], 16) for at in (1, 3, 5))
    assert wanted in {tuple(pixel) for pixel in pixels.tolist()}


def test_more_runs_than_colors_are_refused(runs: RunList, qtbot: QtBot) -> None:
    for row in range(len(OTHER_COLORS)):
        click_box(runs, row, qtbot)
    with qtbot.waitSignal(runs.refused):
        click_box(runs, len(OTHER_COLORS), qtbot)
    assert len(runs.model.comparison()) == len(OTHER_COLORS)


def test_the_run_on_show_is_not_compared_with_itself(runs: RunList, qtbot: QtBot) -> None:
    click_box(runs, 1, qtbot)
    with qtbot.waitSignal(runs.compared) as blocker:
        runs.set_shown(ITEMS[1].folder)
    assert blocker.args == [[]]
    with qtbot.assertNotEmitted(runs.compared):
        click_box(runs, 1, qtbot)


def test_new_and_deleted_runs_leave_the_selection(runs: RunList, qtbot: QtBot) -> None:
    click(runs, 4, qtbot)
    newest = item(10, RunState.RUNNING)
    runs.set_items([newest, *ITEMS[:2], *ITEMS[3:]])
    assert runs.selected() == [ITEMS[4]]
    assert runs.model.rowCount() == len(ITEMS)
    assert runs.model.item(0) == newest
    runs.set_items(ITEMS[::-1])
    assert [runs.model.item(row) for row in range(9)] == ITEMS[::-1]


def test_setters_never_emit(runs: RunList, qtbot: QtBot) -> None:
    signals = (runs.open_asked, runs.compared, runs.delete_asked, runs.follow_asked)
    emitted: list[object] = []
    for signal in signals:
        signal.connect(emitted.append)
    runs.set_items(ITEMS[2:])
    runs.select(ITEMS[3].folder)
    runs.set_idle(False)
    runs.set_following(True)
    assert emitted == []


def test_everything_has_a_name_and_a_tip(runs: RunList) -> None:
    buttons = (runs.open, runs.go_on, runs.copy, runs.export, runs.delete, runs.follow)
    assert all(button.toolTip() and "&" in button.text() for button in buttons)
    assert runs.view.accessibleName() == "Runs"
    role = Qt.ItemDataRole.AccessibleTextRole
    assert runs.model.index(0).data(role) == ITEMS[0].sentence
