"""A real window for a test, dialogs that answer by themselves, and ways to wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.core.jobs import LatestJob
from cae_gui.main_window import MainWindow
from cae_gui.morph.film_export import FilmDialog
from cae_gui.studio import Studio
from cae_gui.train.training import Place, Training
from cae_gui.widgets import dialogs
from cae_gui.widgets.images import from_qimage
from cae_gui.widgets.message_bar import MessageBar
from model.config import ConfigError, TrainConfig, TrainPlan
from model.data.datasets import FaceSet
from model.events import EpochDone, Finished, Progress, Replanned, Snapshot, Started
from model.runs.plan_file import write_plan
from model.runs.runs import EpochRow, Run
from model.training.estimate import Estimate
from model.training.steering import Steering

SMALL = TrainConfig(epochs=2, batch_size=48, latent_dim=4, optimizer="adam", learning_rate=0.003)
"""A training of two epochs of one step each on sixty faces."""
LOADING_MS = 60_000
"""Longest wait for what may import torch first, on a busy machine."""


class PatientBot(QtBot):
    """Waits for a minute: on a busy machine a frame may take pytest-qt's five seconds."""

    def waitExposed(self, widget: QWidget, *, timeout: int = LOADING_MS) -> Any:
        return super().waitExposed(widget, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = LOADING_MS, **options: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **options)

    def waitSignals(self, signals: Any, *, timeout: int = LOADING_MS, **options: Any) -> Any:
        return super().waitSignals(signals, timeout=timeout, **options)

    def waitUntil(self, callback: Any, *, timeout: int = LOADING_MS) -> None:
        super().waitUntil(callback, timeout=timeout)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """What pytest-qt gives, with more patience."""
    return PatientBot(request)


class Told(QObject):
    """Takes what state reports.

    Signals:
        problem(Problem): something failed.
    """

    problem = Signal(object)


@pytest.fixture
def told(qapp: QApplication) -> Told:
    """Where state that a test makes itself reports problems."""
    return Told()


def reported(training: Training, kind: type, qtbot: QtBot, *, timeout: int = LOADING_MS) -> Any:
    """Wait until a training reports an event of this kind, which is the first of the ``args``."""

    def is_wanted(event: object) -> bool:
        return isinstance(event, kind)

    return qtbot.waitSignal(training.reported, timeout=timeout, check_params_cb=is_wanted)


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[Studio]:
    """All state without a window, with neither faces nor a model; its threads end afterwards."""
    studio = Studio()
    yield studio
    studio.shut_down()


@pytest.fixture
def messages(qtbot: QtBot) -> MessageBar:
    """A message bar of its own."""
    messages = MessageBar()
    qtbot.addWidget(messages)
    return messages


class Dialogs:
    """Replaces the dialogs: answers by what a test put here, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.path: Path | None = None
        self.photos: list[Path] = []
        self.answer = True

    def ask_path(self, _parent: QWidget, *_arguments: Any) -> Path | None:
        self.asked.append("path")
        return self.path

    def ask_photos(self, _parent: QWidget, _folder: Path) -> list[Path]:
        self.asked.append("photos")
        return self.photos

    def ask_quit(self, _parent: QWidget) -> bool:
        self.asked.append("quit")
        return self.answer

    def ask_discard(self, _parent: QWidget) -> bool:
        self.asked.append("discard")
        return self.answer

    def ask_remove(self, _parent: QWidget, count: int) -> bool:
        self.asked.append(f"remove {count}")
        return self.answer

    def ask_delete(self, _parent: QWidget, runs: Sequence[str]) -> bool:
        self.asked.append(f"delete {len(runs)}")
        return self.answer


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Dialogs:
    """No dialog opens in a test; this answers for the person."""
    answers = Dialogs()
    for name in ("ask_open", "ask_folder", "ask_run_folder", "ask_place", "ask_save"):
        monkeypatch.setattr(dialogs, name, answers.ask_path)
    for name in ("ask_photos", "ask_quit", "ask_discard", "ask_remove", "ask_delete"):
        monkeypatch.setattr(dialogs, name, getattr(answers, name))
    return answers


@pytest.fixture
def open_window(
    qtbot: QtBot, answers: Dialogs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], MainWindow]]:
    """Make, show and start windows; all are closed and their threads ended afterwards."""
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "no lfw here"))
    # A real one keeps the processor busy for seconds beside every test; one test takes it.
    monkeypatch.setattr("model.training.estimate.trial", quick_trial)
    windows: list[MainWindow] = []

    def open_one() -> MainWindow:
        window = MainWindow()
        qtbot.addWidget(window)
        windows.append(window)
        if window.settings.geometry.isEmpty():
            window.resize(1200, 800)  # the offscreen platform's screen is 800 pixels wide
        with qtbot.waitExposed(window):
            window.show()
        window.start()
        return window

    yield open_one
    answers.answer = True
    for window in windows:
        window.close()
        window.studio.shut_down()


@pytest.fixture
def window(open_window: Callable[[], MainWindow], qtbot: QtBot) -> MainWindow:
    """A window that shows its first face and what the shipped model makes of it."""
    window = open_window()
    wait_for_reconstruction(window, qtbot)
    return window


def wait_for_reconstruction(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until the selected face's reconstruction is shown and was measured."""
    qtbot.waitUntil(lambda: bool(window.reconstruct.numbers.text()), timeout=LOADING_MS)


