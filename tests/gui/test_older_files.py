"""Files of an earlier build open as they did.

``tests/files/files-0.1.0.tar.xz`` was written by the window and the engine before the pages had
packages of their own: a session, custom directions, a photo (drawn, of demo faces), and a run of
two epochs on 80 demo faces with a latent size of 4. The weights of the run were replaced by a
pattern afterwards, so that they take no room.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from cae_gui.core.faces import PHOTOS
from cae_gui.documents.sessions import USE_THIS
from cae_gui.main_window import MainWindow
from model.data.datasets import load_faces
from model.events import EpochDone, Finished
from model.runs.runs import Run
from model.training.training import train
from tests.gui.conftest import LOADING_MS, wait_for_message

FILES = Path(__file__).parents[1] / "files" / "files-0.1.0.tar.xz"
RUN = "2026-11-28 12-00-00"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder as the earlier build left it."""
    folder = tmp_path / "data"
    with tarfile.open(FILES) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def window(data: Path, open_window: Callable[[], MainWindow], qtbot: QtBot) -> MainWindow:
    """A window on those files, once its model and its faces are there."""
    window = open_window()
    studio = window.studio
    qtbot.waitUntil(lambda: studio.explorer.face is not None, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: studio.own.is_ready, timeout=LOADING_MS)
    return window


@pytest.mark.parametrize("name", ["work.cae-session", "last.cae-session"])
def test_a_session(window: MainWindow, data: Path, name: str, qtbot: QtBot) -> None:
    """The weights shipped with that build are others: faces are encoded anew."""
    window.files.open_path(data / name)
    wait_for_message(window, qtbot, "the one shipped with another version")
    buttons = window.messages.findChildren(QAbstractButton)
    next(button for button in buttons if button.text() == USE_THIS).click()
    wait_for_message(window, qtbot, "1 snapshot")
    studio = window.studio
    assert studio.explorer.snapshots == ()
    assert [item.seconds for item in studio.morpher.state.way] == [3.5, 2.0]
    assert [item.ease for item in studio.morpher.state.way] == ["smooth", "slow start"]
    assert studio.morpher.state.faces[2].name == "Third"


def test_custom_directions(window: MainWindow) -> None:
    assert window.studio.own.names == ["Mine"]
    assert window.studio.own.items[0].with_it.shape == (6, 48, 48, 3)


def test_a_photo_and_its_box(window: MainWindow, qtbot: QtBot) -> None:
    studio = window.studio
    studio.faces.choose(PHOTOS)
    qtbot.waitUntil(lambda: studio.photo.placement is not None, timeout=LOADING_MS)
    assert studio.faces.faces.names == ("drawn.png",)
    assert studio.photo.placement.box.left == pytest.approx(364.26, abs=0.01)
    assert len(studio.photo.placement.found) == 2


def test_a_run_and_its_model(window: MainWindow, data: Path, qtbot: QtBot) -> None:
    studio = window.studio
    qtbot.waitUntil(lambda: len(studio.runs.items) == 1, timeout=LOADING_MS)
    assert studio.runs.items[0].summary.epochs_done == 2
    window.files.open_path(data / "runs" / RUN / "best.safetensors")
    qtbot.waitUntil(lambda: studio.models.title.startswith("Run of "), timeout=LOADING_MS)
    assert studio.models.model.network.latent_dim == 4


def test_a_training_goes_on(data: Path) -> None:
    faces = load_faces("demo")
    few = replace(faces, images=np.array(faces.images[:80]), names=faces.names[:80])
    run = Run.open(data / "runs" / RUN)
    events = list(train(run.config, few, run=run))
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [3]
    assert isinstance(events[-1], Finished)
    assert len(run.previews.epochs()) == 3
