"""The runs as a table, in the real window."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.train.run_table import COLUMNS, RunTable
from model.data.datasets import FaceSet
from model.runs.labels import RunLabels, read_labels, write_labels
from model.runs.machine import Machine, write_machine
from model.runs.runs import EpochRow, Run
from tests.gui.conftest import LOADING_MS, SMALL, Dialogs, wait_for_file
from tests.gui.train.test_runs_window import wait_for_runs

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
PLAIN = Qt.KeyboardModifier.NoModifier
Open = Callable[[], MainWindow]
TITLES = [column.title for column in COLUMNS]


def recorded(best: float, seconds: float, labels: RunLabels, **settings: object) -> Run:
    """Return a run of two epochs with this error and time."""
    run = Run.create(replace(SMALL, **settings), "Patches")  # type: ignore[arg-type]
    for epoch in (1, 2):
        run.append(EpochRow(epoch, 0.2, best * (3 - epoch), 0.01, seconds))
    write_labels(run.folder, labels)
    return run


@pytest.fixture
def runs(few_faces: FaceSet) -> list[Run]:
    """Three runs of different names, times and seeds; of the last it is known what trained it."""
    made = [
        recorded(0.01, 200.0, RunLabels("Beta", tags=("slow",))),
        recorded(0.003, 5.0, RunLabels("alpha"), seed=7),
        recorded(0.02, 30.0, RunLabels("Gamma", "", ("a", "b")), flip=False),
    ]
    write_machine(made[2].folder, Machine("A GPU", 6000))
    return made


def table_of(window: MainWindow, qtbot: QtBot) -> RunTable:
    window.tabs.setCurrentWidget(window.train)
    window.train.tabs.setCurrentWidget(window.train.runs)
    wait_for_runs(window, 3, qtbot)
    window.train.runs.show_table()
    qtbot.waitUntil(window.train.runs.table.isVisible)
    return window.train.runs.table


@pytest.fixture
def table(window: MainWindow, runs: list[Run], qtbot: QtBot) -> RunTable:
    return table_of(window, qtbot)


def names(table: RunTable) -> list[object]:
    """The names from top to bottom."""
    return [row[0] for row in table.rows()[1:]]


def place(table: RunTable, name: str) -> int:
    return names(table).index(name)


def click(table: RunTable, row: int, qtbot: QtBot, kept: Qt.KeyboardModifier = PLAIN) -> None:
    index = table.view.model().index(row, 0)
    at = table.view.visualRect(index).center()
    qtbot.mouseClick(table.view.viewport(), LEFT, kept, at)


def sort(table: RunTable, title: str, qtbot: QtBot) -> None:
    header = table.view.horizontalHeader()
    section = TITLES.index(title)
    at = header.sectionViewportPosition(section) + header.sectionSize(section) // 2
    table.view.horizontalScrollBar().setValue(0)
    qtbot.mouseClick(header.viewport(), LEFT, pos=header.rect().center().__class__(at, 8))


def test_it_tells_what_is_known_and_in_which_settings_runs_differ(table: RunTable) -> None:
    titles, *rows = table.rows()
    wanted = {"Run", "Best MSE", "Time (s)", "Device", "Images/s", "Tags", "Seed", "Mirror faces"}
    assert wanted <= set(titles)
    assert not {"Batch size (faces)", "Dropout"} & set(titles)
    gamma = dict(zip(titles, rows[0], strict=True))
    assert (gamma["Device"], gamma["Images/s"], gamma["Time (s)"]) == ("A GPU", 200.0, 60.0)
    assert (gamma["Mirror faces"], gamma["Tags"]) == ("no", "a, b")
    assert dict(zip(titles, rows[2], strict=True))["Device"] == ""


def test_a_click_on_a_title_sorts(table: RunTable, qtbot: QtBot) -> None:
    assert names(table) == ["Gamma", "alpha", "Beta"]
    for title, order in (
        ("Run", ["alpha", "Beta", "Gamma"]),
        ("Best MSE", ["alpha", "Beta", "Gamma"]),
        ("Time", ["alpha", "Gamma", "Beta"]),
        ("Device", ["Gamma"]),
    ):
        sort(table, title, qtbot)
        if names(table)[: len(order)] != order:
            sort(table, title, qtbot)  # it was sorted by it already
        assert names(table)[: len(order)] == order, title


def test_its_selection_is_that_of_the_list_and_commands_act_on_it(
    table: RunTable, window: MainWindow, runs: list[Run], answers: Dialogs, qtbot: QtBot
) -> None:
    page = window.train.runs
    click(table, place(table, "alpha"), qtbot)
    assert [item.folder for item in page.selected()] == [runs[1].folder]
    qtbot.waitUntil(lambda: window.studio.runs.shown == runs[1].folder, timeout=LOADING_MS)
    assert table.open_run.isEnabled()
    click(table, place(table, "Beta"), qtbot, CONTROL)
    click(table, place(table, "Gamma"), qtbot, CONTROL)
    assert len(page.selected()) == 3
    assert not table.open_run.isEnabled()
    qtbot.mouseClick(table.compare, LEFT)
    compared = {item.folder for item in page.model.comparison() if item}
    assert compared == {runs[0].folder, runs[2].folder}
    page.copy_command.trigger()
    assert len(QApplication.clipboard().text().splitlines()) == 3
    click(table, place(table, "Gamma"), qtbot)
    qtbot.keyClick(table.view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(table) == ["alpha", "Beta"], timeout=LOADING_MS)
    assert not runs[2].folder.exists()


def test_a_selection_in_the_list_is_there_when_the_table_opens(
    table: RunTable, window: MainWindow, runs: list[Run]
) -> None:
    table.close()
    window.train.runs.select(runs[0].folder)
    window.train.runs.show_table()
    assert table.folders() == [runs[0].folder]


def test_f2_renames_in_the_table(table: RunTable, runs: list[Run], qtbot: QtBot) -> None:
    click(table, place(table, "Beta"), qtbot)
    qtbot.keyClick(table.view, Qt.Key.Key_F2)
    editor = table.view.viewport().findChild(QLineEdit)
    assert editor is not None
    assert editor.text() == "Beta"
    editor.setText("Delta")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: read_labels(runs[0].folder).name == "Delta", timeout=LOADING_MS)
    assert "Delta" in names(table)


def test_it_shows_the_runs_that_the_list_shows(table: RunTable, window: MainWindow) -> None:
    window.train.runs.search.field.setText("slow")
    assert names(table) == ["Beta"]
    window.train.runs.search.clear()
    assert len(names(table)) == 3


def test_it_is_saved_as_it_is_shown(
    table: RunTable, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = tmp_path / "runs.csv"
    qtbot.mouseClick(table.save, LEFT)
    wait_for_file(answers.path, qtbot)
    with answers.path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    assert lines == [[str(cell) for cell in row] for row in table.rows()]
    assert lines[2][lines[0].index("Best MSE")] == "0.003"


def test_widths_and_sorting_are_kept_for_the_next_window(
    open_window: Open, runs: list[Run], qtbot: QtBot
) -> None:
    first = open_window()
    table = table_of(first, qtbot)
    sort(table, "Run", qtbot)
    order = names(table)
    table.view.setColumnWidth(0, 137)
    first.close()
    again = table_of(open_window(), qtbot)
    assert again.view.columnWidth(0) == 137
    assert names(again) == order


def test_everything_has_a_name_and_a_tip(table: RunTable) -> None:
    for one in (table.open_run, table.compare, table.more, table.save):
        assert one.toolTip()
        assert one.text()
    assert all(action.toolTip() for action in table.menu.actions())
    assert table.view.accessibleName()