def wait_for_message(window: MainWindow, qtbot: QtBot, part: str) -> None:
    """Wait until the message bar shows a text that contains ``part``."""
    qtbot.waitUntil(lambda: part in window.messages.message(), timeout=LOADING_MS)


def export_as(window: MainWindow, button: QPushButton, kind: str, qtbot: QtBot) -> None:
    """Press a button that exports faces, and choose a format in the dialog that opens."""
    button.click()
    dialog = window.findChild(FilmDialog)
    assert dialog is not None
    dialog.format.setCurrentIndex(dialog.format.findData(kind))
    with qtbot.waitSignal(dialog.chosen):
        dialog.export.click()


def wait_for_file(path: Path, qtbot: QtBot) -> None:
    """Wait until a file has content; files are put in place whole."""
    qtbot.waitUntil(lambda: path.exists() and path.stat().st_size > 0, timeout=LOADING_MS)


def picture_of(widget: QWidget) -> NDArray[np.uint8]:
    """Return what the widget paints."""
    return from_qimage(widget.grab().toImage())


def same_picture(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    """Return whether two grabs show the same."""
    return first.shape == second.shape and bool((first == second).all())


def save_faces(faces: FaceSet, folder: Path) -> Path:
    """Write a face set as a folder of pictures."""
    folder.mkdir(parents=True)
    for number, image in enumerate(faces.images):
        Image.fromarray(np.array(image)).save(folder / f"{number:03d}.png")
    return folder


@pytest.fixture
def faces_folder(few_faces: FaceSet, tmp_path: Path) -> Path:
    """Sixty pictures on disk."""
    return save_faces(few_faces, tmp_path / "patches")


@pytest.fixture
def photo(few_faces: FaceSet, tmp_path: Path) -> Path:
    """One picture on disk, no square and larger than a face."""
    path = tmp_path / "photo.png"
    Image.fromarray(np.array(few_faces.images[7])).resize((200, 160)).save(path)
    return path


def quick_preview(originals: NDArray[np.uint8], epoch: int) -> NDArray[np.uint8]:
    """Return what the quick engine makes of faces after an epoch: another picture each time."""
    return np.roll(originals, epoch, axis=2)


def quick_train(
    config: TrainConfig,
    faces: FaceSet,
    *,
    run: Run | None = None,
    start: object = None,
    steering: Steering | None = None,
) -> Generator[Any, None, None]:
    """Do as the real ``train`` without a network: the same events, files and errors."""
    assert run is not None
    train, test = faces.split(config.test_percent, config.seed)
    if len(train) < config.batch_size:
        raise ConfigError("Batch size (batch_size) is too large.")
    done, pace, steering = len(run.rows()), threading.Event(), steering or Steering()
    plan = _steered(run, run.plan(), steering, 2 * done)
    try:
        yield Started("CPU", len(train), len(test), plan.epochs, done + 1)
        while done < plan.epochs:
            pace.wait(0.005)
            yield Progress(done + 1, 1, 2, 0.1, 0.01, 100.0, 1.0)
            before, plan = plan, _steered(run, plan, steering, 2 * done + 1)
            if plan != before:
                yield Replanned(plan)
            done += 1
            run.append(EpochRow(done, 0.2 / done, 0.1 / done, 0.01, 0.005))
            run.best.write_bytes(b"weights")
            preview = quick_preview(faces.images[test[:10]], done)
            run.previews.save_originals(faces.images[test[:10]])
            run.save_preview(done, preview)
            yield EpochDone(done, 0.2 / done, 0.1 / done, 0.01, 0.005, True, preview)
            yield Snapshot(None)  # type: ignore[arg-type]
        yield Finished(None, done, 0.1)  # type: ignore[arg-type]
    finally:
        _steered(run, plan, steering, 2 * done)
        run.last.write_bytes(b"weights")
        (run.folder / "state.pt").write_bytes(b"state")


def _steered(run: Run, plan: TrainPlan, steering: Steering, step: int) -> TrainPlan:
    """Return and keep the plan with what was asked for before a step, of which an epoch has two."""
    for wish in steering.take():
        plan = Place(run.config, plan, step, 2).after(wish)
        write_plan(run.folder, plan)
    return plan


def quick_trial(config: TrainConfig, faces: FaceSet) -> Generator[None, None, Estimate]:
    """Do as the real ``trial`` without a network: 100 images/s, whatever the settings."""
    yield
    return Estimate(100.0, 400.0, 0.0, "CPU").of(config, faces)


@pytest.fixture
def quick_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings take milliseconds and learn nothing."""
    monkeypatch.setattr("model.training.training.train", quick_train)


def wait_for_answers(job: LatestJob, qtbot: QtBot) -> None:
    """Wait until all that was asked so far is answered: a lane without a name comes last."""
    last: list[object] = []
    job.ask(object, lane=object(), then=last.append, failed=pytest.fail)
    qtbot.waitUntil(lambda: bool(last), timeout=LOADING_MS)
