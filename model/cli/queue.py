"""``queue``: list, train, move and remove the trainings that wait in the queue."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from model.cli.arguments import CommandError, Commands, ExitCode, command
from model.cli.runs import print_table
from model.cli.terminal import Console, progress_text
from model.cli.train import TrainingLog, stop_signals
from model.runs.command import program
from model.runs.queue import Claim, QueueContent, QueueEntry, TrainingQueue
from model.runs.wording import summary

_FROM_THE_LIST = "its number in the list"


def add_to(commands: Commands[Any]) -> None:
    """Declare the command and its own commands; alone it lists the queue."""
    parser = command(commands, "queue", run_list, "list or train the trainings that wait")
    own = parser.add_subparsers(title="commands", metavar="COMMAND")
    command(own, "list", run_list, "list the trainings that wait, the next one first")
    train = command(own, "run", run_queue, "train what waits, one after the other")
    train.add_argument("--runs-folder", type=Path, metavar="FOLDER", help="where runs are kept")
    retry = command(own, "retry", run_retry, "let a training that failed be tried again")
    remove = command(own, "remove", run_remove, "take trainings out of the queue")
    for parser in (retry, remove):
        parser.add_argument("numbers", metavar="N", nargs="+", type=int, help=_FROM_THE_LIST)
    move = command(own, "move", run_move, "put a training in another place of the queue")
    move.add_argument("number", metavar="N", type=int, help=_FROM_THE_LIST)
    move.add_argument("to", metavar="TO", type=int, help="the number that it gets")


def run_list(_arguments: Namespace) -> int:
    """Print a table of what waits."""
    found = _read()
    if not found.entries:
        print("Nothing waits in the queue.")
        return ExitCode.DONE
    rows = [
        (str(number), entry.labels.name or "–", entry.faces, summary(entry.config), _state(entry))
        for number, entry in enumerate(found.entries, 1)
    ]
    print_table([("No.", "Name", "Faces", "Settings", "State"), *rows])
    return ExitCode.DONE


def run_queue(arguments: Namespace) -> int:
    """Train what waits; after Ctrl+C or SIGTERM finish the step and keep run and queue.

    A training that fails is told and kept in the queue, and the next one goes on.
    """
    queue, console = TrainingQueue(), Console()
    failed = done = 0
    with stop_signals() as stop:
        while not stop and (claim := queue.take()):
            try:
                done += _train(claim, arguments.runs_folder, console, stop)
            except Exception as error:  # whatever it was, the others don't suffer for it
                failed += 1
                if arguments.debug:
                    raise
                console.status("")
                print(claim.entry.problem or str(error), file=sys.stderr)
    if stop:
        console.line(f"Stopped; what waits is kept. To go on: {' '.join(program())} queue run")
        return 128 + stop[0]
    console.line(f"{_count(done)} done, {failed} failed. Nothing else waits in the queue.")
    return ExitCode.TRAINING if failed else ExitCode.DONE


def _train(claim: Claim, runs_folder: Path | None, console: Console, stop: list[int]) -> int:
    """Train one entry; return 1 where it came to its end."""
    from model.data.datasets import Prepared
    from model.progress import WorkProgress
    from model.training.queued import QueuedRun, train_entry

    log: TrainingLog | None = None
    if claim.entry.labels.name:
        console.line(f"“{claim.entry.labels.name}”")
    with closing(train_entry(claim, runs_folder)) as events:
        for event in events:
            match event:
                case WorkProgress():
                    console.status(progress_text(event.text, event.done, event.total))
                case Prepared():
                    console.status("")
                    for sentence in event.skipped:
                        console.line(sentence)
                case QueuedRun():
                    log = TrainingLog(console, event.run)
                case _:
                    assert log is not None  # the run came first
                    log.show(event)
            if stop:
                break
        else:
            return 1
    console.status("")
    return 0


def run_retry(arguments: Namespace) -> int:
    """Forget why trainings failed, so that the next “queue run” takes them."""
    entries = _read().entries
    chosen = {_chosen(entries, number).key for number in arguments.numbers}
    after = [replace(one, problem="") if one.key in chosen else one for one in entries]
    TrainingQueue().change(entries, after)
    print(f"{_count(len(chosen))} to be tried again.")
    return ExitCode.DONE


def run_remove(arguments: Namespace) -> int:
    """Take trainings out of the queue, but none that is under way; their runs stay."""
    entries = _read().entries
    chosen = {_chosen(entries, number).key for number in arguments.numbers}
    for number, entry in enumerate(entries, 1):
        if entry.key in chosen and entry.is_training:
            message = f"Number {number} is being trained now; stop that first."
            raise CommandError(ExitCode.FILE, message)
    TrainingQueue().change(entries, [one for one in entries if one.key not in chosen])
    print(f"{_count(len(chosen))} removed.")
    return ExitCode.DONE


def run_move(arguments: Namespace) -> int:
    """Put a training in another place."""
    entries = _read().entries
    entry = _chosen(entries, arguments.number)
    _chosen(entries, arguments.to)
    others = [one for one in entries if one is not entry]
    place = arguments.to - 1
    TrainingQueue().change(entries, [*others[:place], entry, *others[place:]])
    return run_list(arguments)


def _read() -> QueueContent:
    found = TrainingQueue().read()
    if found.damaged:
        text = f"{_count(found.damaged)} of the queue can't be read and left out."
        print(text, file=sys.stderr)
    return found


def _chosen(entries: tuple[QueueEntry, ...], number: int) -> QueueEntry:
    if not 1 <= number <= len(entries):
        found = f"numbers 1 to {len(entries)}" if entries else "nothing"
        message = f"There is no number {number} in the queue: it has {found}."
        raise CommandError(ExitCode.USAGE, message)
    return entries[number - 1]


def _state(entry: QueueEntry) -> str:
    if entry.is_training:
        return "training"
    if entry.problem:
        return f"failed: {entry.problem}"
    return "waits" if entry.run is None else f"begun in “{entry.run.name}”"


def _count(number: int) -> str:
    return "1 training is" if number == 1 else f"{number} trainings are"
