"""A training as the command line that does the same."""

from __future__ import annotations

import shlex
import sys
from dataclasses import fields, replace
from pathlib import Path

from model.config import TrainConfig
from model.runs.runs import Run, RunSummary

UNKNOWN_FACES = "FOLDER"
"""Stands where the folder of faces belongs that isn't known."""
_TITLES = {"LFW": "lfw", "Demo faces": "demo"}


def program() -> list[str]:
    """Return the words that start the command line here: ``cae``, or ``python -m model``.

    Where this process was started by an installed program, that of the command line lies beside it.
    """
    own = Path(sys.argv[0]).stem
    return ["cae"] if own in {"cae", "cae-studio"} else ["python", "-m", "model"]


def source_of(run: Run) -> str | None:
    """Return how the faces of a run are asked for; old runs on a folder don't say."""
    return run.source or _TITLES.get(run.faces)


def settings_again(run: Run, summary: RunSummary) -> TrainConfig:
    """Return the settings that train once more like a run, as many epochs as planned by now.

    One that was ended early has the epochs that were asked for: its end was none of its settings.
    """
    epochs = run.config.epochs if summary.cause else summary.epochs_planned
    return replace(run.config, epochs=epochs)


def train_command(config: TrainConfig, source: str | None, *, begin_with: str = "") -> str:
    """Return the command that trains on a source of faces, with each setting that isn't default.

    A source that isn't known is ``UNKNOWN_FACES``. ``begin_with``: a model file, or “shipped”; ""
    for new weights. The words are quoted for a POSIX shell.
    """
    words = [*program(), "train", "--faces", source or UNKNOWN_FACES]
    if begin_with:
        words += ["--begin-with", begin_with]
    for item in fields(TrainConfig):
        value = getattr(config, item.name)
        if value != item.default:
            words += _flag(item.name.replace("_", "-"), value)
    return shlex.join(words)


def _flag(name: str, value: object) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"--{name}", str(value)]
