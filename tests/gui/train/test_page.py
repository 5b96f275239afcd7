"""The page alone, and undo of the settings of a training in a real window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.studio import Studio
from cae_gui.train.page import TrainPage
from cae_gui.train.training import RunOpened, State
from cae_gui.widgets.message_bar import MessageBar
from model.config import PRESETS, TrainConfig
from model.data.datasets import FaceSet
from model.evaluation import pca_mse
from model.events import Finished, Progress, Started
from model.runs.runs import EpochRow
from tests.gui.conftest import LOADING_MS, SMALL, Dialogs, wait_for_reconstruction

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(studio: Studio, messages: MessageBar, few_faces: FaceSet, qtbot: QtBot) -> TrainPage:
    """The page with sixty faces and settings that fit them; there is no model yet."""
    page = TrainPage(
        training=studio.training,
        queue=studio.queue,
        estimates=studio.estimates,
        lines=studio.lines,
        runs=studio.runs,
        models=studio.models,
        faces=studio.faces,
        selection=studio.selection,
        tasks=studio.tasks,
        messages=messages,
    )
    qtbot.addWidget(page)
    page.resize(1280, 720)
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
        buttons = (page.start, page.pause, page.stop, page.discard)
        return [button.isEnabled() and button.isVisible() for button in buttons]

    assert offered() == [True, False, False, False]
    studio.training._enter(State.RUNNING)
    assert offered() == [False, True, True, True]
    assert page.pause.text() == "Pa&use"
    studio.training._enter(State.PAUSED)
    assert offered() == [False, True, True, True]
    assert page.pause.text() == "Res&ume"
    studio.training._enter(State.STOPPING)
    assert offered() == [False, False, False, False]
    assert not page.start.isVisible()
    studio.training._enter(State.IDLE)
    assert offered() == [True, False, False, False]


def test_pause_takes_the_place_and_the_focus_of_start(page: TrainPage, studio: Studio) -> None:
    page.activateWindow()
    page.start.setFocus()
    start = page.start.mapTo(page, page.start.rect().topLeft())
    studio.training._enter(State.RUNNING)
    QApplication.processEvents()
    assert page.pause.mapTo(page, page.pause.rect().topLeft()) == start
    assert page.pause.height() == page.stop.height() == page.start.height()
    assert QApplication.focusWidget() is page.pause
    studio.training._enter(State.IDLE)
    assert QApplication.focusWidget() is page.start


def test_start_gets_the_focus_after_stop(page: TrainPage, studio: Studio) -> None:
    page.activateWindow()
    studio.training._enter(State.RUNNING)
    page.stop.setFocus()
    studio.training._enter(State.STOPPING)
    assert page.tabs.tabBar().hasFocus()
    studio.training._enter(State.IDLE)
    assert page.start.hasFocus()


def test_an_empty_plot_says_why_nothing_can_start_and_what_comes(
    page: TrainPage, studio: Studio, few_faces: FaceSet
) -> None:
    empty = page.plot.empty
    studio.training._enter(State.PREPARING)
    assert not empty.button.isVisible()
    assert "Start" not in empty.label.text()
    studio.training._enter(State.IDLE)
    assert empty.button.isVisible()
    assert "Start a training on “Patches”" in empty.label.text()
    studio.faces.faces = FaceSet("One", few_faces.images[:1])
    studio.faces.changed.emit()
    assert "“One” has too few faces" in empty.label.text()


def test_paused_says_where(page: TrainPage, studio: Studio) -> None:
    training = studio.training
    training._enter(State.PREPARING)
    training.pause()
    assert page.status.text() == "Paused before the first epoch."
    training.reported.emit(Started("CPU", 48, 12, 8, 1))
    assert page.status.text() == "Paused before the first epoch."
    training.go_on()
    training.reported.emit(RunOpened(Path("run"), replace(SMALL, epochs=8)))
    training.reported.emit(Progress(3, 1, 2, 0.1, 0.01, 100.0, 1.0))
    training.pause()
    assert page.status.text() == "Paused in epoch 3 of 8."
    training._enter(State.IDLE)


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


def test_the_next_training_is_set_up_while_one_is_under_way(
    page: TrainPage, studio: Studio
) -> None:
    studio.training._enter(State.RUNNING)
    assert all(editor.control.isEnabled() for editor in page.form._editors.values())
    assert page.faces.text() == "The next training is on “Patches”, 60 faces."
    page.form.set_config(TrainConfig(batch_size=4096))
    assert "has only 48 faces" in page.estimate.text()
    assert page.estimate.isVisible()
    assert not page.add.isEnabled()
    page.form.set_config(SMALL)
    assert page.estimate.isHidden()
    studio.training._enter(State.IDLE)
    assert page.faces.text() == "Trains on “Patches”, 60 faces."


def test_the_bar_is_full_after_a_whole_training_and_stays_where_one_was_stopped(
    page: TrainPage, studio: Studio
) -> None:
    training = studio.training
    for is_finished, value in ((False, 2500), (True, page.bar.maximum())):
        training._enter(State.RUNNING)
        training.folder = Path("run")
        training.reported.emit(RunOpened(training.folder, replace(SMALL, epochs=8)))
        training.reported.emit(Progress(3, 1, 2, 0.1, 0.01, 100.0, 1.0))
        assert (page.bar.value(), page.bar.maximum()) == (2500, 8000)
        if is_finished:
            training.reported.emit(Finished(None, 8, 0.1))  # type: ignore[arg-type]
        training._enter(State.IDLE)
        assert page.bar.value() == (page.bar.maximum() if is_finished else value)


def test_it_says_on_how_many_faces_it_trains(
    page: TrainPage, studio: Studio, few_faces: FaceSet
) -> None:
    assert page.faces.text() == "Trains on “Patches”, 60 faces."
    studio.faces.faces = FaceSet("Patches", few_faces.images[:1])
    studio.faces.changed.emit()
    assert page.faces.text() == "Trains on “Patches”, 1 face."


def test_what_cannot_start_says_so_and_keeps_the_curves(
    page: TrainPage, studio: Studio, few_faces: FaceSet
) -> None:
    page._shown.begin(Path("earlier"), "Patches", SMALL, [EpochRow(1, 0.02, 0.03, 0.01, 1.0)])
    studio.faces.faces = FaceSet("One", few_faces.images[:1])
    page.start.click()  # the page wasn't told yet
    assert not studio.training.is_active
    assert page.plot.readout() == ""
    assert not page.plot.is_empty()
    assert "too few faces (1)" in page.estimate.text()
    assert page.start.toolTip() == page.estimate.text()
    assert not page.start.isEnabled()


def test_without_a_run_the_stage_shows_what_a_training_begins_with(
    page: TrainPage, studio: Studio, qtbot: QtBot
) -> None:
    assert page.plot.is_empty()
    assert page.plot.empty.isVisible()
    assert "“Patches”" in page.plot.empty.label.text()
    assert page.strip.count() == 10
    with qtbot.waitSignal(page.plot.render_wanted) as wanted:
        page.form.set_config(replace(SMALL, epochs=5))
    assert wanted.args[0].total_epochs == 5
    page._shown.begin(Path("run"), "Patches", SMALL, [EpochRow(1, 0.02, 0.03, 0.01, 1.0)])
    assert not page.plot.empty.isVisible()
    page._shown.clear()
    assert page.plot.empty.isVisible()


def test_the_lines_to_beat_of_a_small_set_are_measured(
    page: TrainPage, studio: Studio, qtbot: QtBot
) -> None:
    faces = studio.faces.faces
    assert faces is not None
    train, test = faces.split(SMALL.test_percent, SMALL.seed)
    *_, expected = pca_mse(faces.images, train, test, SMALL.latent_dim)
    with qtbot.waitSignal(studio.lines.changed):
        studio.lines.want(faces, SMALL)
    assert studio.lines.of("Patches", SMALL) == ((f"PCA of 4: {expected:.5f}", expected),)
    assert studio.lines.of("Patches", replace(SMALL, latent_dim=5)) == ()
    assert studio.lines.of("Others", SMALL) == ()


def test_lines_of_lfw_are_those_of_the_same_split_and_size(studio: Studio, qtbot: QtBot) -> None:
    with qtbot.waitSignal(studio.lines.changed):
        studio.lines.want(FaceSet("LFW", np.zeros((60, 48, 48, 3), np.uint8)), TrainConfig())
    names = [label.split(":")[0] for label, _ in studio.lines.of("LFW", TrainConfig())]
    assert names == ["Published network", "Shipped model", "PCA of 500"]
    assert len(studio.lines.of("LFW", TrainConfig(latent_dim=8))) == 2
    assert len(studio.lines.of("LFW", TrainConfig(seed=1))) == 1


def test_tab_goes_through_the_settings_in_their_order(page: TrainPage) -> None:
    names, widget = [], page.tabs.tabBar()
    while (widget := widget.nextInFocusChain()) is not page.start:
        takes_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if widget.isVisible() and takes_tab and not isinstance(widget, QLineEdit):
            names.append(widget.accessibleName() or widget.text())
    assert names[:4] == ["Preset", "Epochs", "Batch size", "Latent size"]
    assert [name.replace("&", "") for name in names[4:]] == [
        "More settings",
        "Begin with the model in use",
        "Layers of the network",
        "Copy as command",
    ]


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


def test_the_settings_are_no_wider_than_their_place(training: MainWindow) -> None:
    content = training.train.form.parentWidget()
    assert content is not None
    place = content.parentWidget()
    assert place is not None
    assert content.width() <= place.width()


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
def test_settings_of_the_next_can_be_undone_while_one_trains(
    training: MainWindow, faces_folder: object, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(training.studio.faces.changed, timeout=LOADING_MS):
        training.studio.faces.choose(str(faces_folder))
    control(training, "Batch size").setValue(48)
    group, engine = training.studio.undo_group, training.studio.training
    training.train.start.click()
    qtbot.waitUntil(lambda: engine.is_active)
    assert group.undoText() == "Batch size"
    qtbot.waitUntil(lambda: not engine.is_active, timeout=LOADING_MS)
    assert group.undoText() == "Batch size"
