from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cae_gui.core.tasks import Task
from cae_gui.studio import Studio
from cae_gui.train.training import State, Stopped
from model.data.datasets import FaceSet
from model.events import Finished, Progress, Snapshot, Started
from model.runs.runs import Run
from tests.gui.conftest import LOADING_MS, SMALL, reported


def small_model(epoch: int = 1) -> Any:
    from model.checkpoint import FaceModel
    from model.network import ConvAutoencoder

    return FaceModel(ConvAutoencoder(4).eval().requires_grad_(False), None, epoch)


@pytest.fixture
def studio(qtbot: QtBot, few_faces: FaceSet) -> Iterator[Studio]:
    studio = Studio()
    studio.faces.source, studio.faces.faces = "patches", few_faces
    yield studio
    studio.shut_down()


def select(studio: Studio, row: int) -> None:
    faces = studio.faces.faces
    assert faces is not None
    studio.selection.select(faces.names[row], faces.images[row])


def test_a_face_chosen_before_the_model_is_there_is_reconstructed_later(
    studio: Studio, qtbot: QtBot
) -> None:
    select(studio, 0)
    with qtbot.waitSignal(studio.selection.reconstructed, timeout=LOADING_MS) as blocker:
        studio.models.adopt(small_model(), "Small")
    assert studio.selection.face is not None
    assert np.array_equal(blocker.args[0].originals[0], studio.selection.face.pixels)
    assert studio.explorer.face is not None
    assert studio.explorer.face.name == studio.selection.face.name


def test_only_the_last_of_many_faces_is_loaded(studio: Studio, qtbot: QtBot) -> None:
    studio.models.adopt(small_model(), "Small")
    loaded: list[str] = []
    studio.explorer.face_changed.connect(lambda: loaded.append(studio.explorer.face.name))
    for row in range(0, 60, 3):
        select(studio, row)
    with qtbot.waitSignal(studio.selection.reconstructed, timeout=LOADING_MS):
        pass
    assert studio.selection.face is not None
    assert loaded == [studio.selection.face.name]


def test_another_model_loads_the_face_anew(studio: Studio, qtbot: QtBot) -> None:
    studio.models.adopt(small_model(), "First")
    select(studio, 0)
    with qtbot.waitSignal(studio.selection.reconstructed, timeout=LOADING_MS):
        pass
    studio.explorer.set_dimension(0, 2.0)
    with qtbot.waitSignal(studio.selection.reconstructed, timeout=LOADING_MS):
        studio.models.adopt(small_model(), "Second")
    assert not studio.explorer.undo_stack.canUndo()
    assert studio.explorer.face is not None


def test_a_new_model_is_measured_on_the_faces_on_show(studio: Studio, qtbot: QtBot) -> None:
    with qtbot.waitSignal(studio.models.described, timeout=LOADING_MS):
        studio.models.adopt(small_model(), "Small")
    assert studio.explorer.statistics is not None


def test_snapshots_are_used_only_by_who_follows(studio: Studio) -> None:
    model = small_model(3)
    studio.training.reported.emit(Snapshot(model))
    assert studio.models.model is None
    studio.training.is_followed = True
    studio.training.reported.emit(Snapshot(model))
    assert studio.models.model is model
    assert "epoch 3" in studio.models.title


