"""``train``, the same training as in the window, and ``faces``, which prepares faces for it."""

from __future__ import annotations

import io
import shlex
import signal
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from model.cli.arguments import (
    CommandError,
    Commands,
    ExitCode,
    add_faces,
    add_setting_flags,
    command,
    find_run,
    lasting,
    open_faces,
    open_model,
)
from model.cli.terminal import Console, bar, progress_text, time_text
from model.config import PRESETS, TrainConfig, TrainPlan
from model.runs.command import program, source_of
from model.runs.runs import Run
from model.system.child import rank_and_size
from model.system.signals import ending_signals

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.data.datasets import FaceSet
    from model.events import EpochDone, Event, Progress, Started
    from model.training.distributed import Group


def add_to(commands: Commands[Any]) -> None:
    """Declare the command."""
    parser = command(commands, "train", run, "train a network; every training is kept as a run")
    start = parser.add_mutually_exclusive_group()
    names = ", ".join(PRESETS)
    start.add_argument("--preset", metavar="NAME", help=f"start from a preset: {names}")
    start.add_argument("--like", metavar="RUN", help="start from the settings of an earlier run")
    start.add_argument(
        "--run", dest="resume", metavar="RUN", help="go on with a run, with --epochs in all"
    )
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
    text = "train nothing now, but put the training into the queue; “queue run” works it off"
    parser.add_argument("--queue", action="store_true", help=text)
    text = "with --queue: a training for each of these values of a setting; once or twice"
    parser.add_argument("--sweep", metavar="SETTING=VALUES", action="append", default=[], help=text)
    add_setting_flags(parser)


def run(arguments: Namespace) -> int:
    """Put the training into the queue, or train it now."""
    if arguments.sweep and not arguments.queue:
        raise CommandError(ExitCode.USAGE, "--sweep goes with --queue only.")
    return _enqueue(arguments) if arguments.queue else _train_now(arguments)


def _enqueue(arguments: Namespace) -> int:
    """Put a training, or those of a sweep, into the queue, after a look at the faces."""
    _check_queued(arguments)
    from model.runs.queue import QueueEntry, TrainingQueue
    from model.runs.sweep import sweep_configs, sweep_entries, swept

    plan, console = make_plan(arguments), Console()
    settings = [swept(*_parted(text)) for text in arguments.sweep]
    configs = sweep_configs(plan.config, settings) if settings else [plan.config]
    faces = open_faces(plan.source, console)
    assert faces is not None  # nothing here stops the preparation
    for config in configs:
        config.check_faces(faces.title, faces.parts(config.test_percent)[0])
    source, queue = lasting(plan.source), TrainingQueue()
    entries = [QueueEntry(plan.config, faces.title, source)]
    if settings:
        entries = sweep_entries(plan.config, settings, faces.title, source, datetime.now())
    queue.add(entries)
    words = shlex.join([*program(), "queue", "run"])
    if settings:
        (tag,) = entries[0].labels.tags
        console.line(f"{len(entries)} trainings wait in the queue, with the tag “{tag}”.")
    else:
        count = len(queue.read().entries)
        console.line(f"The training is number {count} of the queue.")
    console.line(f"To train what waits: {words}")
    return ExitCode.DONE


def _parted(text: str) -> tuple[str, str]:
    """Return the setting and the values of “learning_rate=0.01,0.02”."""
    name, sign, values = text.partition("=")
    if not sign:
        message = (
            f"--sweep takes a setting and its values, as learning_rate=0.01,0.02, not “{text}”."
        )
        raise CommandError(ExitCode.USAGE, message)
    return name.strip().replace("-", "_"), values


def _check_queued(arguments: Namespace) -> None:
    """Refuse what a training in the queue can't have."""
    reasons = {
        "--run": (arguments.resume, "Going on with a run needs no queue"),
        "--begin-with": (arguments.begin_with, "A training in the queue begins with a new network"),
        "--estimate": (arguments.estimate, "An estimate is made at once"),
        "--runs-folder": (arguments.runs_folder, "“queue run” says where runs are kept"),
    }
    for flag, (is_given, reason) in reasons.items():
        if is_given:
            raise CommandError(ExitCode.USAGE, f"{reason}: leave out {flag}, or --queue.")
    if rank_and_size()[1] > 1:
        raise CommandError(ExitCode.USAGE, "--queue takes one process: start it without torchrun.")


