"""Trains what waits in the queue: loads the faces of an entry, and begins or continues its run."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from model.data.datasets import FaceSet, Prepared, prepare
from model.events import Event
from model.face_set import DataError
from model.progress import WorkProgress
from model.runs.labels import write_labels
from model.runs.queue import Claim
from model.runs.runs import EpochRow, Run, RunError
from model.training import training
from model.training.steering import Steering


@dataclass(frozen=True, slots=True, eq=False)
class QueuedRun:
    """The entry's training writes to this run; ``rows`` are the epochs already in it."""

    run: Run
    faces: FaceSet
    rows: tuple[EpochRow, ...] = ()


def train_entry(
    claim: Claim, runs_folder: Path | None = None, steering: Steering | None = None
) -> Generator[WorkProgress | Prepared | QueuedRun | Event, None, None]:
    """Train the entry of a claim to its end, take it out of the queue, and close the claim.

    Yields the events of ``prepare``, then ``QueuedRun``, then those of ``train``. A run that the
    entry began earlier is continued. Closing the generator stops and keeps the run, and the entry
    with it; a run in which nothing was measured doesn't stay.

    Raises:
        DataError: the faces can't be had, or are others. As everything that ``train`` raises, it is
            noted in the queue, and this entry isn't taken again.
    """
    with claim:
        try:
            yield from _train(claim, runs_folder, steering)
        except Exception as error:
            claim.fail(_reason(error))
            raise
        claim.finish()


def _train(
    claim: Claim, runs_folder: Path | None, steering: Steering | None
) -> Generator[WorkProgress | Prepared | QueuedRun | Event, None, None]:
    entry, faces = claim.entry, None
    with closing(prepare(entry.source)) as events:
        for event in events:
            yield event
            faces = event.faces if isinstance(event, Prepared) else faces
    assert faces is not None  # the last event
    if faces.title != entry.faces:
        raise DataError(
            f"“{entry.source}” holds “{faces.title}” now, but this training is for “{entry.faces}”."
        )
    entry.config.check_faces(faces.title, faces.parts(entry.config.test_percent)[0])
    run = Run.open(entry.run) if entry.run else _begun(claim, runs_folder)
    if run.faces != faces.title:
        raise RunError(f"“{run.folder.name}” learned from “{run.faces}”, not “{faces.title}”.")
    try:
        yield QueuedRun(run, faces, tuple(run.rows()))
        text = "Going on with the training" if entry.run else "Preparing a new network"
        yield WorkProgress(f"{text} on {len(faces.images):,} faces …")
        yield from training.train(run.config, faces, run=run, steering=steering)
    finally:
        if run.is_empty():
            run.discard()
            claim.begin(None)


def _begun(claim: Claim, runs_folder: Path | None) -> Run:
    entry = claim.entry
    run = Run.create(entry.config, entry.faces, runs_folder, source=entry.source)
    claim.begin(run.folder.absolute())
    write_labels(run.folder, entry.labels)
    return replace(run, labels=entry.labels)


def _reason(error: Exception) -> str:
    text = str(error)
    # The engine's own errors are sentences already.
    return text if text.endswith(".") else f"It failed ({type(error).__name__}: {text})."
