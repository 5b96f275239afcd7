"""Names, notes and tags of runs in the window, what a selection shows, and commands to copy."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.train.labels_dialog import LabelsDialog
from cae_gui.train.run_filter import FEW, Grouping
from cae_gui.train.run_list import RunItem, RunState, box_rect
from cae_gui.train.training import Stopped
from cae_gui.widgets import dialogs
from cae_gui.widgets.images import from_qimage
from model.cli import main
from model.config import TrainConfig
from model.data.datasets import FaceSet
from model.runs.labels import RunLabels, read_labels, write_labels
from model.runs.runs import Run, list_runs
from tests.gui.conftest import (
    LOADING_MS,
    SMALL,
    quick_train,
    reported,
    save_faces,
    wait_for_file,
    wait_for_message,
)
from tests.gui.train.test_runs_state import recorded
from tests.gui.train.test_runs_window import begin, learn, listed, wait_for_runs

LEFT = Qt.MouseButton.LeftButton
pytestmark = pytest.mark.usefixtures("quick_engine")
Key = Qt.Key
Open = Callable[[], MainWindow]


@pytest.fixture
def train(window: MainWindow, few_faces: FaceSet, tmp_path: Path) -> MainWindow:
    """A window on the list of runs, a folder of sixty patches on show."""
    source = save_faces(few_faces, tmp_path / "my patches")
    window.studio.faces.source, window.studio.faces.faces = str(source), few_faces
    window.studio.faces.changed.emit()
    window.tabs.setCurrentWidget(window.train)
    window.train.tabs.setCurrentWidget(window.train.runs)
    window.activateWindow()
    return window


def click(window: MainWindow, row: int, qtbot: QtBot) -> None:
    view = window.train.runs.view
    place = view.visualRect(view.model().index(row, 0)).center()
    qtbot.mouseClick(view.viewport(), LEFT, pos=place)


def rename(window: MainWindow, name: str, qtbot: QtBot) -> None:
    """Press F2 on the selected run and type a name."""
    view = window.train.runs.view
    view.setFocus()
    qtbot.keyClick(view, Key.Key_F2)
    editor = view.viewport().findChild(QLineEdit)
    assert editor is not None
    editor.setText(name)
    qtbot.keyClick(editor, Key.Key_Return)
    qtbot.waitUntil(lambda: view.viewport().findChild(QLineEdit) is None)


def undo(window: MainWindow) -> None:
    window.studio.undo_group.undo()


def menu_of(window: MainWindow, title: str) -> list[str]:
    (menu,) = (
        menu for menu in window.findChildren(QMenu) if menu.title().replace("&", "") == title
    )
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions()]


def is_written(folder: Path, labels: RunLabels, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: read_labels(folder) == labels, timeout=LOADING_MS)


def test_a_run_is_renamed_in_place_and_called_so_everywhere(
    train: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = learn(train, qtbot)
    (item,) = wait_for_runs(train, 1, qtbot)
    began, shown_by = item.title, train.studio.models.title
    assert shown_by.startswith("Run of")
    train.train.runs.select(folder)
    rename(train, "  No R&D ", qtbot)
    is_written(folder, RunLabels("No R&D"), qtbot)
    (item,) = listed(train)
    assert (item.title, item.began) == ("No R&D", began)
    assert began in item.details
    assert began in item.tip
    assert train.studio.models.title == "No R&D"
    assert train.chip.accessibleDescription().startswith("No R&D")
    assert menu_of(train, "Open recent model") == ["No R&&D"]
    undo(train)
    is_written(folder, RunLabels(), qtbot)
    assert listed(train)[0].title == began
    assert train.studio.models.title == shown_by
    train.studio.undo_group.redo()
    is_written(folder, RunLabels("No R&D"), qtbot)
    assert train.studio.models.title == "No R&D"
    proposed: list[Path] = []

    def propose(_parent: object, _title: str, proposal: Path, _formats: str) -> Path:
        proposed.append(proposal)
        return tmp_path / "curves.svg"

    monkeypatch.setattr(dialogs, "ask_save", propose)
    with qtbot.waitSignal(train.train.runs.export_asked) as asked:
        train.train.runs.export.trigger()
    assert asked.args == [[("No R&D", folder)]]
    wait_for_file(tmp_path / "curves.svg", qtbot)
    assert [path.name for path in proposed] == ["No R&D.png"]


def test_name_notes_and_tags_are_edited_together(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    folder = recorded(few_faces, 1).folder
    write_labels(folder, RunLabels("Before", "", ("old",)))
    wait_for_runs(train, 1, qtbot)
    train.train.runs.select(folder)
    train.train.runs.label.trigger()
    dialog = train.findChild(LabelsDialog)
    assert dialog is not None
    assert (dialog.name.text(), dialog.tags.text()) == ("Before", "old")
    dialog.name.setText("After")
    dialog.notes.setPlainText("One line,\nand another")
    dialog.tags.setText("new, long , new")
    qtbot.mouseClick(dialog.buttons.button(QDialogButtonBox.StandardButton.Save), LEFT)
    wanted = RunLabels("After", "One line,\nand another", ("long", "new"))
    is_written(folder, wanted, qtbot)
    (item,) = listed(train)
    assert item.labels == wanted
    assert "and another" in item.tip
    assert "long, new" in item.sentence
    undo(train)
    is_written(folder, RunLabels("Before", "", ("old",)), qtbot)


def test_undo_belongs_to_what_is_in_view(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    folder = recorded(few_faces, 1).folder
    wait_for_runs(train, 1, qtbot)
    train.train.runs.select(folder)
    rename(train, "Named", qtbot)
    train.train.show_settings()
    train.train.form.set_config(replace(SMALL, epochs=9))
    undo(train)
    assert train.train.form.config().epochs != 9
    train.train.tabs.setCurrentWidget(train.train.runs)
    undo(train)
    is_written(folder, RunLabels(), qtbot)


def test_a_name_that_cannot_be_written_is_told_and_taken_back(
    train: MainWindow, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    folder = recorded(few_faces, 1).folder
    (item,) = wait_for_runs(train, 1, qtbot)
    monkeypatch.setattr("cae_gui.train.runs.write_labels", full)
    train.train.runs.select(folder)
    rename(train, "Lost", qtbot)
    qtbot.waitUntil(lambda: bool(train.messages.message()), timeout=LOADING_MS)
    qtbot.waitUntil(lambda: listed(train)[0].title == item.title, timeout=LOADING_MS)


def test_a_name_that_is_being_typed_outlives_the_epochs_of_a_training(
    train: MainWindow, qtbot: QtBot
) -> None:
    folder = begin(train, qtbot)
    qtbot.waitUntil(lambda: len(listed(train)) == 1, timeout=LOADING_MS)
    view = train.train.runs.view
    train.train.tabs.setCurrentWidget(train.train.runs)
    train.train.runs.select(folder)
    view.setFocus()
    qtbot.keyClick(view, Key.Key_F2)
    editor = view.viewport().findChild(QLineEdit)
    assert editor is not None
    editor.setText("In tra")
    done = listed(train)[0].epochs_done
    qtbot.waitUntil(lambda: listed(train)[0].epochs_done > done, timeout=LOADING_MS)
    assert editor.text() == "In tra"
    qtbot.keyClicks(editor, "ining")
    qtbot.keyClick(editor, Key.Key_Return)
    is_written(folder, RunLabels("In training"), qtbot)
    assert listed(train)[0].state is RunState.RUNNING


def test_a_run_is_shown_once_it_is_selected_and_the_newest_wins(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    runs = [recorded(few_faces, epochs) for epochs in (1, 2, 1)]
    wait_for_runs(train, 3, qtbot)
    model, view = train.studio.models.model, train.train.runs.view
    click(train, 0, qtbot)
    for _ in range(2):
        qtbot.keyClick(view, Key.Key_Down)
    qtbot.waitUntil(lambda: train.studio.runs.shown == runs[0].folder, timeout=LOADING_MS)
    assert train.studio.models.model is model
    qtbot.keyClick(view, Key.Key_Up)
    qtbot.waitUntil(lambda: train.studio.runs.shown == runs[1].folder, timeout=LOADING_MS)
    assert "2 of 2 epochs" in train.train.status.text()
    qtbot.keyClick(view, Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(view, Key.Key_Space)
    assert [item.folder for item in train.train.runs.model.comparison() if item] == [runs[0].folder]
    assert train.studio.runs.shown == runs[1].folder


def test_a_selection_takes_nothing_from_a_training_on_show(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    earlier = recorded(few_faces, 2)
    wait_for_runs(train, 1, qtbot)
    folder = begin(train, qtbot)
    qtbot.waitUntil(lambda: len(listed(train)) == 2, timeout=LOADING_MS)
    click(train, 1, qtbot)
    assert [item.folder for item in train.train.runs.selected()] == [earlier.folder]
    done = len(train.train._history)
    qtbot.waitUntil(lambda: len(train.train._history) > done, timeout=LOADING_MS)
    assert train.studio.runs.shown == folder
    qtbot.keyClick(train.train.runs.view, Key.Key_Return)
    qtbot.waitUntil(lambda: train.studio.runs.shown == earlier.folder, timeout=LOADING_MS)


def test_a_stopped_training_is_never_listed_as_running(train: MainWindow, qtbot: QtBot) -> None:
    begin(train, qtbot)
    qtbot.waitUntil(lambda: len(listed(train)) == 1, timeout=LOADING_MS)
    states: list[RunState] = []

    def note() -> None:
        if not train.studio.training.is_active:
            states.append(listed(train)[0].state)

    train.studio.runs.listed.connect(note)
    with reported(train.studio.training, Stopped, qtbot):
        qtbot.mouseClick(train.train.stop, LEFT)
    note()
    train.studio.runs.update(listed(train)[0].folder)
    qtbot.waitUntil(lambda: len(states) >= 3, timeout=LOADING_MS)
    assert set(states) == {RunState.STOPPED}


def many(faces: FaceSet) -> list[Run]:
    """More runs than need no search; the first has labels, the second other settings."""
    runs = [recorded(faces, 1) for _ in range(FEW)]
    runs.append(Run.create(replace(SMALL, learning_rate=0.02), "LFW"))
    write_labels(runs[0].folder, RunLabels("The dropout one", "Bad at hats", ("small", "hats")))
    return runs


def in_view(window: MainWindow) -> list[RunItem]:
    runs = window.train.runs
    rows = range(runs.model.rowCount())
    return [runs.model.item(row) for row in rows if not runs.view.isRowHidden(row)]


def test_runs_are_found_by_what_is_known_of_them(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    wait_for_runs(train, 0, qtbot)
    search = train.train.runs.search
    assert not search.isVisible()
    runs = many(few_faces)
    wait_for_runs(train, len(runs), qtbot)
    assert search.isVisible()
    for text, found in (
        ("DROPOUT", runs[:1]),
        ("hats bad", runs[:1]),
        ("learning rate 0.02", runs[-1:]),
        ("lfw", runs[-1:]),
        ("learning rate 0.5", []),
    ):
        search.field.setText(text)
        assert [item.folder for item in in_view(train)] == [run.folder for run in found], text
        assert search.found.text().startswith(f"{len(found)} of {len(runs)} runs")
    qtbot.keyClick(search.field, Key.Key_Escape)
    assert len(in_view(train)) == len(runs)
    search.field.setText("adam")
    assert len(in_view(train)) == len(runs)
    qtbot.keyClick(search.field, Key.Key_Escape)
    assert not search.found.isVisible()


def submenu(window: MainWindow, title: str) -> QMenu:
    """A submenu of the filter's menu."""
    top = window.train.runs.search.button.menu()
    top.aboutToShow.emit()
    (menu,) = (one.menu() for one in top.actions() if one.text().replace("&", "") == title)
    assert isinstance(menu, QMenu)
    return menu