def _train_now(arguments: Namespace) -> int:
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
        _train(plan.going_on, plan, faces, console, stop, group)
    else:
        _train_new(plan, faces, parent, console, stop, group)


def _estimate(plan: Plan, faces: FaceSet, console: Console, stop: list[int]) -> None:
    """Say how long the training, or what is left of an earlier run, would take."""
    from model.training.estimate import trial
    from model.training.trainer import TrainingError

    config = plan.config
    if plan.going_on:
        _check_faces(plan.going_on, faces)
        done, planned = plan.going_on.summary()[:2]
        left = (plan.epochs or planned) - done
        if left < 1:
            console.line(f"All {planned} epochs of this run are done.")
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
        _train(new, plan, faces, console, stop, group)
    finally:
        if group.is_writer and new.is_empty():
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
    plan: Plan,
    faces: FaceSet,
    console: Console,
    stop: list[int],
    group: Group,
) -> None:
    from model.training.steering import SetEpochs, Steering
    from model.training.trainer import TrainingError
    from model.training.training import train

    log, steering = TrainingLog(console, run), Steering()
    if plan.epochs is not None:
        steering.ask(SetEpochs(plan.epochs))
    if group.size > 1:
        console.line(f"{group.size} processes share each batch.")
    try:
        training = train(run.config, faces, run=run, start=plan.begin, steering=steering)
        with closing(training) as events:  # type: ignore[type-var]
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
        _say_how_to_go_on(run, plan.source, console)


def _say_how_to_go_on(run: Run, source: str, console: Console) -> None:
    if run.is_empty():
        console.line("Stopped before the first step; there is nothing to keep.")
        return
    words = [*program(), "train", "--run", str(run.folder), "--faces", source]
    console.line(f"Stopped; the run is kept. To go on: {shlex.join(words)}")


class Plan(NamedTuple):
    """What to train; ``going_on`` is the run to go on with, or None for a new one.

    A run goes on with so many ``epochs`` in all, or as many as it has for None. With
    ``only_estimate`` nothing is trained, and the time that it would take is measured.
    """

    going_on: Run | None
    config: TrainConfig
    begin: FaceModel | None
    source: str
    only_estimate: bool = False
    epochs: int | None = None


def make_plan(arguments: Namespace) -> Plan:
    """Return what the arguments describe.

    Raises:
        CommandError: they contradict each other, or a run's faces aren't known.
        ConfigError: a setting is outside its limits.
        RunError: there is no such run.
    """
    earlier = _earlier(arguments)
    config = _config(arguments, earlier)
    begin = _model_to_begin_with(arguments)
    source = arguments.faces or _source_of(earlier)
    if arguments.estimate and rank_and_size()[1] > 1:
        message = "--estimate tries one process: start it without torchrun."
        raise CommandError(ExitCode.USAGE, message)
    going_on = earlier if arguments.resume else None
    epochs = config.epochs if going_on and "epochs" in vars(arguments) else None
    if going_on and epochs is not None and epochs < (done := going_on.summary().epochs_done):
        message = f"{done} epochs of “{going_on.folder.name}” are done: --epochs can't be less."
        raise CommandError(ExitCode.USAGE, message)
    return Plan(going_on, config, begin, source, arguments.estimate, epochs)


def _config(arguments: Namespace, earlier: Run | None) -> TrainConfig:
    names = {item.name for item in fields(TrainConfig)}
    given = {name: value for name, value in vars(arguments).items() if name in names}
    others = [name for name in given if name != "epochs"]
    if arguments.resume and others:
        flags = ", ".join("--" + name.replace("_", "-") for name in others)
        message = (
            f"A run goes on with its own settings, but for --epochs: leave out {flags}, or use "
            "--like."
        )
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


def _model_to_begin_with(arguments: Namespace) -> FaceModel | None:
    if not arguments.begin_with:
        return None
    if arguments.resume:
        message = "A run goes on with its own weights: leave out --begin-with, or --run."
        raise CommandError(ExitCode.USAGE, message)
    return open_model(arguments.begin_with)


def _earlier(arguments: Namespace) -> Run | None:
    name = arguments.resume or arguments.like
    return find_run(name, arguments.runs_folder) if name else None


