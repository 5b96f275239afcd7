"""Shared by all commands: exit codes, errors, and arguments for models, faces, runs, pictures."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, _SubParsersAction
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from model.cli.terminal import Console, progress_text
from model.io.files import is_there
from model.io.places import expanded
from model.runs.runs import SOURCES, Run, RunError, list_runs, runs_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model.checkpoint import FaceModel
    from model.data.datasets import FaceSet


class ExitCode(IntEnum):
    """What the exit code of a command means."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    DATA = 3
    TRAINING = 4
    FILE = 5
    INTERRUPTED = 130


class CommandError(Exception):
    """A command can't do what is asked; the message is one sentence for the user."""

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class Parser(ArgumentParser):
    """Says in one line what is wrong, and what to type for more."""

    def error(self, message: str) -> NoReturn:
        """Print the sentence and exit with 2."""
        self.exit(ExitCode.USAGE, f"{message.rstrip('.')}. Try: {self.prog} --help\n")


Commands = _SubParsersAction  # argparse has no public name for it


def command(
    commands: Commands[Any], name: str, run: Callable[..., int], help: str, epilog: str = ""
) -> ArgumentParser:
    """Add a command that calls ``run`` with its arguments."""
    parser: ArgumentParser = commands.add_parser(
        name, help=help, description=f"{help[0].upper()}{help[1:]}.", epilog=epilog
    )
    parser.set_defaults(run=run)
    parser.add_argument("--debug", action="store_true", help="show where an error came from")
    return parser


def add_model(parser: ArgumentParser) -> None:
    """Add the positional argument MODEL."""
    parser.add_argument("model", metavar="MODEL", help="a model file, a run, latest, or shipped")


def add_faces(parser: ArgumentParser, default: str = "demo") -> None:
    """Add ``--faces``; not given is None."""
    text = f"lfw, demo, or a folder of pictures (default: {default})"
    parser.add_argument("--faces", metavar="SOURCE", help=text)


def add_setting_flags(parser: ArgumentParser, names: tuple[str, ...] = ()) -> None:
    """Add a flag for every setting of a training, or for some; not given leaves no attribute."""
    import dataclasses

    from model.config import TrainConfig

    group = parser.add_argument_group("settings")
    for item in dataclasses.fields(TrainConfig):
        if not names or item.name in names:
            _add_flag(group, item.name, item.default, item.metadata["setting"])


def _add_flag(group: Any, name: str, default: Any, setting: Any) -> None:
    from argparse import BooleanOptionalAction

    flag = "--" + name.replace("_", "-")
    if isinstance(default, bool):
        shown = flag if default else "--no-" + flag[2:]
        text = f"{setting.help} (default: {shown})"
        group.add_argument(flag, action=BooleanOptionalAction, default=SUPPRESS, help=text)
        return
    text = f"{setting.help} ({_limits(setting)}default: {default})"
    metavar = "|".join(setting.choices) or type(default).__name__.upper()
    # Limits and choices are checked by the configuration, which says it better.
    options = {"type": type(default), "default": SUPPRESS, "metavar": metavar}
    group.add_argument(flag, help=text.replace("%", "%%"), **options)


def _limits(setting: Any) -> str:
    if setting.minimum is None or setting.maximum is None:
        return ""
    unit = f" {setting.unit}" if setting.unit else ""
    return f"{setting.minimum} to {setting.maximum}{unit}, "


def lasting(source: str) -> str:
    """Return a source that means the same wherever a later command is typed."""
    return source if source in SOURCES else str(expanded(source).absolute())


def find_run(text: str, parent: Path | None = None) -> Run:
    """Return the run of this folder, folder's name or name, or the newest for “latest”.

    Raises:
        RunError: there is none, several have this name, or it can't be read.
    """
    parent = parent or runs_folder()
    if text == "latest":
        newest = next(list_runs(parent), None)
        if newest is None:
            raise RunError(f"There is no run in “{parent}” yet.")
        return newest
    for folder in (Path(text), parent / text):
        if is_there(folder / "run.json"):
            return Run.open(folder)
    named = _named(text, list(list_runs(parent)))
    if len(named) > 1:
        folders = ", ".join(f"“{run.folder.name}”" for run in named)
        raise RunError(f"{len(named)} runs are named “{text}”. Say which one: {folders}.")
    if named:
        return named[0]
    raise RunError(f"There is no run “{text}”, neither here nor in “{parent}”.")


def _named(text: str, runs: list[Run]) -> list[Run]:
    """Return the runs of this name, or else those whose name differs in capital letters only."""
    exact = [run for run in runs if run.labels.name and run.labels.name == text]
    return exact or [run for run in runs if run.labels.name.casefold() == text.casefold() != ""]


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
        DataError: they can't be loaded.
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
