"""Resolves the arguments of a command: a model, a set of faces, a run, a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from model.cli.parsing import CommandError, ExitCode
from model.cli.terminal import Console, progress_text
from model.runs.runs import SOURCES, Run, RunError, list_runs, runs_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model.checkpoint import FaceModel
    from model.data.datasets import FaceSet


def source_of(run: Run) -> str | None:
    """Return how the faces of a run are asked for; old runs on a folder don't tell."""
    return run.source or {"LFW": "lfw", "Demo faces": "demo"}.get(run.faces)


def lasting(source: str) -> str:
    """Return a source that means the same wherever a later command is typed."""
    return source if source in SOURCES else str(Path(source).expanduser().absolute())


def find_run(text: str, parent: Path | None = None) -> Run:
    """Return the run of this folder or name, or the newest for “latest”.

    Raises:
        RunError: there is none, or it can't be read.
    """
    parent = parent or runs_folder()
    if text == "latest":
        newest = next(list_runs(parent), None)
        if newest is None:
            raise RunError(f"There is no run in “{parent}” yet.")
        return newest
    for folder in (Path(text), parent / text):
        if (folder / "run.json").exists():
            return Run.open(folder)
    raise RunError(f"There is no run “{text}”, neither here nor in “{parent}”.")


def open_model(text: str) -> FaceModel:
    """Return the model of a file, the best one of a run, or the shipped one.

    Raises:
        CommandError, RunError: there is none, or it can't be read.
    """
    from model.checkpoint import ModelFileError, load_face_model, pretrained_model

    try:
        if text == "shipped":
            return pretrained_model()
        return load_face_model(Path(text) if Path(text).is_file() else _best_of(text))
    except ModelFileError as error:
        raise CommandError(ExitCode.DATA, str(error)) from error
    except OSError as error:
        reason = error.strerror or error
        raise CommandError(ExitCode.DATA, f"“{text}” can't be read: {reason}.") from error


def _best_of(text: str) -> Path:
    if Path(text).suffix in {".safetensors", ".pth"}:
        raise CommandError(ExitCode.DATA, f"There is no model “{text}”.")
    run = find_run(text)
    if not run.best.exists():
        raise RunError(f"“{run.folder.name}” has no model yet: its first epoch wasn't finished.")
    return run.best


def open_faces(
    source: str, console: Console, stopped: Callable[[], bool] = lambda: False
) -> FaceSet | None:
    """Prepare faces and show how far that is; None when it was stopped.

    Raises:
        DataError: they can't be had.
    """
    from contextlib import closing

    from model.data.datasets import Prepared, prepare

    with closing(prepare(source)) as events:
        for event in events:
            if stopped():
                break
            if isinstance(event, Prepared):
                console.status("")
                for sentence in event.skipped:
                    console.line(sentence)
                return event.faces
            console.status(progress_text(event.text, event.done, event.total))
    console.status("")
    return None


def open_pictures(paths: list[str]) -> NDArray[np.uint8]:
    """Return the faces in pictures, uint8 (N, 48, 48, 3).

    Raises:
        CommandError: one of them can't be used.
    """
    import numpy as np

    from model.photos.faces import PhotoError, read_face

    try:
        return np.stack([read_face(Path(path)) for path in paths])
    except PhotoError as error:
        raise CommandError(ExitCode.DATA, str(error)) from error
