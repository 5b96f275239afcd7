"""``faces``: prepare a set of faces ahead of a training, or download LFW."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from model.cli.parsing import CommandError, Commands, ExitCode, command
from model.cli.sources import open_faces
from model.cli.terminal import Console, progress_text


def add_to(commands: Commands[Any]) -> None:
    """Declare the command."""
    parser = command(commands, "faces", run, "prepare faces, so that a training starts at once")
    parser.add_argument("source", metavar="SOURCE", help="lfw, demo, or a folder of pictures")
    text = "with lfw: download what is missing (233 MB) to where scikit-learn looks for it"
    parser.add_argument("--download", action="store_true", help=text)


def run(arguments: Namespace) -> int:
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
