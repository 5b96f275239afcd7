"""A run folder: everything that one training writes.

::

    2026-11-23 14-05-33/
        run.json            configuration, data set, when it started
        labels.json         name, notes and tags that a person gave it
        machine.json        the device that trained it, and the faces of an epoch
        plan.json           another number of epochs than configured, where that was changed
        running.json        only during a training: its host, and the time of its last heartbeat
        metrics.jsonl       one line an epoch
        previews/           the same test faces after each epoch
        best.safetensors    the model with the lowest test error
        last.safetensors    the model after the last step
        state.pt            what the next process needs to go on exactly from the last step

A folder may come from an untrusted source: everything read from it is checked first.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from model.config import TrainConfig, TrainPlan
from model.io.files import read_bytes, readable, replacing, write_bytes
from model.io.places import data_folder
from model.runs.epoch_rows import EpochRow, append_row, best_row, read_rows
from model.runs.labels import RunLabels, read_labels
from model.runs.machine import read_machine
from model.runs.plan_file import read_plan
from model.runs.writer import HeartbeatMonitor, RunError, Writer, was_cut_off

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model.checkpoint import FaceModel
    from model.face_set import FaceSet
    from model.runs.previews import Previews

# torch and Pillow are imported where they are needed: a menu of runs must not wait for them.


SOURCES = frozenset({"lfw", "demo"})
"""Data sets that are asked for by name; every other one is a folder."""
_MAX_BYTES = 1_000_000
"""Limit of run.json, which usually has a thousand bytes."""


class RunSummary(NamedTuple):
    """The state of a run: ``is_running`` if it is trained now, on this machine or another.

    ``best_mse`` and ``best_epoch`` are None until an epoch was measured. ``was_cut_off``: the
    process that trained it on this machine died, and this has not been reported yet. ``seconds``
    is the time of all epochs with their tests; ``device`` "" and ``images_per_s``, the mean over
    that time, 0 where they aren't known. ``cause`` is that of its plan.
    """

    epochs_done: int
    epochs_planned: int
    best_mse: float | None
    best_epoch: int | None
    is_finished: bool
    is_running: bool
    was_cut_off: bool = False
    seconds: float = 0.0
    device: str = ""
    images_per_s: float = 0.0
    cause: str = ""


def runs_folder() -> Path:
    """Return where runs are kept: the user's data folder, or $CAE_STUDIO_DATA."""
    return data_folder() / "runs"


