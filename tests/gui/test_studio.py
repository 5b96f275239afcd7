from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cae_gui.studio import Session, Task
from cae_gui.train.training import State
from model.data.datasets import FaceSet
from model.events import Finished, Snapshot
from tests.gui.conftest import LOADING_MS, SMALL


def small_model(epoch: int = 1) -> Any:
    from model.checkpoint import FaceModel
    from model.network import ConvAutoencoder

    return FaceModel(ConvAutoencoder(4).eval().requires_grad_(False), None, epoch)


@pytest.fixture
def session(qtbot: QtBot, few_faces: FaceSet) -> Iterator[Session]:
    session = Session()
    session.faces.source, session.faces.faces = "patches", few_faces
    yield session
    session.shut_down()


def select(session: Session, row: int) -> None:
    faces = session.faces.faces
    assert faces is not None
    session.select(faces.names[row], faces.images[row])


def test_a_face_chosen_before_the_model_is_there_is_reconstructed_later(
    session: Session, qtbot: QtBot
) -> None:
    select(session, 0)
    with qtbot.waitSignal(session.reconstructed, timeout=LOADING_MS) as blocker:
        session.models.adopt(small_model(), "Small")
    assert session.face is not None
    assert np.array_equal(blocker.args[0].originals[0], session.face.pixels)
    assert session.explorer.face is not None
    assert session.explorer.face.name == session.face.name


def test_only_the_last_of_many_faces_is_loaded(session: Session, qtbot: QtBot) -> None:
    session.models.adopt(small_model(), "Small")
    loaded: list[str] = []
    session.explorer.face_changed.connect(lambda: loaded.append(session.explorer.face.name))
    for row in range(0, 60, 3):
        select(session, row)
    with qtbot.waitSignal(session.reconstructed, timeout=LOADING_MS):
        pass
    assert session.face is not None
    assert loaded == [session.face.name]


def test_another_model_loads_the_face_anew(session: Session, qtbot: QtBot) -> None:
    session.models.adopt(small_model(), "First")
    select(session, 0)
    with qtbot.waitSignal(session.reconstructed, timeout=LOADING_MS):
        pass
    session.explorer.set_dimension(0, 2.0)
    with qtbot.waitSignal(session.reconstructed, timeout=LOADING_MS):
        session.models.adopt(small_model(), "Second")
    assert not session.explorer.undo_stack.canUndo()
    assert session.explorer.face is not None


def test_a_new_model_is_measured_on_the_faces_on_show(session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.models.described, timeout=LOADING_MS):
        session.models.adopt(small_model(), "Small")
    assert session.explorer.statistics is not None


def test_snapshots_are_used_only_by_who_follows(session: Session) -> None:
    model = small_model(3)
    session.training.snapshot.emit(Snapshot(model))
    assert session.models.model is None
    session.follow_training(True)
    session.training.snapshot.emit(Snapshot(model))
    assert session.models.model is model
    assert "epoch 3" in session.models.title


def test_a_followed_model_is_measured_when_the_training_is_over(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    training = session.training
    training.folder = tmp_path
    session.follow_training(True)
    training._enter(State.RUNNING)
    with qtbot.assertNotEmitted(session.models.described, wait=50):
        training.snapshot.emit(Snapshot(small_model()))
    training.finished.emit(Finished(small_model(), 1, 0.1))
    with qtbot.waitSignal(session.models.described, timeout=LOADING_MS):
        training._enter(State.IDLE)
    assert session.models.path == tmp_path / "best.safetensors"


def test_a_followed_training_keeps_the_edits_and_its_directions(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    training, explorer = session.training, session.explorer
    training.folder = tmp_path
    session.follow_training(True)
    session.exploring.look(True)
    training._enter(State.RUNNING)
    training.snapshot.emit(Snapshot(small_model(1)))
    select(session, 0)
    qtbot.waitUntil(lambda: explorer.statistics is not None, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: explorer.face is not None, timeout=LOADING_MS)
    explorer.move(0, 3.0)
    explorer.take_snapshot("Kept")
    edit, before = explorer.face.offset, explorer.latent
    statistics = explorer.statistics
    with qtbot.waitSignal(explorer.latent_changed, timeout=LOADING_MS):
        training.snapshot.emit(Snapshot(small_model(2)))
        assert explorer.statistics is statistics
    assert explorer.latent != pytest.approx(before)
    assert explorer.latent == pytest.approx(explorer.face.start + edit)
    assert explorer.undo_stack.count() == 2
    qtbot.waitUntil(lambda: explorer.statistics is not statistics, timeout=LOADING_MS)
    training.finished.emit(Finished(small_model(3), 1, 0.1))
    training._enter(State.IDLE)
    qtbot.waitUntil(lambda: session.models.model.statistics is not None, timeout=LOADING_MS)
    assert [item.name for item in explorer.snapshots] == ["Kept"]
    training.folder = None
    session.models.adopt(small_model(4), "Another")
    assert explorer.face is None
    assert not explorer.snapshots


def test_a_stopped_training_gives_its_last_model(
    session: Session, few_faces: FaceSet, qtbot: QtBot
) -> None:
    session.training.start(SMALL, few_faces)
    with qtbot.waitSignal(session.training.epoch_done, timeout=LOADING_MS):
        pass
    with qtbot.waitSignal(session.models.replaced, timeout=LOADING_MS):
        session.training.stop()
    assert session.training.folder is not None
    assert session.models.path == session.training.folder / "last.safetensors"


def test_a_task_comes_back_or_is_a_problem(session: Session, qtbot: QtBot) -> None:
    results: list[int] = []
    session.run_task(lambda: 42, Task.LAYERS, then=results.append)
    qtbot.waitUntil(lambda: results == [42])
    failed: list[bool] = []
    with qtbot.waitSignal(session.problem):
        session.run_task(
            lambda: 1 // 0, Task.PLOT, then=pytest.fail, failed=lambda: failed.append(True)
        )
    assert failed == [True]


def test_a_dropped_task_does_not_come_back(session: Session, qtbot: QtBot) -> None:
    results: list[int] = []
    session.run_task(lambda: 1, Task.LAYERS, then=results.append)
    session.drop_task(Task.LAYERS)
    session.run_task(lambda: 2, Task.VERSIONS, then=results.append)
    qtbot.waitUntil(lambda: bool(results))
    assert results == [2]


def test_shutting_down_twice_is_harmless(session: Session) -> None:
    session.shut_down()
    session.shut_down()
    assert not any(job.isRunning() for job in session.models.jobs())
