"""``runs``: list, show, compare, clone, export and delete runs."""

from __future__ import annotations

import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from model.cli.arguments import (
    CommandError,
    Commands,
    ExitCode,
    command,
    find_run,
    program,
    source_of,
)
from model.config import TrainConfig
from model.runs.runs import Run, RunError, RunSummary, list_runs, runs_folder


def add_to(commands: Commands[Any]) -> None:
    """Declare the command and its own commands."""
    parser = commands.add_parser("runs", help="list, show, compare, export and delete runs")
    own = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add(own, "list", run_list, "list all runs, newest first", "")
    _add(own, "show", run_show, "show the settings and epochs of a run", "RUN")
    _add(own, "compare", run_compare, "compare runs: results, and settings that differ", "RUNS")
    _add(own, "clone", run_clone, "print the command that trains once more like a run", "RUN")
    export = _add(
        own, "export", run_export, "write the epochs of runs as a table or figure", "RUNS"
    )
    export.add_argument("--csv", type=Path, metavar="FILE", help="a table of the epochs of one run")
    export.add_argument(
        "--figure", type=Path, metavar="FILE", help="the curves of runs: .png, .svg or .pdf"
    )
    delete = _add(own, "delete", run_delete, "delete runs with all that is in them", "RUNS")
    delete.add_argument("--yes", action="store_true", help="don't ask")


def _add(
    commands: Commands[Any], name: str, run: Callable[..., int], help: str, wanted: str
) -> ArgumentParser:
    parser = command(commands, name, run, help)
    text = "a folder or name of a run, or latest"
    if wanted:
        parser.add_argument("runs", metavar="RUN", nargs="+" if wanted == "RUNS" else 1, help=text)
    parser.add_argument("--runs-folder", type=Path, metavar="FOLDER", help="where runs are kept")
    return parser


def run_list(arguments: Namespace) -> int:
    """Print a table of all runs."""
    parent = arguments.runs_folder or runs_folder()
    runs = list(list_runs(parent))
    if not runs:
        print(f"There is no run in “{parent}” yet.")
        return ExitCode.DONE
    rows = [(run.folder.name, run.faces, *_result(run.summary())) for run in runs]
    _print_table([("Run", "Faces", "State", "Epochs", "Best test MSE", "in epoch"), *rows])
    return ExitCode.DONE


def run_show(arguments: Namespace) -> int:
    """Print all that is known of one run."""
    (run,) = _found(arguments)
    state, epochs, mse, epoch = _result(run.summary())
    about = [("Folder", str(run.folder)), ("Faces", run.faces)]
    about += [("Source", run.source)] if run.source else []
    about += [("Started", f"{run.started:%Y-%m-%d %H:%M:%S}")] if run.started else []
    results = [("State", state), ("Epochs done", epochs)]
    best = [("Best test MSE", mse), ("in epoch", epoch)]
    _print_table([*about, *results, *best, *_settings(run).items()])
    if rows := run.rows():
        print()
        numbers = [
            (f"{row.epoch}", f"{row.train_mse:.5f}", f"{row.test_mse:.5f}", f"{row.seconds:.1f}")
            for row in rows
        ]
        _print_table([("Epoch", "Train MSE", "Test MSE", "Seconds"), *numbers])
    return ExitCode.DONE


def run_compare(arguments: Namespace) -> int:
    """Print runs side by side: results first, then the settings in which they differ."""
    runs = _found(arguments)
    titles = ("State", "Epochs done", "Best test MSE", "in epoch")
    results = zip(*(_result(run.summary()) for run in runs), strict=True)
    table: list[Sequence[str]] = [
        ("", *(run.folder.name for run in runs)),
        ("Faces", *(run.faces for run in runs)),
        *((title, *values) for title, values in zip(titles, results, strict=True)),
    ]
    settings = [_settings(run) for run in runs]
    for title in settings[0]:
        values = [of_run[title] for of_run in settings]
        if len(set(values)) > 1:
            table.append((title, *values))
    _print_table(table)
    return ExitCode.DONE


def run_clone(arguments: Namespace) -> int:
    """Print the command, with every setting that isn't the default."""
    (run,) = _found(arguments)
    source = source_of(run)
    if source is None:
        print(f"Put the folder of “{run.faces}” in place of FOLDER.", file=sys.stderr)
    words = [*program(), "train", "--faces", source or "FOLDER"]
    for item in fields(TrainConfig):
        value = getattr(run.config, item.name)
        if value != item.default:
            words += _flag(item.name.replace("_", "-"), value)
    print(shlex.join(words))
    return ExitCode.DONE


def _flag(name: str, value: object) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"--{name}", str(value)]


def run_export(arguments: Namespace) -> int:
    """Write the epochs of one run as a table, the curves of one or more as a figure, or both."""
    runs = _found(arguments)
    if arguments.csv is None and arguments.figure is None:
        raise CommandError(ExitCode.USAGE, "Say with --csv or --figure what to write.")
    if arguments.csv and len(runs) > 1:
        raise CommandError(ExitCode.USAGE, "--csv writes one run; name only one.")
    from model.runs.run_export import export_csv, save_curves

    try:
        if arguments.csv:
            export_csv(runs[0], arguments.csv)
            print(f"The epochs are in “{arguments.csv}”.")
        if arguments.figure:
            save_curves([(run.folder.name, run.rows()) for run in runs], arguments.figure)
            print(f"The curves are in “{arguments.figure}”.")
    except RunError:
        raise
    except ValueError as error:
        raise CommandError(ExitCode.USAGE, str(error)) from error
    return ExitCode.DONE


def run_delete(arguments: Namespace) -> int:
    """Delete runs, but none that is being trained; asks first."""
    runs = _found(arguments)
    for run in runs:
        if run.summary().is_running:
            message = f"“{run.folder.name}” is being trained now; stop that first."
            raise CommandError(ExitCode.FILE, message)
    for run in runs:
        if arguments.yes or _agreed(f"Delete “{run.folder}” with all that is in it? [y/N] "):
            run.discard()
            if run.folder.exists():
                raise CommandError(ExitCode.FILE, f"“{run.folder}” can't be deleted entirely.")
            print(f"“{run.folder.name}” is deleted.")
    return ExitCode.DONE


def _agreed(question: str) -> bool:
    try:
        return input(question).strip().lower() in {"y", "yes"}
    except EOFError:
        message = "There is no answer to be read; --yes deletes without asking."
        raise CommandError(ExitCode.USAGE, message) from None


def _found(arguments: Namespace) -> list[Run]:
    """Find all runs before anything is done with one of them."""
    return [find_run(name, arguments.runs_folder) for name in arguments.runs]


def _result(summary: RunSummary) -> tuple[str, str, str, str]:
    """Return the state, epochs done of those planned, the best test MSE and its epoch."""
    state = "finished" if summary.is_finished else "stopped"
    state = "running" if summary.is_running else state
    done = f"{summary.epochs_done}/{summary.epochs_planned}"
    if summary.best_mse is None:
        return state, done, "–", "–"
    return state, done, f"{summary.best_mse:.5f}", f"{summary.best_epoch}"


def _settings(run: Run) -> dict[str, str]:
    settings = {}
    for item in fields(TrainConfig):
        value = getattr(run.config, item.name)
        text = f"{value:g}" if isinstance(value, float) else str(value)
        text = ("no", "yes")[value] if isinstance(value, bool) else text
        settings[item.metadata["setting"].title] = text
    return settings


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