def test_a_followed_model_is_measured_when_the_training_is_over(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    training = studio.training
    training.folder = tmp_path
    studio.training.is_followed = True
    training._enter(State.RUNNING)
    with qtbot.assertNotEmitted(studio.models.described, wait=50):
        training.reported.emit(Snapshot(small_model()))
    training.reported.emit(Finished(small_model(), 1, 0.1))
    with qtbot.waitSignal(studio.models.described, timeout=LOADING_MS):
        training._enter(State.IDLE)
    assert studio.models.path == tmp_path / "best.safetensors"


def test_a_followed_training_keeps_the_edits_and_its_directions(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    training, explorer = studio.training, studio.explorer
    training.folder = tmp_path
    studio.training.is_followed = True
    studio.exploring.look(True)
    training._enter(State.RUNNING)
    training.reported.emit(Snapshot(small_model(1)))
    select(studio, 0)
    qtbot.waitUntil(lambda: explorer.statistics is not None, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: explorer.face is not None, timeout=LOADING_MS)
    explorer.move(0, 3.0)
    explorer.take_snapshot("Kept")
    edit, before = explorer.face.offset, explorer.latent
    statistics = explorer.statistics
    with qtbot.waitSignal(explorer.latent_changed, timeout=LOADING_MS):
        training.reported.emit(Snapshot(small_model(2)))
        assert explorer.statistics is statistics
    assert explorer.latent != pytest.approx(before)
    assert explorer.latent == pytest.approx(explorer.face.start + edit)
    assert explorer.undo_stack.count() == 2
    qtbot.waitUntil(lambda: explorer.statistics is not statistics, timeout=LOADING_MS)
    training.reported.emit(Finished(small_model(3), 1, 0.1))
    training._enter(State.IDLE)
    qtbot.waitUntil(lambda: studio.models.model.statistics is not None, timeout=LOADING_MS)
    assert [item.name for item in explorer.snapshots] == ["Kept"]
    training.folder = None
    studio.models.adopt(small_model(4), "Another")
    assert explorer.face is None
    assert not explorer.snapshots


def test_a_followed_training_that_is_stopped_gives_its_last_model(
    studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    studio.training.is_followed = True
    studio.training.start(replace(SMALL, epochs=1000), few_faces)
    with qtbot.waitSignal(studio.models.replaced, timeout=LOADING_MS):
        pass
    with qtbot.waitSignal(studio.models.replaced, timeout=LOADING_MS):
        studio.training.stop()
    assert studio.training.folder is not None
    assert studio.models.path == studio.training.folder / "last.safetensors"
    assert studio.models.run == studio.training.folder
    assert studio.models.title.startswith("Run of ")


def test_a_training_stopped_before_its_first_epoch_leaves_the_model_in_use(
    studio: Studio,
    few_faces: FaceSet,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    def endless(
        _config: object, _faces: object, *, run: Run, start: object, steering: object
    ) -> Iterator[object]:
        assert start is None
        try:
            yield Started("CPU", 48, 12, 2, 1)
            while True:
                yield Progress(1, 1, 10_000, 0.1, 0.01, 100.0, 1.0)
        finally:
            run.last.write_bytes(b"weights")

    monkeypatch.setattr("model.training.training.train", endless)
    studio.models.adopt(small_model(), "Small")
    with reported(studio.training, Progress, qtbot):
        studio.training.start(SMALL, few_faces)
    with reported(studio.training, Stopped, qtbot):
        studio.training.stop()
    with qtbot.waitSignal(studio.models.saved):  # whatever is to be opened is opened before that
        studio.models.save(tmp_path / "kept.safetensors")
    assert studio.models.title == "kept.safetensors"
    assert studio.models.run is None


def test_a_task_comes_back_or_is_a_problem(studio: Studio, qtbot: QtBot) -> None:
    results: list[int] = []
    studio.tasks.run(lambda: 42, Task.LAYERS, then=results.append)
    qtbot.waitUntil(lambda: results == [42])
    failed: list[bool] = []
    with qtbot.waitSignal(studio.problem):
        studio.tasks.run(
            lambda: 1 // 0, Task.PLOT, then=pytest.fail, failed=lambda: failed.append(True)
        )
    assert failed == [True]


def test_a_dropped_task_does_not_come_back(studio: Studio, qtbot: QtBot) -> None:
    results: list[int] = []
    studio.tasks.run(lambda: 1, Task.LAYERS, then=results.append)
    studio.tasks.drop(Task.LAYERS)
    studio.tasks.run(lambda: 2, Task.VERSIONS, then=results.append)
    qtbot.waitUntil(lambda: bool(results))
    assert results == [2]


def test_shutting_down_twice_is_harmless(studio: Studio) -> None:
    studio.shut_down()
    studio.shut_down()
    assert not any(job.isRunning() for job in studio.models.jobs())
