"""Shared by all commands: exit codes, errors, and helpers that declare arguments."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, _SubParsersAction
from collections.abc import Callable
from enum import IntEnum
from typing import Any, NoReturn


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
