"""A sweep through the window: what it would train, really trained, and compared in one picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cae_gui.core.tasks import Tasks
from cae_gui.main_window import MainWindow
from cae_gui.train.queue_page import COMPARE
from cae_gui.train.runs import Runs
from cae_gui.train.sweeps import SweepComparison, SweepDialog
from model.config import TrainConfig
from model.runs.labels import RunLabels, write_labels
from model.runs.queue import TrainingQueue
from model.runs.runs import EpochRow, Run, list_runs
from model.runs.sweep import Swept
from tests.gui.conftest import (
    LOADING_MS,
    SMALL,
    Dialogs,
    Told,
    picture_of,
    same_picture,
    wait_for_file,
    wait_for_message,
)

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def dialog(qtbot: QtBot) -> SweepDialog:
    """The dialog for trainings of a minute each, on faces that fill batches up to 100."""

    def refusal(config: TrainConfig) -> str:
        return "Too few faces." if config.batch_size > 100 else ""

    dialog = SweepDialog(refusal, lambda configs, _like: f"about {len(configs)} min")
    qtbot.addWidget(dialog)
    dialog.ask(TrainConfig())
    return dialog


def choose(dialog: SweepDialog, place: int, name: str, values: str | None = None) -> None:
    combo = dialog.settings[place]
    combo.setCurrentIndex(combo.findData(name))
    if values is not None:
        dialog.values[place].setText(values)


def test_values_are_proposed_and_counted(dialog: SweepDialog) -> None:
    assert dialog.values[0].text() == "0.01, 0.02, 0.04"
    assert dialog.result_text.text() == "3 trainings, about 3 min in all."
    assert not dialog.values[1].isEnabled()
    choose(dialog, 1, "flip")
    assert dialog.values[1].text() == "yes, no"
    assert dialog.result_text.text() == "6 trainings, about 6 min in all."
    choose(dialog, 0, "optimizer")
    assert dialog.values[0].text() == "muon, adam"
    choose(dialog, 0, "dropout")
    assert dialog.values[0].text() == "0, 0.1, 0.2"
    choose(dialog, 1, "")
    assert dialog.result_text.text() == "3 trainings, about 3 min in all."


@pytest.mark.parametrize(
    ("name", "values", "part"),
    [
        ("learning_rate", "0.01, fast", "must be a number, not “fast”."),
        ("learning_rate", "0.01", "A sweep needs two values at least."),
        ("learning_rate", "", "Type the values of Learning rate"),
        ("epochs", "0, 1", "must be between 1 and 10000"),
        ("batch_size", "64, 128", "Too few faces."),
    ],
)
def test_what_is_no_sweep_says_why(dialog: SweepDialog, name: str, values: str, part: str) -> None:
    choose(dialog, 0, name, values)
    assert part in dialog.result_text.text()
    assert not dialog.add.isEnabled()


def test_what_was_chosen_is_told(dialog: SweepDialog, qtbot: QtBot) -> None:
    choose(dialog, 1, "dropout", "0; 0,2")
    with qtbot.waitSignal(dialog.chosen) as chosen:
        qtbot.mouseClick(dialog.add, LEFT)
    assert chosen.args[0] == [
        Swept("learning_rate", (0.01, 0.02, 0.04)),
        Swept("dropout", (0.0, 0.2)),
    ]
    assert not dialog.isVisible()


def test_a_sweep_is_trained_and_compared(
    window: MainWindow, faces_folder: Path, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    page, studio = window.train, window.studio
    with qtbot.waitSignal(studio.faces.changed):
        studio.faces.choose(str(faces_folder))
    window.tabs.setCurrentWidget(page)
    page.form.set_config(replace(SMALL, epochs=1))
    page.queue.sweep.trigger()
    choose(page.sweep_dialog, 0, "learning_rate", "0.003, 0.001")
    told = page.sweep_dialog.result_text
    qtbot.waitUntil(lambda: told.text().startswith("2 trainings, about"), timeout=LOADING_MS)
    qtbot.mouseClick(page.sweep_dialog.add, LEFT)
    wait_for_message(window, qtbot, "2 trainings added to the queue.")
    qtbot.waitUntil(lambda: len(TrainingQueue().read().entries) == 2)
    studio.queue.start()
    wait_for_message(window, qtbot, "2 trainings of the queue are done.")
    assert [run.config.learning_rate for run in list_runs()] == [0.001, 0.003]
    assert next(list_runs()).labels.name == "learning rate 0.001"
    buttons = window.messages.findChildren(QPushButton)
    qtbot.mouseClick(next(one for one in buttons if one.text() == COMPARE), LEFT)
    shown = page.comparison
    qtbot.waitUntil(lambda: "2 of 2 runs measured. Best" in shown.text.text(), timeout=LOADING_MS)
    assert shown.isVisible()
    assert shown.tags() == [next(list_runs()).labels.tags[0]]
    answers.path = tmp_path / "sweep.png"
    qtbot.mouseClick(shown.export, LEFT)
    wait_for_file(answers.path, qtbot)
    with Image.open(answers.path) as picture:
        assert picture.size == (3000, 1440)
    studio.queue.undo_stack.undo()  # what was trained is neither lost nor trained again
    assert not studio.queue.entries
    shown.close()


def recorded(rate: float, tag: str, mse: float) -> Run:
    run = Run.create(replace(SMALL, learning_rate=rate), "Patches")
    write_labels(run.folder, RunLabels(f"rate {rate}", "", (tag,)))
    run.append(EpochRow(1, mse, mse, rate, 1.0))
    return run


def test_sweeps_are_told_apart_by_their_tags(told: Told, qtbot: QtBot) -> None:
    for tag, mse in (("old", 0.1), ("new", 0.2)):
        for number in (1, 2):
            recorded(number / 100, tag, mse / number)
    runs, tasks = Runs(told.problem.emit), Tasks(told.problem.emit)
    shown = SweepComparison(runs, tasks)
    qtbot.addWidget(shown)
    try:
        shown.show_sweep()
        qtbot.waitUntil(lambda: "0.10000, by “rate 0.02”" in shown.text.text(), timeout=LOADING_MS)
        assert shown.tags() == ["new", "old"]
        before = picture_of(shown.picture)
        shown.show_sweep("old")
        qtbot.waitUntil(lambda: "0.05000, by “rate 0.02”" in shown.text.text(), timeout=LOADING_MS)
        assert not same_picture(before, picture_of(shown.picture))
    finally:
        shown.close()
        for job in (*runs.jobs(), tasks.job):
            job.stop()
            job.wait()


def test_the_runs_of_a_tag_lead_to_their_picture(window: MainWindow, qtbot: QtBot) -> None:
    page = window.train
    runs = [recorded(number / 100, "mine", number / 10) for number in (1, 2)]
    recorded(0.5, "alone", 0.5)
    window.tabs.setCurrentWidget(page)
    page.tabs.setCurrentWidget(page.runs)
    qtbot.waitUntil(lambda: page.runs.model.rowCount() == 3, timeout=LOADING_MS)
    assert not page.runs.sweep.isEnabled()
    page.runs.select(runs[0].folder)
    page.runs.sweep.trigger()
    assert page.comparison.tag.currentText() == "mine"
    assert page.comparison.isVisible()
    page.runs.select(next(list_runs()).folder)
    assert not page.runs.sweep.isEnabled()
    page.comparison.close()
