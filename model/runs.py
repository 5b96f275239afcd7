"""A run folder: everything that one training leaves behind.

::

    2026-11-23 14-05-33/
        run.json            configuration, data set, when it started
        metrics.jsonl       one line an epoch
        best.safetensors    the model with the lowest test error
        last.safetensors    the model after the last step
        state.pt            what the next process needs to go on exactly from the last step
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from model.config import TrainConfig
from model.files import replacing, write_bytes
from model.places import data_folder

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

# torch is imported where weights are written or read: a menu of runs must not wait for it.


class RunError(ValueError):
    """A folder that can't be used as a run; the message says why."""


class EpochRow(NamedTuple):
    """The measurements of one epoch, as in ``EpochDone``."""

    epoch: int
    train_mse: float
    test_mse: float
    learning_rate: float
    seconds: float


def runs_folder() -> Path:
    """Return where runs are kept: the user's data folder, or $CAE_STUDIO_DATA."""
    return data_folder() / "runs"


@dataclass(frozen=True, slots=True)
class Run:
    """One run folder with its configuration and the title of the data set it learned from."""

    folder: Path
    config: TrainConfig
    faces: str

    @classmethod
    def create(cls, config: TrainConfig, faces: str, parent: Path | None = None) -> Self:
        """Make a new folder named by date and time.

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
        about = {"started": started.isoformat(), "faces": faces, "config": config.to_dict()}
        write_bytes(folder / "run.json", json.dumps(about, indent=1).encode())
        return cls(folder, config, faces)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open an existing run.

        Raises:
            RunError: there is no readable run in the folder.
        """
        try:
            about = json.loads((folder / "run.json").read_bytes())
            return cls(folder, TrainConfig.from_dict(about["config"]), str(about["faces"]))
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise RunError(f"“{folder.name}” isn't a run of CAE Studio ({error}).") from error

    @property
    def best(self) -> Path:
        """The model file with the lowest test error; exists from the first epoch on."""
        return self.folder / "best.safetensors"

    @property
    def last(self) -> Path:
        """The model file of the last step; exists once the training was stopped or finished."""
        return self.folder / "last.safetensors"

    def rows(self) -> list[EpochRow]:
        """Return the epochs measured so far.

        A line cut off by a crash is left out; an epoch that was measured again counts once.
        """
        try:
            lines = (self.folder / "metrics.jsonl").read_bytes().splitlines()
        except FileNotFoundError:
            return []
        rows = {}
        for line in lines:
            try:
                row = EpochRow(**json.loads(line))
            except (ValueError, TypeError):
                continue
            rows[row.epoch] = row
        return [rows[epoch] for epoch in sorted(rows)]

    def append(self, row: EpochRow) -> None:
        """Add one epoch's measurements and flush them to disk."""
        with (self.folder / "metrics.jsonl").open("a+b") as file:
            # A line that a crash cut off must not swallow this one.
            file.seek(max(0, file.tell() - 1))
            start = b"" if file.read() in {b"", b"\n"} else b"\n"
            file.write(start + json.dumps(row._asdict()).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

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
        import torch

        path = self.folder / "state.pt"
        if not path.exists():
            return None
        try:
            return dict(torch.load(path, map_location="cpu", weights_only=True))
        except Exception as error:  # a damaged file can fail in any way
            raise RunError(f"The saved state in “{self.folder.name}” is damaged.") from error

    def tidy(self) -> None:
        """Delete what writers that were killed left behind; for the one who writes now."""
        for path in self.folder.glob(".*-*"):
            path.unlink(missing_ok=True)

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
