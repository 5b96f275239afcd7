"""The plan of ``train``, made from its arguments before anything is loaded."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import fields, replace
from typing import TYPE_CHECKING, NamedTuple

from model.cli.parsing import CommandError, ExitCode
from model.cli.sources import find_run, open_model, source_of
from model.config import PRESETS, TrainConfig
from model.runs.runs import Run
from model.system.child import rank_and_size

if TYPE_CHECKING:
    from model.checkpoint import FaceModel


class Plan(NamedTuple):
    """What to train; ``going_on`` is the run to go on with, or None for a new one.

    With ``only_estimate`` nothing is trained, and the time that it would take is measured.
    """

    going_on: Run | None
    config: TrainConfig
    begin: FaceModel | None
    source: str
    only_estimate: bool = False


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
    return Plan(going_on, config, begin, source, arguments.estimate)


def _config(arguments: Namespace, earlier: Run | None) -> TrainConfig:
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
