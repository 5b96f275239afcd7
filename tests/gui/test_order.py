"""What another model changes doesn't depend on who connected first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from cae_gui.core.models import Models
from cae_gui.main_window import MainWindow
from model.latents.custom_directions import DirectionFaces
from tests.gui.conftest import LOADING_MS, wait_for_message, wait_for_reconstruction


class Emitters(QObject):
    """The signals of ``Models`` that tell of another model."""

    replacing = Signal(bool)
    replaced = Signal(object, object, bool)


class Backwards:
    """Stands for a signal; what was connected before the first emission hears of it last first."""

    def __init__(self, signal: Any) -> None:
        self._signal = signal
        self._slots: list[Any] = []

    def connect(self, slot: Any) -> None:
        self._slots.append(slot)

    def emit(self, *arguments: Any) -> None:
        while self._slots:
            self._signal.connect(self._slots.pop())
        self._signal.emit(*arguments)


@pytest.fixture(params=["in order", "in reverse"])
def window(
    request: pytest.FixtureRequest,
    open_window: Callable[[], MainWindow],
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> MainWindow:
    """A window that shows a face, its listeners connected in either order."""
    begin = Models.__init__

    def begin_backwards(models: Any, *arguments: Any) -> None:
        begin(models, *arguments)
        emitters = Emitters(models)
        models.replacing = Backwards(emitters.replacing)
        models.replaced = Backwards(emitters.replaced)

    if request.param == "in reverse":
        monkeypatch.setattr(Models, "__init__", begin_backwards)
    window = open_window()
    wait_for_reconstruction(window, qtbot)
    qtbot.waitUntil(lambda: window.studio.own.is_ready, timeout=LOADING_MS)
    return window


@pytest.fixture
def small_file(tmp_path: Path) -> Path:
    """A model with a latent space of four dimensions."""
    from model.checkpoint import FaceModel, save_model
    from model.network import ConvAutoencoder

    path = tmp_path / "small.safetensors"
    save_model(path, FaceModel(ConvAutoencoder(4).eval().requires_grad_(False)))
    return path


def fill_everything(window: MainWindow, qtbot: QtBot) -> None:
    """Edit a face, keep it, make a direction, and have a path, a grid and an analogy on show."""
    studio = window.studio
    faces = studio.faces.faces
    assert faces is not None
    window.tabs.setCurrentWidget(window.explore)
    qtbot.waitUntil(lambda: studio.explorer.directions is not None, timeout=LOADING_MS)
    studio.own.put(DirectionFaces("Mine", faces.images[:3], faces.images[3:6]))
    qtbot.waitUntil(lambda: studio.own.is_measured, timeout=LOADING_MS)
    studio.explorer.move(0, 1.5)
    studio.explorer.take_snapshot("Kept")
    window.tabs.setCurrentWidget(window.morph)
    window.morph.tabs.setCurrentWidget(window.morph.grid)
    qtbot.waitUntil(lambda: has_grid(window), timeout=LOADING_MS)
    qtbot.waitUntil(lambda: studio.morpher.path is not None, timeout=LOADING_MS)


def has_grid(window: MainWindow) -> bool:
    view = window.morph.grid.grid
    return view.face(0, 0) is not None and window.studio.corners.grid() is not None


def test_another_model_takes_the_place_of_the_one_in_use(
    window: MainWindow, small_file: Path, qtbot: QtBot
) -> None:
    fill_everything(window, qtbot)
    studio, problems = window.studio, []
    studio.problem.connect(problems.append)
    window.files.open_path(small_file)
    wait_for_message(window, qtbot, "What you made in Explore with “Shipped model” was put aside")

    assert studio.explorer.snapshots == ()
    qtbot.waitUntil(lambda: studio.explorer.face is not None, timeout=LOADING_MS)
    assert len(studio.explorer.latent) == 4
    qtbot.waitUntil(lambda: studio.morpher.path is not None, timeout=LOADING_MS)
    assert studio.morpher.at(0.0).shape == (4,)
    qtbot.waitUntil(lambda: studio.corners.grid() is not None, timeout=LOADING_MS)
    assert studio.corners.grid().shape[-1] == 4
    qtbot.waitUntil(lambda: studio.own.is_ready, timeout=LOADING_MS)
    assert studio.own.names == ["Mine"]
    assert studio.own.latents.model.network is studio.models.model.network
    assert problems == []

    window.files.open_last_session()  # of the other model: its path is encoded by this one
    qtbot.waitUntil(lambda: window.messages.message() != "", timeout=LOADING_MS)
    assert problems == []


def test_the_next_snapshot_of_a_training_carries_the_edit_on(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    from model.checkpoint import FaceModel
    from model.network import ConvAutoencoder

    studio, problems = window.studio, []
    studio.problem.connect(problems.append)
    kinds: list[bool] = []
    studio.models.replaced.connect(lambda _old, _new, goes_on: kinds.append(goes_on))

    def adopt(*, final: bool = False) -> None:
        model = FaceModel(ConvAutoencoder(4).eval().requires_grad_(False))
        path = tmp_path / "best.safetensors" if final else None
        studio.models.adopt(model, "Run", path, snapshot_of=None if final else tmp_path)

    adopt()
    assert studio.explorer.face is None
    qtbot.waitUntil(lambda: studio.explorer.face is not None, timeout=LOADING_MS)
    studio.explorer.set_dimension(0, 9.0)
    studio.explorer.take_snapshot("Kept")
    for final in (False, True):
        start = studio.explorer.face.start
        adopt(final=final)
        assert [item.name for item in studio.explorer.snapshots] == ["Kept"]
        qtbot.waitUntil(
            lambda before=start: not np.array_equal(studio.explorer.face.start, before),
            timeout=LOADING_MS,
        )
        assert studio.explorer.face.offset.any()
    adopt()  # the first snapshot of another training
    assert kinds == [False, True, True, False]
    assert problems == []
