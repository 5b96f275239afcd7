"""Changing the end of a training under way, in a real window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.train.page import USE_IT
from cae_gui.train.plan_dialog import PlanDialog
from cae_gui.train.run_list import RunState
from cae_gui.train.training import Place, State, Stopped
from model.checkpoint import save_model
from model.config import TrainConfig, TrainPlan, planned_rates, with_epochs
from model.data.datasets import FaceSet
from model.events import EpochDone, Finished, Progress, Replanned
from model.runs.runs import Run
from model.training.steering import FinishNow, SetEpochs
from tests.gui.conftest import LOADING_MS, SMALL, reported, wait_for_message

LEFT = Qt.MouseButton.LeftButton
LONG = replace(SMALL, epochs=500, schedule="step")


@pytest.fixture
def train(window: MainWindow, few_faces: FaceSet, quick_engine: None, qtbot: QtBot) -> MainWindow:
    """A window that trains on sixty patches, paused in the second epoch or later."""
    window.studio.faces.source, window.studio.faces.faces = "patches", few_faces
    window.studio.faces.changed.emit()
    window.tabs.setCurrentWidget(window.train)
    window.train.form.set_config(LONG)
    with reported(window.studio.training, EpochDone, qtbot):
        qtbot.mouseClick(window.train.start, LEFT)
    with reported(window.studio.training, Progress, qtbot):
        pass
    qtbot.mouseClick(window.train.pause, LEFT)
    return window


def dialog_of(window: MainWindow, qtbot: QtBot) -> PlanDialog:
    """Wait for the dialog that has just been asked for."""

    def found() -> list[PlanDialog]:
        return [one for one in window.findChildren(PlanDialog) if one.isVisible()]

    qtbot.waitUntil(lambda: bool(found()), timeout=LOADING_MS)
    return found()[0]


def finish(window: MainWindow, qtbot: QtBot) -> Run:
    """Let a paused training go on to its end."""
    with reported(window.studio.training, Finished, qtbot):
        qtbot.mouseClick(window.train.pause, LEFT)
    qtbot.waitUntil(lambda: not window.studio.training.is_active, timeout=LOADING_MS)
    assert window.studio.training.folder is not None
    return Run.open(window.studio.training.folder)


def test_a_paused_training_finishes_by_mouse(train: MainWindow, qtbot: QtBot) -> None:
    page = train.train
    qtbot.mouseClick(page.change, LEFT)
    dialog = dialog_of(train, qtbot)
    qtbot.mouseClick(dialog.by_finish, LEFT)
    assert "falls from 0.003 to zero" in dialog.outlook.text()
    with reported(train.studio.training, Replanned, qtbot) as changed:
        qtbot.mouseClick(dialog.change, LEFT)
    assert page.status.text().endswith(f" of {changed.args[0].plan.epochs}.")

    run = finish(train, qtbot)
    end = run.plan().epochs
    assert run.summary().epochs_done == run.summary().epochs_planned == end
    assert run.plan().cause == "finish"
    assert page.bar.value() == page.bar.maximum()
    runs = page.runs
    qtbot.waitUntil(lambda: runs.model.item(0).state is RunState.FINISHED, timeout=LOADING_MS)
    runs.select(run.folder)
    assert runs.model.item(0).epochs_planned == end
    assert not runs.go_on.isEnabled()
    assert runs.longer.isEnabled()


def test_epochs_are_changed_by_keys(train: MainWindow, qtbot: QtBot) -> None:
    train.activateWindow()
    page = train.train
    page.change.setFocus()
    qtbot.keyClick(page.change, Qt.Key.Key_Space)
    dialog = dialog_of(train, qtbot)
    qtbot.waitUntil(dialog.epochs.hasFocus, timeout=LOADING_MS)
    field = dialog.focusWidget()
    assert isinstance(field, QWidget)
    qtbot.keyClick(field, Qt.Key.Key_1)  # has begun already
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert "have begun already" in dialog.outlook.text()
    assert not dialog.change.isEnabled()
    qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(field, Qt.Key.Key_4)
    qtbot.keyClick(field, Qt.Key.Key_0)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=LOADING_MS)
    assert page.status.text().endswith("of 40.")
    assert len(finish(train, qtbot).rows()) == 40


def test_the_line_ahead_follows_the_plan(train: MainWindow, qtbot: QtBot) -> None:
    steering = train.studio.training
    steering.ask(FinishNow(2))
    place = steering.place
    assert place is not None
    assert place.plan.cause == "finish"
    expected = planned_rates(LONG, 2, place.plan)
    plot = train.train.plot
    qtbot.waitUntil(lambda: plot._planned == expected, timeout=LOADING_MS)
    assert plot._total_epochs == place.plan.epochs
    assert expected[-1][1] < 0.3 * LONG.learning_rate


def test_what_was_asked_of_a_paused_training_outlives_its_stop(
    train: MainWindow, qtbot: QtBot
) -> None:
    train.studio.training.ask(SetEpochs(70))
    with reported(train.studio.training, Stopped, qtbot):
        qtbot.mouseClick(train.train.stop, LEFT)
    assert train.studio.training.folder is not None
    assert Run.open(train.studio.training.folder).summary().epochs_planned == 70


def test_a_stopped_training_leaves_the_model_in_use_and_is_offered(
    train: MainWindow, qtbot: QtBot
) -> None:
    training, header = train.studio.training, train.header
    assert not header.shipped.isVisible()
    with reported(training, Stopped, qtbot):
        qtbot.mouseClick(train.train.stop, LEFT)
    wait_for_message(train, qtbot, "“Shipped model” is still in use")
    assert train.studio.models.run is None
    assert training.folder is not None
    assert train.studio.models.model is not None
    save_model(training.folder / "best.safetensors", train.studio.models.model)
    with qtbot.waitSignal(train.studio.models.replaced, timeout=LOADING_MS):
        press(train, USE_IT, qtbot)
    assert train.studio.models.path == training.folder / "best.safetensors"
    assert train.studio.models.title.startswith("Run of ")
    assert header.shipped.isVisible()
    with qtbot.waitSignal(train.studio.models.replaced, timeout=LOADING_MS):
        qtbot.mouseClick(header.shipped, LEFT)
    assert train.studio.models.title == "Shipped model"
    assert not header.shipped.isVisible()


def press(window: MainWindow, text: str, qtbot: QtBot) -> None:
    """Click a button of the message on show."""
    buttons = [one for one in window.messages.findChildren(QPushButton) if one.text() == text]
    qtbot.mouseClick(buttons[0], LEFT)


def test_a_finished_run_trains_longer(train: MainWindow, qtbot: QtBot) -> None:
    train.studio.training.ask(FinishNow(1))
    run = finish(train, qtbot)
    done = len(run.rows())
    runs = train.train.runs
    train.train.tabs.setCurrentWidget(runs)
    qtbot.waitUntil(lambda: runs.model.item(0).state is RunState.FINISHED, timeout=LOADING_MS)
    runs.select(run.folder)
    runs.longer.trigger()
    dialog = dialog_of(train, qtbot)
    assert not dialog.by_finish.isVisible()
    dialog.epochs.setValue(done + 1)
    assert "rises to" in dialog.outlook.text()
    with reported(train.studio.training, Finished, qtbot):
        qtbot.mouseClick(dialog.change, LEFT)
    qtbot.waitUntil(lambda: not train.studio.training.is_active, timeout=LOADING_MS)
    assert len(run.rows()) == done + 1
    assert run.plan().epochs == done + 1
    assert run.plan().cause == ""


def test_the_end_of_the_patience_is_told(train: MainWindow, qtbot: QtBot) -> None:
    training = train.studio.training
    assert training.place is not None
    training.place = training.place._replace(config=replace(LONG, patience=3))
    training._on_event(Replanned(TrainPlan(40, cause="patience")))
    wait_for_message(train, qtbot, "No epoch was clearly better for 3 epochs.")
    assert train.train.status.text().endswith(" of 40.")


def test_the_dialog_closes_with_the_training(train: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(train.train.change, LEFT)
    dialog = dialog_of(train, qtbot)
    train.studio.training.stop()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=LOADING_MS)
    assert not train.train.change.isEnabled()
    qtbot.waitUntil(lambda: train.studio.training.state is State.IDLE, timeout=LOADING_MS)


class TestDialog:
    """The dialog alone; the training has taken 30 of 4 x 20 steps."""

    LINEAR = TrainConfig(epochs=20, learning_rate=0.01)

    def dialog(self, place: Place, qtbot: QtBot, *, only_longer: bool = False) -> PlanDialog:
        dialog = PlanDialog(place, only_longer=only_longer)
        qtbot.addWidget(dialog)
        return dialog

    def test_it_tells_end_time_and_rate(self, qtbot: QtBot) -> None:
        place = Place(self.LINEAR, TrainPlan(20), 30, 4, epoch_s=60.0)
        dialog = self.dialog(place, qtbot)
        assert dialog.outlook.text() == (
            "Ends after epoch 20, in about 12 min. That is as planned."
        )
        dialog.epochs.setValue(40)
        assert dialog.outlook.text() == (
            "Ends after epoch 40, in about 32 min. The learning rate falls from 0.0063 to zero "
            "by then."
        )
        dialog.cool_down.setValue(2)
        assert dialog.by_finish.isChecked()
        assert dialog.wish() == FinishNow(2)
        assert "Ends after epoch 10, in about 2 min." in dialog.outlook.text()

    def test_the_step_schedule_goes_on(self, qtbot: QtBot) -> None:
        config = replace(self.LINEAR, schedule="step")
        dialog = self.dialog(Place(config, TrainPlan(20), 30, 4), qtbot)
        dialog.epochs.setValue(30)
        assert dialog.outlook.text() == (
            "Ends after epoch 30. The learning rate goes on as planned until then."
        )

    def test_in_the_last_epoch_there_is_nothing_to_finish(self, qtbot: QtBot) -> None:
        dialog = self.dialog(Place(self.LINEAR, TrainPlan(20), 78, 4), qtbot)
        assert not dialog.by_finish.isEnabled()
        assert not dialog.cool_down.isEnabled()

    def test_a_finished_run_gets_more_epochs_only(self, qtbot: QtBot) -> None:
        place = Place(self.LINEAR, with_epochs(self.LINEAR, TrainPlan(20), 8, 30, 4), 8, 1)
        dialog = self.dialog(place, qtbot, only_longer=True)
        assert dialog.epochs.minimum() == 9
        assert dialog.wish() == SetEpochs(13)
        assert "rises to" in dialog.outlook.text()
        with qtbot.waitSignal(dialog.chosen) as chosen:
            button = dialog.buttons.buttons()
            assert QDialogButtonBox.ButtonRole.AcceptRole in map(dialog.buttons.buttonRole, button)
            dialog.change.click()
        assert chosen.args == [SetEpochs(13)]
        QApplication.processEvents()
