"""Undo of the settings of a training, in a real window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.train.config_edits import SettingsStep, Values
from model.config import TrainConfig
from tests.gui.conftest import LOADING_MS, wait_for_reconstruction


@pytest.fixture
def training(open_window: Callable[[], MainWindow], qtbot: QtBot) -> MainWindow:
    window = open_window()
    window.tabs.setCurrentWidget(window.train)
    wait_for_reconstruction(window, qtbot)
    return window


def control(window: MainWindow, name: str) -> QWidget:
    found = window.train.form.findChildren(QWidget)
    return next(widget for widget in found if widget.accessibleName() == name)


def test_the_menu_undoes_a_setting_only_in_train(training: MainWindow) -> None:
    epochs, group = control(training, "Epochs"), training.studio.undo_group
    assert isinstance(epochs, QSpinBox)
    epochs.setValue(33)
    assert group.undoText() == "Epochs"
    training.tabs.setCurrentWidget(training.explore)
    assert group.undoText() != "Epochs"
    training.tabs.setCurrentWidget(training.train)
    group.undo()
    assert epochs.value() == TrainConfig().epochs
    group.redo()
    assert epochs.value() == 33


def test_beginning_with_the_model_is_a_setting_too(training: MainWindow) -> None:
    further, group = training.train.further, training.studio.undo_group
    further.click()
    group.undo()
    assert not further.isChecked()
    group.redo()
    assert further.isChecked()
    assert not group.canRedo()


def test_undoing_what_does_not_fit_allows_to_start_again(
    training: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = training.train.form
    monkeypatch.setattr(
        form, "error", lambda: "Too many." if control(training, "Epochs").value() > 100 else ""
    )
    control(training, "Epochs").setValue(200)
    assert not training.train.start.isEnabled()
    training.studio.undo_group.undo()
    assert training.train.start.isEnabled()


@pytest.mark.usefixtures("quick_engine")
def test_settings_in_use_cannot_be_undone(
    training: MainWindow, faces_folder: object, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(training.studio.faces.changed, timeout=LOADING_MS):
        training.studio.faces.choose(str(faces_folder))
    control(training, "Batch size").setValue(48)
    group, engine = training.studio.undo_group, training.studio.training
    training.train.start.click()
    qtbot.waitUntil(lambda: engine.is_active)
    assert not group.canUndo()
    qtbot.waitUntil(lambda: not engine.is_active, timeout=LOADING_MS)
    assert group.undoText() == "Batch size"


def test_steps_of_the_same_number_become_one(qtbot: QtBot) -> None:
    from PySide6.QtGui import QUndoStack

    shown: list[Values] = []
    stack = QUndoStack()
    for number, (before, after) in ((1, (0, 1)), (1, (1, 2)), (-1, (2, 3)), (-1, (3, 4))):
        stack.push(SettingsStep("Text", shown.append, {"a": before}, {"a": after}, number))
    assert (stack.count(), shown) == (3, [])
    stack.setIndex(0)
    stack.setIndex(3)
    assert [values["a"] for values in shown] == [3, 2, 0, 2, 3, 4]
