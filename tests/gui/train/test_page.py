"""The page alone, and undo of the settings of a training in a real window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.studio import Studio
from cae_gui.train.page import TrainPage
from cae_gui.train.training import State
from cae_gui.widgets.message_bar import MessageBar
from model.config import PRESETS, TrainConfig
from model.data.datasets import FaceSet
from tests.gui.conftest import LOADING_MS, SMALL, Dialogs, wait_for_reconstruction

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(studio: Studio, messages: MessageBar, few_faces: FaceSet, qtbot: QtBot) -> TrainPage:
    """The page with sixty faces and settings that fit them; there is no model yet."""
    page = TrainPage(
        training=studio.training,
        estimates=studio.estimates,
        runs=studio.runs,
        models=studio.models,
        faces=studio.faces,
        selection=studio.selection,
        tasks=studio.tasks,
        messages=messages,
    )
    qtbot.addWidget(page)
    page.resize(1000, 700)
    page.form.set_config(SMALL)
    with qtbot.waitExposed(page):
        page.show()
    studio.faces.source, studio.faces.faces = "patches", few_faces
    studio.faces.changed.emit()
    return page


def test_start_trains_on_the_faces_on_show_with_the_settings_of_the_form(
    page: TrainPage,
    studio: Studio,
    few_faces: FaceSet,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    started: list[object] = []
    monkeypatch.setattr(studio.training, "start", lambda *arguments: started.extend(arguments))
    qtbot.mouseClick(page.start, LEFT)
    assert started == [SMALL, few_faces, "patches", None]
    assert not page.plot.is_empty()


def test_buttons_steer_the_training(
    page: TrainPage, studio: Studio, answers: Dialogs, qtbot: QtBot
) -> None:
    training = studio.training
    training._enter(State.RUNNING)
    qtbot.mouseClick(page.pause, LEFT)
    assert training.state is State.PAUSED
    qtbot.mouseClick(page.pause, LEFT)
    assert training.state is State.RUNNING
    answers.answer = False
    qtbot.mouseClick(page.discard, LEFT)
    assert training.state is State.RUNNING
    qtbot.mouseClick(page.stop, LEFT)
    assert training.state is State.STOPPING
    page.follow.click()
    assert training.is_followed
    training._enter(State.IDLE)


def test_only_what_can_be_done_is_offered(page: TrainPage, studio: Studio) -> None:
    def offered() -> list[bool]:
        return [button.isEnabled() for button in (page.start, page.pause, page.stop, page.discard)]

    assert offered() == [True, False, False, False]
    studio.training._enter(State.RUNNING)
    assert offered() == [False, True, True, True]
    assert page.pause.text() == "Pa&use"
    studio.training._enter(State.PAUSED)
    assert offered() == [False, True, True, True]
    assert page.pause.text() == "&Go on"
    studio.training._enter(State.STOPPING)
    assert offered() == [False, False, False, False]
    studio.training._enter(State.IDLE)
    assert offered() == [True, False, False, False]


def test_it_says_how_long_a_training_takes_or_why_it_cannot_start(
    page: TrainPage, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ("About 9 min on this computer", "127 images/s")
    monkeypatch.setattr(studio.estimates, "texts", lambda *_: texts)
    studio.estimates.changed.emit()
    assert (page.estimate.text(), page.estimate.toolTip()) == texts
    assert page.start.isEnabled()
    with monkeypatch.context() as patch:
        patch.setattr("cae_gui.train.page.refusal", lambda *_: "Too few <b>faces</b>.")
        studio.estimates.changed.emit()
        assert (page.estimate.text(), page.estimate.toolTip()) == ("Too few <b>faces</b>.", "")
        assert page.estimate.textFormat() is Qt.TextFormat.PlainText
        assert not page.start.isEnabled()
        studio.training._enter(State.IDLE)
        assert not page.start.isEnabled()
    studio.estimates.changed.emit()
    assert page.start.isEnabled()


def test_settings_are_locked_while_they_are_in_use(page: TrainPage, studio: Studio) -> None:
    studio.training._enter(State.RUNNING)
    assert not any(editor.control.isEnabled() for editor in page.form._editors.values())
    studio.training._enter(State.IDLE)
    assert all(editor.control.isEnabled() for editor in page.form._editors.values())


def test_the_bar_is_empty_after_a_training(page: TrainPage, studio: Studio) -> None:
    assert page.faces.text() == "Trains on “Patches”, 60 faces."
    studio.training._enter(State.RUNNING)
    page._shown.set_progress(500, 2000)
    assert (page.bar.value(), page.bar.maximum()) == (500, 2000)
    studio.training._enter(State.IDLE)
    assert page.bar.value() == 0


def test_it_shows_a_configuration(page: TrainPage) -> None:
    config = replace(PRESETS["Reference"], epochs=7)
    page.form.set_config(config)
    assert page.form.config() == config


# Undo


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