@dataclass(frozen=True, slots=True)
class Run:
    """One run folder with its configuration and the data set that it learned from.

    ``faces`` is the title of the data set, and ``source`` what loads it again: "lfw", "demo", the
    absolute path of a folder, which need not exist any more, or "" where that isn't known.
    ``labels`` are those that were there when the run was opened.
    """

    folder: Path
    config: TrainConfig
    faces: str
    source: str = ""
    started: datetime | None = None
    labels: RunLabels = field(default_factory=RunLabels)

    @classmethod
    def create(
        cls, config: TrainConfig, faces: str, parent: Path | None = None, *, source: str = ""
    ) -> Self:
        """Make a new folder named by date and time.

        A ``source`` that isn't one (see the class) is kept as "".

        Raises:
            OSError: the folder can't be made.
        """
        parent = parent or runs_folder()
        started = datetime.now().astimezone()
        name = started.strftime("%Y-%m-%d %H-%M-%S")
        number = 1
        while True:
            folder = parent / (name if number == 1 else f"{name} ({number})")
            try:
                folder.mkdir(parents=True)
                break
            except FileExistsError:
                number += 1
        about = {
            "started": started.isoformat(),
            "faces": faces,
            "source": kept_source(source),
            "config": config.to_dict(),
        }
        write_bytes(folder / "run.json", json.dumps(about, indent=1).encode())
        return cls(folder, config, faces, kept_source(source), started)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open an existing run.

        Raises:
            RunError: there is no readable run in the folder.
        """
        try:
            about = json.loads(read_bytes(folder / "run.json", _MAX_BYTES))
            config, faces = TrainConfig.from_dict(about["config"]), readable(str(about["faces"]))
            source, started = kept_source(about.get("source")), _time(about)
            return cls(folder, config, faces, source, started, read_labels(folder))
        except (
            OSError,
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            RecursionError,
        ) as error:
            reason = f"“{folder.name}” isn't a run of CAE Studio ({error})."
            raise RunError(readable(reason)) from error

    @property
    def name(self) -> str:
        """The name that a person gave it, or else that of its folder, the time of its start."""
        return self.labels.name or self.folder.name

    @property
    def best(self) -> Path:
        """The model file with the lowest test error; exists from the first epoch on."""
        return self.folder / "best.safetensors"

    @property
    def last(self) -> Path:
        """The model file of the last step; exists once the training was stopped or finished."""
        return self.folder / "last.safetensors"

    @property
    def previews(self) -> Previews:
        """The pictures of the preview faces."""
        from model.runs.previews import Previews

        return Previews(self.folder)

    def plan(self) -> TrainPlan:
        """Return how many epochs are planned by now, and their learning rates."""
        return read_plan(self.folder) or TrainPlan(self.config.epochs)

    def summary(self) -> RunSummary:
        """Return where the run stands; quick, for lists. What can't be read counts as missing."""
        try:
            rows = self.rows()
        except RunError:
            rows = []
        best, done = best_row(rows), rows[-1].epoch if rows else 0
        device, images = read_machine(self.folder)
        seconds = sum(row.seconds for row in rows)
        plan = self.plan()
        return RunSummary(
            done,
            plan.epochs,
            best.test_mse if best else None,
            best.epoch if best else None,
            done >= plan.epochs,
            HeartbeatMonitor(self.folder).is_running(),
            was_cut_off(self.folder),
            seconds,
            device,
            images * len(rows) / seconds if seconds > 0 else 0.0,
            plan.cause,
        )

    def is_empty(self) -> bool:
        """Return whether nothing was measured or saved yet, so that there is nothing to lose."""
        return not any((self.folder / name).exists() for name in ("metrics.jsonl", "state.pt"))

    def rows(self) -> list[EpochRow]:
        """Return the epochs measured so far, in order; damaged lines are left out.

        Raises:
            RunError: they can't be read.
        """
        try:
            return read_rows(self.folder / "metrics.jsonl")
        except OSError as error:
            reason = f"The measurements of “{self.folder.name}” can't be read: {error.strerror}."
            raise RunError(reason) from error

    def append(self, row: EpochRow) -> None:
        """Add one epoch's measurements and flush them to disk."""
        append_row(self.folder / "metrics.jsonl", row)

    def save_preview(self, epoch: int, pixels: NDArray[np.uint8]) -> None:
        """Keep the preview faces (K, 48, 48, 3) after an epoch; see ``model.runs.previews``."""
        self.previews.save(epoch, pixels)

    def preview(self, epoch: int) -> NDArray[np.uint8] | None:
        """Return the preview faces (K, 48, 48, 3) after an epoch, or None where there are none."""
        return self.previews.at(epoch)

    def preview_epochs(self) -> list[int]:
        """Return the epochs of which preview faces were kept, in order."""
        return self.previews.epochs()

    def originals(self) -> NDArray[np.uint8] | None:
        """Return the faces that the previews show (K, 48, 48, 3), or None where there are none."""
        return self.previews.originals()

    def save_best(self, model: FaceModel) -> None:
        """Replace the best model."""
        from model.checkpoint import save_model

        save_model(self.best, model)

    def save_last(self, model: FaceModel) -> None:
        """Replace the last model."""
        from model.checkpoint import save_model

        save_model(self.last, model)

    def save_state(self, state: Mapping[str, Any]) -> None:
        """Replace the state to go on from."""
        import torch

        with replacing(self.folder / "state.pt") as temporary:
            torch.save(dict(state), temporary)

    def state(self) -> dict[str, Any] | None:
        """Return the state to go on from, or None where nothing was saved yet.

        Raises:
            RunError: the state is damaged.
        """
        from model.io.torch_file import TorchFileError, read_torch_file

        path = self.folder / "state.pt"
        if not path.exists():
            return None
        try:
            return dict(read_torch_file(path))
        except (TorchFileError, OSError, TypeError, ValueError) as error:
            reason = f"The saved state in “{self.folder.name}” is damaged."
            raise RunError(readable(reason)) from error

    def tidy(self) -> None:
        """Delete what writers that were killed left behind; only the writer may call it."""
        for path in self.folder.glob(".*-*"):
            path.unlink(missing_ok=True)
        self.previews.tidy()

    def discard(self) -> None:
        """Delete the folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def list_runs(parent: Path | None = None) -> Iterator[Run]:
    """Yield all readable runs, newest first."""
    parent = parent or runs_folder()
    for folder in sorted(parent.iterdir(), reverse=True) if parent.is_dir() else []:
        try:
            yield Run.open(folder)
        except RunError:
            continue  # something else that lies in the folder


def keep_statistics(path: Path, model: FaceModel, faces: FaceSet) -> None:
    """Store a model's statistics in the file of a run that it was opened from.

    Does nothing where the faces aren't those of the run, the file is no run's, the run is being
    trained, or the file holds another model by now or can't be written: then the latent space is
    measured again the next time.
    """
    from model.checkpoint import ModelFileError, load_face_model, save_model

    try:
        if Run.open(path.parent).faces != faces.title:
            return
        with Writer(path.parent):
            kept = load_face_model(path)
            if kept.statistics is None and _is_same(kept, model):
                save_model(path, replace(kept, statistics=model.statistics))
    except (RunError, ModelFileError, OSError):
        return


def _is_same(one: FaceModel, other: FaceModel) -> bool:
    weights = other.network.state_dict()
    return one.network.latent_dim == other.network.latent_dim and all(
        value.equal(weights[name]) for name, value in one.network.state_dict().items()
    )


def kept_source(value: object) -> str:
    """Return a source that faces can be loaded from (see ``Run``), or "" for anything else."""
    if not isinstance(value, str) or "\0" in value:
        return ""
    return value if value in SOURCES or Path(value).is_absolute() else ""


def _time(about: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(about["started"])
    except (LookupError, TypeError, ValueError):
        return None


__all__ = [
    "SOURCES",
    "EpochRow",
    "Run",
    "RunError",
    "RunSummary",
    "keep_statistics",
    "kept_source",
    "list_runs",
    "runs_folder",
]
