"""``train``: the same training as in the window, with a line of progress or a plain log."""

from __future__ import annotations

import shlex
import signal
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.cli.parsing import (
    CommandError,
    Commands,
    ExitCode,
    add_faces,
    add_setting_flags,
    command,
)
from model.cli.sources import find_run, open_faces, source_of
from model.cli.terminal import Console
from model.config import PRESETS, TrainConfig
from model.runs import Run

if TYPE_CHECKING:
    from model.datasets import FaceSet


def add_to(commands: Commands[Any]) -> None:
    """Declare the command."""
    parser = command(commands, "train", run, "train a network; every training is kept as a run")
    start = parser.add_mutually_exclusive_group()
    names = ", ".join(PRESETS)
    start.add_argument("--preset", metavar="NAME", help=f"start from a preset: {names}")
    start.add_argument("--like", metavar="RUN", help="start from the settings of an earlier run")
    start.add_argument("--run", dest="resume", metavar="RUN", help="go on with an unfinished run")
    add_faces(parser, "those of RUN, or demo")
    parser.add_argument("--runs-folder", type=Path, metavar="FOLDER", help="where runs are kept")
    add_setting_flags(parser)


def run(arguments: Namespace) -> int:
    """Train; after Ctrl+C or SIGTERM finish the step, keep the run and say how to go on."""
    console = Console()
    earlier = _earlier(arguments)
    config = train_config(arguments, earlier)
    source = arguments.faces or _source_of(earlier)
    with _stop_signals() as stop:
        faces = open_faces(source, console, lambda: bool(stop))
        if faces is None:
            console.line("Stopped before the first step; there is nothing to keep.")
        elif arguments.resume and earlier:
            _check_faces(earlier, faces)
            _train(earlier, faces, source, console, stop)
        else:
            _train_anew(config, faces, source, arguments.runs_folder, console, stop)
    return 128 + stop[0] if stop else ExitCode.DONE


def train_config(arguments: Namespace, earlier: Run | None) -> TrainConfig:
    """Return the configuration that the arguments describe.

    Raises:
        CommandError: they contradict each other.
        ConfigError: a setting is outside its limits.
    """
    names = {item.name for item in fields(TrainConfig)}
    given = {name: value for name, value in vars(arguments).items() if name in names}
    if arguments.resume and given:
        flags = ", ".join("--" + name.replace("_", "-") for name in given)
        message = f"A run goes on with its own settings: leave out {flags}, or use --like."
        raise CommandError(ExitCode.USAGE, message)
    base = earlier.config if earlier else _preset(arguments.preset)
    return replace(base, **given)


def _preset(name: str | None) -> TrainConfig:
    if name is None:
        return TrainConfig()
    for known, config in PRESETS.items():
        if known.lower() == name.lower():
            return config
    raise CommandError(ExitCode.USAGE, f"--preset must be {' or '.join(PRESETS)}, not “{name}”.")


def _earlier(arguments: Namespace) -> Run | None:
    name = arguments.resume or arguments.like
    return find_run(name, arguments.runs_folder) if name else None


def _source_of(earlier: Run | None) -> str:
    if earlier is None:
        return "demo"
    source = source_of(earlier.faces)
    if source is None:
        raise CommandError(
            ExitCode.USAGE,
            f"“{earlier.folder.name}” learned from “{earlier.faces}”: say with --faces where "
            "that folder is.",
        )
    return source


def _check_faces(earlier: Run, faces: FaceSet) -> None:
    if earlier.faces != faces.title:
        message = f"“{earlier.folder.name}” learned from “{earlier.faces}”, not “{faces.title}”."
        raise CommandError(ExitCode.USAGE, message)


def _train_anew(
    config: TrainConfig,
    faces: FaceSet,
    source: str,
    parent: Path | None,
    console: Console,
    stop: list[int],
) -> None:
    """Train in a new run folder, which doesn't stay when nothing was trained."""
    new = Run.create(config, faces.title, parent)
    try:
        _train(new, faces, source, console, stop)
    finally:
        if _is_empty(new):
            new.discard()


def _train(run: Run, faces: FaceSet, source: str, console: Console, stop: list[int]) -> None:
    from model.cli.training_log import TrainingLog
    from model.trainer import TrainingError
    from model.training import train

    log = TrainingLog(console, run)
    try:
        with closing(train(run.config, faces, run=run)) as events:  # type: ignore[type-var]
            for event in events:
                log.show(event)
                if stop:
                    break
    except TrainingError as error:
        raise CommandError(ExitCode.TRAINING, str(error)) from error
    finally:
        console.status("")
    if stop:
        _say_how_to_go_on(run, source, console)


def _say_how_to_go_on(run: Run, source: str, console: Console) -> None:
    if _is_empty(run):
        console.line("Stopped before the first step; there is nothing to keep.")
        return
    words = ["python", "-m", "model", "train", "--run", str(run.folder), "--faces", source]
    console.line(f"Stopped; the run is kept. To go on: {shlex.join(words)}")


def _is_empty(run: Run) -> bool:
    """Tell whether nothing was measured or saved, so that there is nothing to lose."""
    return {path.name for path in run.folder.glob("*")} <= {"run.json"}


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Collect the first Ctrl+C or SIGTERM; a second one ends the process as usual."""
    stop: list[int] = []
    before: dict[int, Any] = {}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def on_signal(number: int, _frame: object) -> None:
        stop.append(number)
        restore()

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        restore()