def _source_of(earlier: Run | None) -> str:
    if earlier is None:
        return "demo"
    source = source_of(earlier)
    if source is None:
        raise CommandError(
            ExitCode.USAGE,
            f"“{earlier.folder.name}” learned from “{earlier.faces}”: say with --faces where "
            "that folder is.",
        )
    return source


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Collect the first Ctrl+C, SIGTERM or SIGHUP; a second one ends the process as usual."""
    stop: list[int] = []
    before: dict[int, Any] = {}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def on_signal(number: int, _frame: object) -> None:
        stop.append(number)
        restore()

    for number in ending_signals():
        before[number] = signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        restore()


class TrainingLog:
    """Turns events into lines, one an epoch, and into the status below them."""

    def __init__(self, console: Console, run: Run) -> None:
        self._console = console
        self._folder = run.folder
        self._epochs = run.config.epochs
        self._loss: float | None = None
        self._speed = 0.0

    def show(self, event: Event) -> None:
        """Print what there is to say of an event."""
        from model.events import EpochDone, Finished, Notice, Progress, Replanned, Started

        match event:
            case Started():
                self._console.line(self._started(event))
                self._console.line(f"The run is kept in “{self._folder}”.")
            case Progress():
                self._console.status(self._progress(event))
            case EpochDone():
                self._console.status("")
                self._console.line(self._epoch(event))
            case Notice():
                self._console.line(event.text)
            case Replanned():
                self._epochs = event.plan.epochs
                self._console.line(_sentence_of(event.plan))
            case Finished():
                mse, epoch = event.best_mse, event.best_epoch
                self._console.line(f"Finished. Best test MSE {mse:.5f}, in epoch {epoch}.")
            case _:
                pass  # a snapshot is for a window

    def _started(self, event: Started) -> str:
        self._epochs = event.epochs
        if event.first_epoch > event.epochs:
            return f"All {event.epochs} epochs of this run are done."
        return (
            f"{event.device}: {event.train_images:,} faces to train on, "
            f"{event.test_images:,} to test on, epochs {event.first_epoch} to {event.epochs}."
        )

    def _progress(self, event: Progress) -> str:
        self._loss = event.loss if event.loss is not None else self._loss
        self._speed = event.images_per_s
        loss = f"loss {self._loss:.5f}  " if self._loss is not None else ""
        return (
            f"Epoch {event.epoch}/{self._epochs} {bar(event.step / event.steps)} "
            f"{loss}rate {event.learning_rate:.2g}  {event.images_per_s:,.0f} images/s  "
            f"{time_text(event.remaining_s)} left"
        )

    def _epoch(self, event: EpochDone) -> str:
        speed = f"{self._speed:,.0f} images/s  " if self._speed else ""
        return (
            f"Epoch {event.epoch:>{len(str(self._epochs))}}/{self._epochs}  "
            f"train MSE {event.train_mse:.5f}  test MSE {event.test_mse:.5f}  "
            f"rate {event.learning_rate:.2g}  {speed}{time_text(event.seconds)}"
            f"{'  best' if event.best else ''}"
        )


def _sentence_of(plan: TrainPlan) -> str:
    match plan.cause:
        case "patience":
            return (
                "No epoch was clearly better for long: the rate falls to zero, and the training "
                f"ends after epoch {plan.epochs}."
            )
        case "finish":
            return f"It finishes: the rate falls to zero at the end of epoch {plan.epochs}."
    return f"It was changed under way: it ends after epoch {plan.epochs}."


def add_faces_command(commands: Commands[Any]) -> None:
    """Declare the command."""
    parser = command(
        commands, "faces", run_faces, "prepare faces, so that a training starts at once"
    )
    parser.add_argument("source", metavar="SOURCE", help="lfw, demo, or a folder of pictures")
    text = "with lfw: download what is missing (233 MB) to where scikit-learn looks for it"
    parser.add_argument("--download", action="store_true", help=text)


def run_faces(arguments: Namespace) -> int:
    """Prepare the faces and print how many there are."""
    console = Console()
    if arguments.download:
        if arguments.source != "lfw":
            raise CommandError(ExitCode.USAGE, "--download goes with lfw only.")
        from model.data.lfw_download import download_lfw

        for event in download_lfw():
            console.status(progress_text(event.text, event.done, event.total))
    faces = open_faces(arguments.source, console)
    assert faces is not None  # nothing here stops the preparation
    console.line(f"{faces.title}: {len(faces.images):,} faces, ready.")
    return ExitCode.DONE
