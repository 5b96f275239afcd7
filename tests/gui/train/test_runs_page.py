from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from cae_gui.studio import Studio
from cae_gui.train.run_list import RunItem, RunState, box_rect
from cae_gui.train.runs import ListedRun
from cae_gui.train.runs_page import RunsPage
from cae_gui.train.shown_run import ShownRun
from cae_gui.train.training import State
from cae_gui.widgets.images import from_qimage
from cae_gui.widgets.message_bar import MessageBar
from model.data.datasets import FaceSet
from model.plots.curves import OTHER_COLORS
from model.runs.runs import Run
from tests.gui.conftest import SMALL, Dialogs
from tests.gui.train.test_runs_state import recorded

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


def item(number: int, state: RunState = RunState.STOPPED) -> RunItem:
    return RunItem(Path(f"/runs/{number}"), f"Today, 14:{number:02}", "LFW", 12, 60, 0.00126, state)


ITEMS = [item(number) for number in range(9, 0, -1)]


@pytest.fixture
def empty(studio: Studio, messages: MessageBar, qtbot: QtBot) -> RunsPage:
    shown = ShownRun(studio.runs, studio.models, studio.tasks, studio.lines, studio)
    for widget in (shown.status, shown.bar, shown.log, shown.plot, shown.strip, shown.epochs):
        qtbot.addWidget(widget)
    page = RunsPage(studio.runs, studio.training, studio.models, shown, messages)
    qtbot.addWidget(page)
    return page


@pytest.fixture
def runs(empty: RunsPage, qtbot: QtBot) -> RunsPage:
    empty.resize(304, 640)
    empty.set_items(ITEMS)
    with qtbot.waitExposed(empty):
        empty.show()
    return empty


