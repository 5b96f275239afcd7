"""The command line. Errors are one sentence on stderr; the exit code says what kind they are."""

from __future__ import annotations

import io
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from model import __version__
from model.cli import models, queue, runs, self_test, train
from model.cli.arguments import CommandError, ExitCode, Parser
from model.config import ConfigError
from model.face_set import DataError
from model.io.places import NoPlaceError, find_places, word_of_temporary
from model.runs.command import program
from model.runs.queue import QueueError
from model.runs.runs import RunError
from model.system.processor import why_not
from model.system.streams import fill_streams

# No command imports torch before its arguments were read: help and mistakes answer at once.

_EPILOG = (
    "MODEL is a model file, a run, “latest” for the newest run, or “shipped” for the model that "
    "comes along. Exit codes: 0 done, 2 a wrong argument or setting, 3 faces, a model or a "
    "picture can't be had, 4 the training failed, 5 a file can't be written, 130 and 143 stopped "
    "by Ctrl+C and by the system, 1 anything else."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; wrong arguments raise ``SystemExit(2)``."""
    fill_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A log in a narrow encoding may lose a sign, but not the training.
            stream.reconfigure(errors="replace")
    arguments = _parser().parse_args(argv)
    if too_old := why_not():
        print(too_old, file=sys.stderr)
        return ExitCode.UNEXPECTED
    try:
        find_places()
        if word := word_of_temporary():
            print(word, file=sys.stderr)
        code = int(arguments.run(arguments))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of our output has closed it, as “head” does. Python would flush again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.UNEXPECTED
    except (Exception, KeyboardInterrupt) as error:
        return _failed(error, arguments)


def _parser() -> Parser:
    parser = Parser(prog=" ".join(program()), description=__doc__, epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (
        train.add_to,
        queue.add_to,
        models.add_to,
        runs.add_to,
        train.add_faces_command,
        self_test.add_to,
    ):
        add(commands)
    return parser


def _failed(error: BaseException, arguments: Namespace) -> int:
    if arguments.debug:
        import traceback

        traceback.print_exception(error)
    code, sentence = _explained(error)
    print(sentence, file=sys.stderr)
    return code


def _explained(error: BaseException) -> tuple[int, str]:
    """Return the exit code of an error and the sentence to print."""
    match error:
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED, "Stopped."
        case CommandError():
            return error.code, str(error)
        case ConfigError():
            return ExitCode.USAGE, f"{error}".rstrip(".") + "."
        case DataError() | RunError() | QueueError():
            return ExitCode.DATA, str(error)
        case NoPlaceError():
            return ExitCode.FILE, str(error)
        case OSError():
            return ExitCode.FILE, f"{_place(error)} can't be written: {error.strerror or error}."
    problem = " ".join(f"{type(error).__name__}: {error}".split())
    return ExitCode.UNEXPECTED, f"This went wrong unexpectedly; --debug tells where: {problem}"


def _place(error: OSError) -> str:
    if not isinstance(error.filename, str):
        return "A file"
    path = Path(error.filename)
    # Files are written under a hidden name first, which a user doesn't know.
    return f"“{path.parent if path.name.startswith('.') else path}”"
