from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.config import ConfigError, TrainConfig
from model.data.datasets import DataError, FaceSet
from model.events import EpochDone, Finished
from model.runs.labels import RunLabels, read_labels
from model.runs.queue import Claim, QueueEntry, TrainingQueue
from model.runs.runs import Run, list_runs
from model.training.queued import QueuedRun, train_entry

SMALL = TrainConfig(epochs=2, batch_size=16, latent_dim=4, optimizer="adam", learning_rate=0.003)
LABELS = RunLabels("first", "", ("sweep",))


@pytest.fixture
def folder(few_faces: FaceSet, tmp_path: Path) -> Path:
    """Twenty pictures on disk."""
    folder = tmp_path / "patches"
    folder.mkdir()
    for number, image in enumerate(few_faces.images[:20]):
        Image.fromarray(np.array(image)).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture
def queue(own_folders: None, folder: Path) -> TrainingQueue:
    """A queue of one training on these pictures."""
    queue = TrainingQueue()
    queue.add([QueueEntry(SMALL, "patches", str(folder), LABELS)])
    return queue


def taken(queue: TrainingQueue) -> Claim:
    claim = queue.take()
    assert claim is not None
    return claim


def until(events: Iterator[Any], kind: type) -> Any:
    return next(event for event in events if isinstance(event, kind))


def test_trains_on_its_faces_and_leaves_the_queue(queue: TrainingQueue, folder: Path) -> None:
    events = list(train_entry(taken(queue)))
    (run,) = list_runs()
    begun = until(iter(events), QueuedRun)
    assert begun.run == run
    assert len(begun.faces.images) == 20
    assert (run.config, run.faces, run.source) == (SMALL, "patches", str(folder))
    assert read_labels(run.folder) == LABELS
    assert isinstance(events[-1], Finished)
    assert queue.read().entries == ()


def test_stopped_it_waits_and_goes_on_with_its_run(queue: TrainingQueue) -> None:
    events = train_entry(taken(queue))
    until(events, EpochDone)
    events.close()
    (run,) = list_runs()
    (entry,) = queue.read().entries
    assert (entry.run, entry.is_training) == (run.folder, False)
    begun = until(again := train_entry(taken(queue)), QueuedRun)
    assert [row.epoch for row in begun.rows] == [1]
    assert [event.epoch for event in again if isinstance(event, EpochDone)] == [2]
    assert [one.folder for one in list_runs()] == [run.folder]
    assert queue.read().entries == ()


def test_stopped_before_the_first_step_it_leaves_no_run(queue: TrainingQueue) -> None:
    events = train_entry(taken(queue))
    until(events, QueuedRun)
    assert len(list(list_runs())) == 1
    events.close()
    assert not list(list_runs())
    assert queue.read().entries[0].run is None
    with taken(queue):
        pass


_DIES = """
import os
from model.events import EpochDone
from model.runs.queue import TrainingQueue
from model.training.queued import train_entry
for event in train_entry(TrainingQueue().take()):
    if isinstance(event, EpochDone):
        os._exit(9)
"""


def test_what_a_dead_process_began_is_trained_once(queue: TrainingQueue) -> None:
    assert subprocess.run([sys.executable, "-c", _DIES], check=False).returncode == 9
    (run,) = list_runs()
    assert run.summary().was_cut_off
    done = [event.epoch for event in train_entry(taken(queue)) if isinstance(event, EpochDone)]
    assert done == [2]
    assert [row.epoch for row in Run.open(run.folder).rows()] == [1, 2]
    assert len(list(list_runs())) == 1
    assert queue.read().entries == ()


def test_faces_that_are_gone_are_named_in_the_queue(queue: TrainingQueue, folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(DataError, match="patches"):
        list(train_entry(taken(queue)))
    (entry,) = queue.read().entries
    assert "patches" in entry.problem
    assert queue.take() is None
    assert not list(list_runs())


def test_other_faces_in_their_place_are_refused(queue: TrainingQueue, folder: Path) -> None:
    (entry,) = queue.read().entries
    queue.change([entry], [QueueEntry(SMALL, "Others", str(folder), LABELS)])
    with pytest.raises(DataError, match="holds “patches” now, but this training is for “Others”"):
        list(train_entry(taken(queue)))


def test_too_few_faces_are_told_before_a_run_begins(queue: TrainingQueue, folder: Path) -> None:
    large = QueueEntry(TrainConfig(epochs=1, batch_size=64), "patches", str(folder))
    queue.change(queue.read().entries, [large])
    with pytest.raises(ConfigError, match="has only 16 faces"):
        list(train_entry(taken(queue)))
    assert "has only 16 faces" in queue.read().entries[0].problem
    assert not list(list_runs())


def test_a_training_that_fails_unexpectedly_says_so(
    queue: TrainingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any, **__: Any) -> Iterator[Any]:
        raise ZeroDivisionError("nothing works")
        yield

    monkeypatch.setattr("model.training.training.train", failing)
    with pytest.raises(ZeroDivisionError):
        list(train_entry(taken(queue)))
    (entry,) = queue.read().entries
    assert entry.problem == "It failed (ZeroDivisionError: nothing works)."
    assert (entry.run, list(list_runs())) == (None, [])