@pytest.fixture
def opened(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were to be opened."""
    folders: list[Path] = []
    monkeypatch.setattr(studio.runs, "open", lambda folder, **_: folders.append(folder))
    return folders


@pytest.fixture
def deleted(studio: Studio, answers: Dialogs, monkeypatch: pytest.MonkeyPatch) -> list[list[Path]]:
    """The folders that were to be deleted; the person agrees."""
    folders: list[list[Path]] = []
    monkeypatch.setattr(studio.runs, "delete", folders.append)
    return folders


@pytest.fixture
def known(studio: Studio, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """All runs of the list are on disk, with the same settings."""
    run = Run.create(SMALL, few_faces.title)
    monkeypatch.setattr(studio.runs, "find", lambda _folder: ListedRun(run, run.summary()))


def click(
    runs: RunsPage, row: int, qtbot: QtBot, modifier: Qt.KeyboardModifier | None = None
) -> None:
    place = runs.view.visualRect(runs.model.index(row)).center()
    kept = modifier or Qt.KeyboardModifier.NoModifier
    qtbot.mouseClick(runs.view.viewport(), LEFT, kept, place)


def click_box(runs: RunsPage, row: int, qtbot: QtBot) -> None:
    place = box_rect(runs.view.visualRect(runs.model.index(row))).center()
    qtbot.mouseClick(runs.view.viewport(), LEFT, pos=place)


def offered(runs: RunsPage) -> list[bool]:
    buttons = (runs.open, runs.go_on, runs.copy, runs.export, runs.delete, runs.follow)
    return [button.isEnabled() for button in buttons]


def test_a_run_says_how_far_and_how_good_it_is() -> None:
    assert item(1).numbers == "12 of 60 epochs · best 0.00126"
    assert replace(item(1), epochs_done=0, best_mse=None).numbers == "0 of 60 epochs"
    assert item(1).sentence == "Today, 14:01: LFW, 12 of 60 epochs · best 0.00126. Stopped."


def test_an_empty_list_says_what_to_do(empty: RunsPage) -> None:
    assert offered(empty) == [False, False, False, False, False, True]
    assert empty.empty.isVisibleTo(empty)
    assert "No run yet" in empty.empty.label.text()
    empty.set_items(ITEMS)
    assert not empty.empty.isVisibleTo(empty)
    assert empty.view.isVisibleTo(empty)


def test_what_is_offered_fits_the_selection(runs: RunsPage, qtbot: QtBot) -> None:
    runs.view.clearSelection()
    assert offered(runs) == [False, False, False, False, False, True]
    click(runs, 0, qtbot)
    assert all(offered(runs))
    click(runs, 2, qtbot, CONTROL)
    assert offered(runs) == [False, False, False, True, True, True]
    assert runs.selected() == [ITEMS[0], ITEMS[2]]


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.FINISHED])
def test_only_a_stopped_run_is_continued(
    state: RunState, runs: RunsPage, studio: Studio, qtbot: QtBot
) -> None:
    click(runs, 0, qtbot)
    runs.set_items([item(9, state), *ITEMS[1:]])
    assert not runs.go_on.isEnabled()
    runs.set_items(ITEMS)
    assert runs.go_on.isEnabled()
    studio.training._enter(State.RUNNING)
    assert not runs.go_on.isEnabled()
    studio.training._enter(State.IDLE)
    assert runs.go_on.isEnabled()


@pytest.mark.usefixtures("known")
def test_buttons_act_on_the_selected_run(runs: RunsPage, opened: list[Path], qtbot: QtBot) -> None:
    runs.select(ITEMS[3].folder)
    qtbot.mouseClick(runs.open, LEFT)
    assert opened == [ITEMS[3].folder]
    with qtbot.waitSignal(runs.continue_asked) as one:
        qtbot.mouseClick(runs.go_on, LEFT)
    assert one.args == [ITEMS[3].folder]
    with qtbot.waitSignal(runs.settings_asked) as one:
        runs.copy.trigger()
    assert one.args == [SMALL, "Settings of “Today, 14:06”"]


def test_buttons_act_on_all_selected_runs(
    runs: RunsPage, answers: Dialogs, deleted: list[list[Path]], qtbot: QtBot
) -> None:
    click(runs, 3, qtbot)
    click(runs, 1, qtbot, CONTROL)
    with qtbot.waitSignal(runs.export_asked) as some:
        runs.export.trigger()
    assert some.args == [[(ITEMS[at].folder.name, ITEMS[at].folder) for at in (1, 3)]]
    answers.answer = False
    runs.delete.trigger()
    assert deleted == []
    answers.answer = True
    runs.delete.trigger()
    assert deleted == [[ITEMS[1].folder, ITEMS[3].folder]]
    assert answers.asked == ["delete 2", "delete 2"]


def test_following_is_begun_and_ended_by_one_button(
    runs: RunsPage, studio: Studio, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(runs.follow_asked):
        runs.follow.trigger()
    runs.follow_run(recorded(few_faces, 1, tmp_path).folder)
    assert "Stop" in runs.follow.text()
    runs.follow.trigger()
    assert "Stop" not in runs.follow.text()
    assert studio.runs.following is None


def test_keys_open_delete_and_compare(
    runs: RunsPage, opened: list[Path], deleted: list[list[Path]], qtbot: QtBot
) -> None:
    runs.select(ITEMS[1].folder)
    qtbot.keyClick(runs.view, Qt.Key.Key_Return)
    assert opened == [ITEMS[1].folder]
    qtbot.keyClick(runs.view, Qt.Key.Key_Delete)
    assert deleted == [[ITEMS[1].folder]]
    with qtbot.waitSignal(runs.model.compared):
        qtbot.keyClick(runs.view, Qt.Key.Key_Space)
    assert runs.model.comparison() == [ITEMS[1]]


def test_the_list_entered_by_key_has_a_run_to_open(runs: RunsPage, qtbot: QtBot) -> None:
    runs.activateWindow()
    runs.more.setFocus()
    runs.view.clearSelection()
    runs.view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: runs.selected() == ITEMS[:1])


def test_a_double_click_opens(runs: RunsPage, opened: list[Path], qtbot: QtBot) -> None:
    place = runs.view.visualRect(runs.model.index(2)).center()
    qtbot.mouseClick(runs.view.viewport(), LEFT, pos=place)
    opened.clear()  # the first click has shown its curves
    qtbot.mouseDClick(runs.view.viewport(), LEFT, pos=place)
    assert opened == [ITEMS[2].folder]


@pytest.mark.usefixtures("known")
@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_the_context_menu_offers_the_same(runs: RunsPage, qtbot: QtBot) -> None:
    click(runs, 0, qtbot)
    runs.view.context_asked.emit(runs.model.index(0), QPoint(10, 10))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    entries = {entry.text().replace("&", ""): entry for entry in menu.actions()}
    with qtbot.waitSignal(runs.settings_asked):
        entries["Copy settings"].trigger()
    assert entries["Delete …"].isEnabled()
    menu.close()


def test_comparing_gives_each_run_a_color_that_stays(runs: RunsPage, qtbot: QtBot) -> None:
    for row in (0, 3, 5):
        click_box(runs, row, qtbot)
    with qtbot.waitSignal(runs.model.compared):
        click_box(runs, 3, qtbot)
    assert runs.model.comparison() == [ITEMS[0], None, ITEMS[5]]
    assert runs.model.color(5) == OTHER_COLORS[2]
    click_box(runs, 4, qtbot)
    assert runs.model.comparison() == [ITEMS[0], ITEMS[4], ITEMS[5]]
    runs.set_items(ITEMS[1:])
    assert runs.model.comparison() == [None, ITEMS[4], ITEMS[5]]


def test_the_box_bears_the_color_of_the_curve(runs: RunsPage, qtbot: QtBot) -> None:
    click_box(runs, 2, qtbot)
    area = box_rect(runs.view.visualRect(runs.model.index(2)))
    pixels = from_qimage(runs.view.viewport().grab(area).toImage()).reshape(-1, 3)
    wanted = tuple(int(OTHER_COLORS[0][at : at + 2], 16) for at in (1, 3, 5))
    assert wanted in {tuple(pixel) for pixel in pixels.tolist()}


def test_more_runs_than_colors_are_refused(
    runs: RunsPage, messages: MessageBar, qtbot: QtBot
) -> None:
    for row in range(len(OTHER_COLORS)):
        click_box(runs, row, qtbot)
    click_box(runs, len(OTHER_COLORS), qtbot)
    assert "runs are compared already" in messages.message()
    assert len(runs.model.comparison()) == len(OTHER_COLORS)


def test_the_run_on_show_is_not_compared_with_itself(
    runs: RunsPage, studio: Studio, qtbot: QtBot
) -> None:
    click_box(runs, 1, qtbot)
    with qtbot.waitSignal(runs.model.compared):
        studio.runs.show(ITEMS[1].folder)
    assert runs.model.comparison() == []
    with qtbot.assertNotEmitted(runs.model.compared):
        click_box(runs, 1, qtbot)


def test_new_and_deleted_runs_leave_the_selection(runs: RunsPage, qtbot: QtBot) -> None:
    click(runs, 4, qtbot)
    newest = item(10, RunState.RUNNING)
    runs.set_items([newest, *ITEMS[:2], *ITEMS[3:]])
    assert runs.selected() == [ITEMS[4]]
    assert runs.model.rowCount() == len(ITEMS)
    assert runs.model.item(0) == newest
    runs.set_items(ITEMS[::-1])
    assert [runs.model.item(row) for row in range(9)] == ITEMS[::-1]


def test_the_run_whose_model_is_in_use_says_so(
    runs: RunsPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    used, other = recorded(few_faces, 1), recorded(few_faces, 1)
    with qtbot.waitSignal(studio.runs.listed):
        studio.runs.refresh()
    studio.models.adopt(None, "Run", used.best)  # type: ignore[arg-type]
    in_use = {runs.model.item(row).folder: runs.model.item(row).in_use for row in range(2)}
    assert in_use == {used.folder: True, other.folder: False}
    assert "in use" in runs.model.item(1).sentence
    studio.models.adopt(None, "Another")  # type: ignore[arg-type]
    assert not runs.model.item(1).in_use


def test_setters_never_emit(runs: RunsPage) -> None:
    emitted: list[object] = []
    for signal in (runs.continue_asked, runs.settings_asked, runs.export_asked):
        signal.connect(emitted.append)
    for signal in (runs.follow_asked, runs.model.compared):
        signal.connect(lambda: emitted.append(None))
    runs.set_items(ITEMS[2:])
    runs.select(ITEMS[3].folder)
    assert emitted == []


def test_everything_has_a_name_and_a_tip(runs: RunsPage) -> None:
    offers = (runs.open, runs.go_on, runs.copy, runs.export, runs.delete, runs.follow)
    assert all(offer.toolTip() and "&" in offer.text() for offer in offers)
    assert runs.view.accessibleName() == "Runs"
    role = Qt.ItemDataRole.AccessibleTextRole
    assert runs.model.index(0).data(role) == ITEMS[0].sentence
