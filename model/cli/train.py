"""``train``: the same training as in the window, with a line of progress or a plain log."""

from __future__ import annotations

import io
import shlex
from argparse import Namespace
from contextlib import closing
from dataclasses import replace
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
from model.cli.plan import Plan, make_plan
from model.cli.signals import stop_signals
from model.cli.sources import lasting, open_faces
from model.cli.terminal import Console, time_text
from model.config import PRESETS
from model.runs.runs import Run
from model.system.child import rank_and_size

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.data.datasets import FaceSet
    from model.training.distributed import Group


def add_to(commands: Commands[Any]) -> None:
    """Declare the command."""
    parser = command(commands, "train", run, "train a network; every training is kept as a run")
    start = parser.add_mutually_exclusive_group()
    names = ", ".join(PRESETS)
    start.add_argument("--preset", metavar="NAME", help=f"start from a preset: {names}")
    start.add_argument("--like", metavar="RUN", help="start from the settings of an earlier run")
    start.add_argument("--run", dest="resume", metavar="RUN", help="go on with an unfinished run")
    parser.add_argument(
        "--begin-with",
        metavar="MODEL",
        help="begin with the weights of a model file, a run, latest, or shipped",
    )
    add_faces(parser, "those of RUN, or demo")
    parser.add_argument("--runs-folder", type=Path, metavar="FOLDER", help="where runs are kept")
    parser.add_argument(
        "--estimate",
        action="store_true",
        help="try it for a second, say how long it would take here, and train nothing",
    )
    add_setting_flags(parser)


def run(arguments: Namespace) -> int:
    """Train; after Ctrl+C or SIGTERM finish the step, keep the run and say how to go on.

    Of several processes the first one reads the arguments for all, keeps the run and prints.
    """
    plan = make_plan(arguments) if rank_and_size()[0] == 0 else None
    from model.training.distributed import GroupError, joined

    try:
        # A process that waits for the first of the others can end at once; nothing is lost yet.
        with joined() as group, stop_signals() as stop:
            _carry_out(group.share(lambda: plan), arguments.runs_folder, stop, group)
    except GroupError as error:
        raise CommandError(ExitCode.TRAINING, str(error)) from error
    return 128 + stop[0] if stop else ExitCode.DONE


def _carry_out(plan: Plan | None, parent: Path | None, stop: list[int], group: Group) -> None:
    assert plan is not None  # the first process has one
    console = Console() if group.is_writer else Console(io.StringIO())
    faces = _open_faces(plan.source, console, stop, group)
    if faces is None:
        console.line("Stopped before the first step; there is nothing to keep.")
    elif plan.only_estimate:
        _estimate(plan, faces, console, stop)
    elif plan.going_on:
        _check_faces(plan.going_on, faces)
        _train(plan.going_on, None, faces, plan.source, console, stop, group)
    else:
        _train_new(plan, faces, parent, console, stop, group)


def _estimate(plan: Plan, faces: FaceSet, console: Console, stop: list[int]) -> None:
    """Say how long the training, or what is left of an earlier run, would take."""
    from model.training.estimate import trial
    from model.training.trainer import TrainingError

    config = plan.config
    if plan.going_on:
        _check_faces(plan.going_on, faces)
        left = config.epochs - plan.going_on.summary().epochs_done
        if left < 1:
            console.line(f"All {config.epochs} epochs of this run are done.")
            return
        config = replace(config, epochs=left)
    trying = trial(config, faces)
    try:
        while not stop:
            next(trying)
    except StopIteration as end:
        measured = end.value
        epochs = f"{config.epochs} epoch{'s' if config.epochs > 1 else ''}"
        console.line(
            f"{measured.device}: {measured.images_per_s:,.0f} images/s, about "
            f"{time_text(measured.seconds)} for {epochs}."
        )
    except TrainingError as error:
        raise CommandError(ExitCode.TRAINING, str(error)) from error


def _open_faces(source: str, console: Console, stop: list[int], group: Group) -> FaceSet | None:
    """Prepare faces once on each machine, where its other processes then find them prepared."""
    faces = None
    for turn in (True, False):
        if group.leads_machine is turn:
            faces = open_faces(source, console, lambda: bool(stop))
        _agree_to_stop(stop, group)
    return None if stop else faces


def _agree_to_stop(stop: list[int], group: Group) -> None:
    """Wait for the other processes; a signal to one of them counts for all."""
    number = group.all_reduce_max(stop[0] if stop else 0)
    if number:
        stop[:] = [number]


def _check_faces(earlier: Run, faces: FaceSet) -> None:
    if earlier.faces != faces.title:
        message = f"“{earlier.folder.name}” learned from “{earlier.faces}”, not “{faces.title}”."
        raise CommandError(ExitCode.USAGE, message)


def _train_new(
    plan: Plan,
    faces: FaceSet,
    parent: Path | None,
    console: Console,
    stop: list[int],
    group: Group,
) -> None:
    """Train in a new run folder, which doesn't stay when nothing was trained."""
    new = group.share(lambda: _new_run(plan, faces.title, parent))
    try:
        _train(new, plan.begin, faces, plan.source, console, stop, group)
    finally:
        if group.is_writer and _is_empty(new):
            new.discard()


def _new_run(plan: Plan, faces: str, parent: Path | None) -> Run:
    """Create the run; processes that ``torchrun`` started again go on with that of the earlier."""
    from model.training.distributed import recall, remember

    earlier = recall("run")
    if earlier and Path(earlier, "run.json").exists():
        return Run.open(Path(earlier))
    new = Run.create(plan.config, faces, parent, source=lasting(plan.source))
    remember("run", str(new.folder.absolute()))
    return new


def _train(
    run: Run,
    begin: FaceModel | None,
    faces: FaceSet,
    source: str,
    console: Console,
    stop: list[int],
    group: Group,
) -> None:
    from model.cli.training_log import TrainingLog
    from model.training.trainer import TrainingError
    from model.training.training import train

    log = TrainingLog(console, run)
    if group.size > 1:
        console.line(f"{group.size} processes share each batch.")
    try:
        with closing(train(run.config, faces, run=run, start=begin)) as events:  # type: ignore[type-var]
            for event in events:
                log.show(event)
                if stop:
                    break
    except TrainingError as error:
        raise CommandError(ExitCode.TRAINING, str(error)) from error
    finally:
        console.status("")
    _agree_to_stop(stop, group)
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
