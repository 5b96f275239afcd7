from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.train.training import State
from model.config import PRESETS, TrainConfig
from model.data.datasets import FaceSet
from model.events import EpochDone
from model.training import estimate as module
from model.training.estimate import Estimate, what_matters
from model.training.trainer import TrainingError
from tests.gui.conftest import LOADING_MS, SMALL, quick_trial, reported

LEFT = Qt.MouseButton.LeftButton
Trial = Callable[..., Generator[None, None, Estimate]]
real_trial = module.trial


class Trials:
    """Stands for the trial, and remembers with which settings it was asked for."""

    def __init__(self) -> None:
        self.configs: list[TrainConfig] = []
        self.work: Trial = quick_trial

    def __call__(self, config: TrainConfig, faces: FaceSet) -> Generator[None, None, Estimate]:
        self.configs.append(config)
        return self.work(config, faces)

    def count_of(self, config: TrainConfig) -> int:
        wanted = what_matters(config)
        return sum(what_matters(tried) == wanted for tried in self.configs)


@pytest.fixture
def trials(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Trials:
    """Set before the Train workspace is looked at for the first time."""
    trials = Trials()
    monkeypatch.setattr(module, "trial", trials)
    return trials


@pytest.fixture
def train(window: MainWindow, few_faces: FaceSet, trials: Trials) -> MainWindow:
    """The Train workspace is in view, with sixty faces and settings that fit them."""
    show_faces(window, few_faces)
    window.train.form.set_config(SMALL)
    window.tabs.setCurrentWidget(window.train)
    return window


def show_faces(window: MainWindow, faces: FaceSet) -> None:
    window.studio.faces.source = faces.title
    window.studio.faces.faces = faces
    window.studio.faces.changed.emit()


def wait_for_text(window: MainWindow, part: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: part in window.train.estimate.text(), timeout=LOADING_MS)


def slow_trial(entered: threading.Event, leave: threading.Event) -> Trial:
    """A trial whose first step lasts until the test lets it end."""

    def work(_config: TrainConfig, _faces: FaceSet) -> Generator[None, None, Estimate]:
        entered.set()
        assert leave.wait(60)
        yield
        raise AssertionError("left after the step under way")

    return work


def test_says_before_start_how_long_it_would_take(train: MainWindow, qtbot: QtBot) -> None:
    wait_for_text(train, "About", qtbot)
    # Two epochs of 48 faces at 100 images/s, and of 12 at 400.
    assert train.train.estimate.text() == "About 1 s for 2 epochs on this computer"
    assert "100 images/s on CPU" in train.train.estimate.toolTip()
    assert train.train.start.isEnabled()


def test_more_epochs_need_no_new_trial(train: MainWindow, trials: Trials, qtbot: QtBot) -> None:
    wait_for_text(train, "About 1 s", qtbot)
    train.train.form.set_config(replace(SMALL, epochs=1000))
    assert train.train.estimate.text() == "About 8 min for 1,000 epochs on this computer"
    assert trials.count_of(SMALL) == 1


def test_another_batch_is_tried_and_the_earlier_one_is_remembered(
    train: MainWindow, trials: Trials, qtbot: QtBot
) -> None:
    wait_for_text(train, "About", qtbot)
    smaller = replace(SMALL, batch_size=24)
    train.train.form.set_config(smaller)
    assert "Estimating" in train.train.estimate.text()
    wait_for_text(train, "About", qtbot)
    assert trials.count_of(smaller) == 1
    train.train.form.set_config(SMALL)
    assert "About" in train.train.estimate.text()
    assert trials.count_of(SMALL) == 1


def test_presets_tell_their_time(window: MainWindow, trials: Trials, qtbot: QtBot) -> None:
    window.tabs.setCurrentWidget(window.train)
    presets = window.train.form.findChild(QComboBox)
    qtbot.waitUntil(lambda: "Reference: 400 epochs, about" in presets.toolTip(), timeout=LOADING_MS)
    spoken = Qt.ItemDataRole.AccessibleTextRole
    texts = [presets.itemData(row, spoken) for row in range(len(PRESETS))]
    # Of the thousand demo faces 800 are trained on: 12 batches of 64, or 6 of 128, an epoch.
    assert texts == [
        "Fast: 8 epochs, about 65 s",
        "Best: 120 epochs, about 16 min",
        "Reference: 400 epochs, about 55 min",
    ]
    assert [trials.count_of(preset) for preset in PRESETS.values()] == [1, 1, 1]


def test_too_few_faces_are_said_before_the_click(
    train: MainWindow, few_faces: FaceSet, qtbot: QtBot
) -> None:
    view = train.train
    view.form.set_config(replace(SMALL, batch_size=64))
    assert "“Patches” has only 48 faces to train on" in view.estimate.text()
    assert not view.start.isEnabled()
    view.form.undo_stack.undo()
    assert "only 48 faces" not in view.estimate.text()
    assert view.start.isEnabled()
    show_faces(train, FaceSet("One", few_faces.images[:1]))
    assert "“One” has too few faces (1)" in view.estimate.text()
    assert not view.start.isEnabled()


def test_nothing_is_tried_while_another_workspace_is_in_view(
    window: MainWindow, trials: Trials, qtbot: QtBot
) -> None:
    window.train.form.set_config(replace(SMALL, batch_size=16))
    entered, leave = threading.Event(), threading.Event()
    trials.work = slow_trial(entered, leave)
    window.tabs.setCurrentWidget(window.train)
    qtbot.waitUntil(entered.is_set, timeout=LOADING_MS)
    assert len(trials.configs) == 1
    window.tabs.setCurrentWidget(window.explore)
    trials.work = quick_trial
    leave.set()
    qtbot.waitUntil(lambda: not window.studio.training.job.is_busy, timeout=LOADING_MS)
    window.train.form.set_config(replace(SMALL, batch_size=8))
    assert len(trials.configs) == 1
    window.tabs.setCurrentWidget(window.train)
    wait_for_text(window, "About", qtbot)
    assert what_matters(trials.configs[1]).batch_size == 8


@pytest.mark.usefixtures("quick_engine")
def test_start_ends_a_trial(train: MainWindow, trials: Trials, qtbot: QtBot) -> None:
    entered, leave = threading.Event(), threading.Event()
    trials.work = slow_trial(entered, leave)
    training = train.studio.training
    train.train.form.set_config(replace(SMALL, batch_size=16, epochs=1000))
    qtbot.waitUntil(entered.is_set, timeout=LOADING_MS)
    problems: list[Any] = []
    train.studio.problem.connect(problems.append)
    qtbot.mouseClick(train.train.start, LEFT)
    assert training.state is State.PREPARING
    assert train.train.estimate.text() == ""
    assert not train.train.plot.is_empty()
    with reported(training, EpochDone, qtbot):
        leave.set()
    tried = len(trials.configs)
    assert not problems
    training.stop()
    qtbot.waitUntil(lambda: not training.is_active, timeout=LOADING_MS)
    assert len(trials.configs) == tried  # none beside the training
    trials.work = quick_trial
    wait_for_text(train, "About", qtbot)


def test_a_trial_that_fails_says_why(train: MainWindow, trials: Trials, qtbot: QtBot) -> None:
    def work(_config: TrainConfig, _faces: FaceSet) -> Generator[None, None, Estimate]:
        yield
        raise TrainingError("The device's memory is full even with a batch of 2 faces.")

    trials.work = work
    train.train.form.set_config(replace(SMALL, batch_size=16))
    wait_for_text(train, "No estimate: The device's memory is full", qtbot)
    assert train.train.start.isEnabled()
    assert not train.studio.training.is_active


def test_the_model_to_begin_with_decides_the_latent_size(
    train: MainWindow, trials: Trials, qtbot: QtBot
) -> None:
    wait_for_text(train, "About", qtbot)
    train.train.further.click()
    assert train.studio.models.model is not None
    size = train.studio.models.model.network.latent_dim
    further = replace(SMALL, latent_dim=size)
    qtbot.waitUntil(lambda: trials.count_of(further) == 1, timeout=LOADING_MS)
    wait_for_text(train, "About", qtbot)


def test_a_real_trial(train: MainWindow, trials: Trials, qtbot: QtBot) -> None:
    trials.work = real_trial
    train.train.form.set_config(replace(SMALL, batch_size=16, latent_dim=8))
    wait_for_text(train, "About", qtbot)
    assert "images/s" in train.train.estimate.toolTip()
