"""``runs``: list, show, compare, clone, export and delete runs."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from model.cli.arguments import (
    CommandError,
    Commands,
    ExitCode,
    command,
    find_run,
)
from model.cli.terminal import time_text
from model.runs.command import UNKNOWN_FACES, settings_again, source_of, train_command
from model.runs.runs import Run, RunError, RunSummary, list_runs, runs_folder
from model.runs.wording import settings_text, summary


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
    sweep = _add(own, "sweep", run_sweep, "compare the runs of a sweep, or of any tag", "")
    sweep.add_argument("tag", metavar="TAG", help="the tag of the runs")
    sweep.add_argument(
        "--figure", type=Path, metavar="FILE", help="curves and best errors: .png, .svg or .pdf"
    )
    delete = _add(own, "delete", run_delete, "delete runs with all that is in them", "RUNS")
    delete.add_argument("--yes", action="store_true", help="don't ask")


def _add(
    commands: Commands[Any], name: str, run: Callable[..., int], help: str, wanted: str
) -> ArgumentParser:
    parser = command(commands, name, run, help)
    text = "a run: its folder, its name, or latest"
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
    head = ("Run", "Name", "Faces", "State", "Epochs", "Best test MSE", "in epoch", "Settings")
    rows = [
        (
            run.folder.name,
            run.labels.name,
            run.faces,
            *_result(run.summary()),
            summary(run.config),
        )
        for run in runs
    ]
    columns = [column for column in zip(head, *rows, strict=True) if any(column[1:])]
    print_table(list(zip(*columns, strict=True)))
    return ExitCode.DONE


def run_show(arguments: Namespace) -> int:
    """Print all that is known of one run."""
    (run,) = _found(arguments)
    state, epochs, mse, epoch = _result(run.summary())
    about = [("Folder", str(run.folder)), *_labels(run), ("Faces", run.faces)]
    about += [("Source", run.source)] if run.source else []
    about += [("Started", f"{run.started:%Y-%m-%d %H:%M:%S}")] if run.started else []
    results = [("State", state), ("Epochs done", epochs)]
    results += [("Ends early", _CAUSES[cause])] if (cause := run.plan().cause) else []
    best = [("Best test MSE", mse), ("in epoch", epoch)]
    best += _effort(run.summary())
    short = ("In short", summary(run.config))
    print_table([*about, *results, *best, short, *settings_text(run.config).items()])
    if rows := run.rows():
        print()
        numbers = [
            (f"{row.epoch}", f"{row.train_mse:.5f}", f"{row.test_mse:.5f}", f"{row.seconds:.1f}")
            for row in rows
        ]
        print_table([("Epoch", "Train MSE", "Test MSE", "Seconds"), *numbers])
    return ExitCode.DONE


def run_compare(arguments: Namespace) -> int:
    """Print runs side by side: results first, then the settings in which they differ."""
    runs = _found(arguments)
    titles = ("State", "Epochs done", "Best test MSE", "in epoch")
    results = zip(*(_result(run.summary()) for run in runs), strict=True)
    table: list[Sequence[str]] = [
        ("", *(run.name for run in runs)),
        ("Faces", *(run.faces for run in runs)),
        ("In short", *(summary(run.config) for run in runs)),
        *((title, *values) for title, values in zip(titles, results, strict=True)),
    ]
    settings = [settings_text(run.config) for run in runs]
    for title in settings[0]:
        values = [of_run[title] for of_run in settings]
        if len(set(values)) > 1:
            table.append((title, *values))
    print_table(table)
    return ExitCode.DONE


def run_clone(arguments: Namespace) -> int:
    """Print the command, with every setting that isn't the default."""
    (run,) = _found(arguments)
    source = source_of(run)
    if source is None:
        print(f"Put the folder of “{run.faces}” in place of {UNKNOWN_FACES}.", file=sys.stderr)
    print(train_command(settings_again(run, run.summary()), source))
    return ExitCode.DONE


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
            save_curves([(run.name, run.rows()) for run in runs], arguments.figure)
            print(f"The curves are in “{arguments.figure}”.")
    except RunError:
        raise
    except ValueError as error:
        raise CommandError(ExitCode.USAGE, str(error)) from error
    return ExitCode.DONE


def run_sweep(arguments: Namespace) -> int:
    """Print the best errors of the runs with a tag, and write their picture."""
    from model.runs.sweep import run_name, save_sweep, sweep_runs

    runs = sweep_runs(arguments.tag, arguments.runs_folder)
    if not runs:
        raise RunError(f"In the folder of runs no run has the tag “{arguments.tag}”.")
    rows = [(run_name(one.run), *_result(one.run.summary())) for one in runs]
    print_table([("Run", "State", "Epochs", "Best test MSE", "in epoch"), *rows])
    if arguments.figure:
        try:
            save_sweep(runs, arguments.figure)
        except ValueError as error:
            raise CommandError(ExitCode.USAGE, str(error)) from error
        print(f"The picture is in “{arguments.figure}”.")
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


_CAUSES = {"patience": "no epoch was clearly better for long", "finish": "asked to finish"}


def _result(summary: RunSummary) -> tuple[str, str, str, str]:
    """Return the state, epochs done of those planned, the best test MSE and its epoch."""
    state = "finished" if summary.is_finished else "stopped"
    state = "running" if summary.is_running else state
    done = f"{summary.epochs_done}/{summary.epochs_planned}"
    if summary.best_mse is None:
        return state, done, "–", "–"
    return state, done, f"{summary.best_mse:.5f}", f"{summary.best_epoch}"


def _effort(summary: RunSummary) -> list[tuple[str, str]]:
    """Return what the training took, as far as that is known."""
    speed = f"{summary.images_per_s:,.0f} images/s" if summary.images_per_s else ""
    how = " on ".join(filter(None, (speed, summary.device)))
    time = time_text(summary.seconds) if summary.seconds else ""
    return [pair for pair in (("Time of its epochs", time), ("Trained at", how)) if pair[1]]


def _labels(run: Run) -> list[tuple[str, str]]:
    """Return what a person called it; each further line of the notes is a row without a title."""
    name, notes, tags = run.labels
    lines = [("" if number else "Notes", line) for number, line in enumerate(notes.splitlines())]
    return [
        *([("Name", name)] if name else []),
        *([("Tags", ", ".join(tags))] if tags else []),
        *lines,
    ]


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
