"""``export``: encoder and decoder for other programs."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from model.cli.parsing import CommandError, Commands, ExitCode, add_model, command
from model.cli.sources import open_model

_FORMATS = ("onnx", "torch-export")


def add_to(commands: Commands[Any]) -> None:
    """Declare the command."""
    parser = command(commands, "export", run, "write encoder and decoder for other programs")
    add_model(parser)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where the two files go")
    text = "onnx needs the extra packages of “.[onnx]” (default: onnx)"
    parser.add_argument("--format", choices=_FORMATS, default="onnx", help=text)


def run(arguments: Namespace) -> int:
    """Write both files and print how far each is from the network."""
    from model.export import ExportError, export

    model = open_model(arguments.model)
    try:
        for item in export(model, arguments.folder, arguments.format):
            print(
                f"{item.path}: {item.input} to {item.output}, "
                f"at most {item.difference:.1e} from the network"
            )
    except ExportError as error:
        raise CommandError(ExitCode.USAGE, str(error)) from error
    return ExitCode.DONE