def choose(window: MainWindow, menu: str, entry: str) -> None:
    """Choose an entry of a submenu of the filter's menu."""
    (found,) = (one for one in submenu(window, menu).actions() if one.text() == entry)
    found.trigger()


def test_runs_are_filtered_by_state_faces_and_tag(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    runs = many(few_faces)
    wait_for_runs(train, len(runs), qtbot)
    choose(train, "Faces", "LFW")
    assert [item.folder for item in in_view(train)] == [runs[-1].folder]
    choose(train, "State", "Finished")
    assert in_view(train) == []
    assert "0 of 6 runs · Finished · LFW" in train.train.runs.search.found.text()
    train.train.runs.search.clear()
    choose(train, "Tag", "hats")
    assert [item.title for item in in_view(train)] == ["The dropout one"]
    train.train.runs.view.selectAll()
    assert [item.folder for item in train.train.runs.selected()] == [runs[0].folder]


GROUPED = (
    ("Patches", ("zoom",)),
    ("LFW", ()),
    ("LFW", ("hats", "zoom")),
    ("Patches", ()),
    ("Patches", ("hats",)),
    ("LFW", ("zoom",)),
)
"""Faces and tags of some runs, the oldest first."""


@pytest.fixture
def grouped(train: MainWindow, qtbot: QtBot) -> list[Path]:
    """The folders of runs of several groups, the oldest first; the window lists them."""
    folders = []
    for faces, tags in GROUPED:
        folders.append(Run.create(SMALL, faces).folder)
        write_labels(folders[-1], RunLabels("", "", tags))
    wait_for_runs(train, len(folders), qtbot)
    return folders


def places(window: MainWindow, folders: list[Path]) -> list[int]:
    """The places among ``folders`` of the runs in view."""
    return [folders.index(item.folder) for item in in_view(window)]


def captions(window: MainWindow) -> dict[int, str]:
    """What stands above runs in view, by their rows; their rows are taller than others."""
    view, role = window.train.runs.view, Qt.ItemDataRole.AccessibleTextRole
    rows = [row for row in range(view.model().rowCount()) if not view.isRowHidden(row)]
    indexes = {row: view.model().index(row, 0) for row in rows}
    heights = {row: view.visualRect(index).height() for row, index in indexes.items()}
    taller = [row for row in rows if heights[row] > run_area(window, row).height()]
    return {row: str(indexes[row].data(role)).split(".")[0] for row in taller}


def run_area(window: MainWindow, row: int) -> QRect:
    """The part of a row below the caption, if there is one."""
    view = window.train.runs.view
    area = view.visualRect(view.model().index(row, 0))
    heights = [view.sizeHintForRow(at) for at in range(view.model().rowCount())]
    area.setTop(area.bottom() + 1 - min(heights))
    return area


def test_runs_are_grouped_by_tag_or_faces(train: MainWindow, grouped: list[Path]) -> None:
    assert captions(train) == {}
    choose(train, "Group by", "Tag")
    assert places(train, grouped) == [5, 0, 4, 2, 3, 1]
    assert captions(train) == {0: "zoom · 2 runs", 2: "hats · 2 runs", 4: "No tag · 2 runs"}
    choose(train, "Group by", "Faces")
    assert places(train, grouped) == [5, 2, 1, 4, 3, 0]
    assert captions(train) == {0: "LFW · 3 runs", 3: "Patches · 3 runs"}
    choose(train, "Group by", "Nothing")
    assert places(train, grouped) == [5, 4, 3, 2, 1, 0]
    assert captions(train) == {}


def test_one_grouping_is_checked_and_a_tip_tells_where_several_tags_stand(
    train: MainWindow, grouped: list[Path]
) -> None:
    assert len(in_view(train)) == len(grouped)
    for chosen in ("Tag", "Faces"):
        choose(train, "Group by", chosen)
        below = submenu(train, "Group by")
        assert [action.text() for action in below.actions() if action.isChecked()] == [chosen]
    assert below.toolTipsVisible()
    assert "under the first of them" in below.actions()[1].toolTip()


def test_captions_tell_of_the_runs_in_view(train: MainWindow, grouped: list[Path]) -> None:
    choose(train, "Group by", "Tag")
    choose(train, "Faces", "LFW")
    assert places(train, grouped) == [5, 2, 1]
    assert list(captions(train).values()) == ["zoom · 1 run", "hats · 1 run", "No tag · 1 run"]
    train.train.runs.search.clear()
    assert captions(train) == {0: "zoom · 2 runs", 2: "hats · 2 runs", 4: "No tag · 2 runs"}
    choose(train, "State", "Running")
    assert places(train, grouped) == []


def test_a_caption_is_painted_and_is_none_of_its_run(
    train: MainWindow, grouped: list[Path], qtbot: QtBot
) -> None:
    view, model = train.train.runs.view, train.train.runs.model
    choose(train, "Group by", "Tag")
    row, area = view.visualRect(model.index(2)), run_area(train, 2)
    caption = QRect(row.topLeft(), QPoint(row.right(), area.top() - 1))
    colors = from_qimage(view.viewport().grab(caption).toImage()).reshape(-1, 3)
    assert len({tuple(color) for color in colors.tolist()}) > 2
    qtbot.mouseClick(view.viewport(), LEFT, pos=caption.center())
    assert train.train.runs.selected() == []
    qtbot.mouseClick(view.viewport(), LEFT, pos=box_rect(row).center() - QPoint(0, 14))
    assert model.color(2) is None
    qtbot.mouseClick(view.viewport(), LEFT, pos=box_rect(area).center())
    assert [item.folder for item in model.comparison() if item] == [grouped[4]]
    qtbot.mouseDClick(view.viewport(), LEFT, pos=area.center())
    qtbot.waitUntil(lambda: train.studio.runs.shown == grouped[4], timeout=LOADING_MS)


def test_arrows_go_through_the_groups(train: MainWindow, grouped: list[Path], qtbot: QtBot) -> None:
    choose(train, "Group by", "Tag")
    view = train.train.runs.view
    click(train, 0, qtbot)
    seen = [view.currentIndex().row()]
    for key in [Key.Key_Down] * 5 + [Key.Key_Up] * 5:
        qtbot.keyClick(view, key)
        seen.append(view.currentIndex().row())
    assert seen == [0, 1, 2, 3, 4, 5, 4, 3, 2, 1, 0]
    rename(train, "The newest with a tag", qtbot)
    is_written(grouped[5], RunLabels("The newest with a tag", "", ("zoom",)), qtbot)


def test_selection_and_colors_stay_with_their_runs(
    train: MainWindow, grouped: list[Path], qtbot: QtBot
) -> None:
    runs = train.train.runs
    runs.select(grouped[1])
    qtbot.keyClick(runs.view, Key.Key_Space)
    qtbot.keyClick(runs.view, Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)

    def is_kept() -> bool:
        item = runs.model.item(runs.view.currentIndex().row())
        return (
            {item.folder for item in runs.selected()} == {grouped[1], grouped[2]}
            and [item.folder for item in runs.model.comparison() if item] == [grouped[1]]
            and item.folder == grouped[2]
        )

    assert is_kept()
    for grouping in ("Faces", "Tag"):
        choose(train, "Group by", grouping)
        assert is_kept(), grouping
    train.studio.runs.set_labels(grouped[1], RunLabels("", "", ("new",)), "Tags")
    qtbot.waitUntil(lambda: places(train, grouped) == [5, 0, 4, 2, 1, 3], timeout=LOADING_MS)
    assert is_kept()
    undo(train)
    qtbot.waitUntil(lambda: places(train, grouped) == [5, 0, 4, 2, 3, 1], timeout=LOADING_MS)
    choose(train, "Group by", "Nothing")
    assert is_kept()
    assert [item.folder for item in runs.selected()] == [grouped[2], grouped[1]]


def test_the_grouping_is_remembered(
    train: MainWindow, grouped: list[Path], open_window: Open, qtbot: QtBot
) -> None:
    choose(train, "Group by", "Faces")
    train.close()
    second = open_window()
    wait_for_runs(second, len(grouped), qtbot)
    assert places(second, grouped) == [5, 2, 1, 4, 3, 0]
    second.studio.runs.delete(grouped[1:])
    wait_for_runs(second, 1, qtbot)
    assert second.train.runs.search.isVisibleTo(second.train.runs)
    choose(second, "Group by", "Nothing")
    assert not second.train.runs.search.isVisibleTo(second.train.runs)
    second.close()
    second.settings.run_grouping = "Moon"
    assert open_window().train.runs.search.grouping is Grouping.NOTHING


def copied() -> list[str]:
    return shlex.split(QApplication.clipboard().text())


def test_the_command_of_settings_and_runs_trains_the_same(
    train: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def quick(config: TrainConfig, faces: FaceSet, *, run: Run, **_: object) -> Iterator[Any]:
        return quick_train(config, faces, run=run)

    monkeypatch.setattr("model.training.training.train", quick)
    train.train.show_settings()
    config = replace(SMALL, epochs=1, learning_rate=0.0015, flip=False)
    train.train.form.set_config(config)
    qtbot.mouseClick(train.train.command, LEFT)
    wait_for_message(train, qtbot, "copied")
    words = copied()
    assert words[words.index("--faces") + 1] == train.studio.faces.source
    assert main(words[words.index("train") :]) == 0
    (made,) = list_runs()
    assert (made.config, made.source) == (config, train.studio.faces.source)
    wait_for_runs(train, 1, qtbot)
    train.train.tabs.setCurrentWidget(train.train.runs)
    write_labels(made.folder, RunLabels("Named"))
    train.train.runs.select(made.folder)
    QApplication.clipboard().clear()
    train.train.copy_command()
    assert copied() == words


def test_the_model_to_begin_with_is_in_the_command(train: MainWindow, qtbot: QtBot) -> None:
    train.train.show_settings()
    train.train.further.setChecked(True)
    train.train.copy_command()
    words = copied()
    assert words[words.index("--begin-with") + 1] == "shipped"


def test_commands_that_cannot_be_are_told(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    train.studio.faces.source = "photos"
    train.train.show_settings()
    train.train.copy_command()
    wait_for_message(train, qtbot, "Choose one at the left")
    folder = recorded(few_faces, 1).folder
    wait_for_runs(train, 1, qtbot)
    train.train.tabs.setCurrentWidget(train.train.runs)
    train.train.runs.select(folder)
    train.train.runs.copy_command.trigger()
    wait_for_message(train, qtbot, "the folder of “Patches” in place of FOLDER")
