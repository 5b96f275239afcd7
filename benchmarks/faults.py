"""What a training survives: kills, full disks, lost folders, NaN, exhausted memory, two writers.

Kills a training with SIGKILL at random moments, again and again; after each kill every file of
the run, its previews too, must be whole, the run must open, and the next process must go on from
the last save. The kills end after so many minutes. Then one fault of each other kind, for two
minutes at most. The last line is JSON: ``kills``, ``lost_runs``, ``corrupt_files`` and ``crashes``
(the last three should be 0), and the outcome of every other fault in a sentence; ``cut_short``
says that the minutes ended the kills, and such a sentence that its two minutes were over.

    python benchmarks/faults.py [--kills 200] [--minutes 15] [--seed 0]

POSIX only. The full disk and the read-only folder need the right to mount a tmpfs (root on
Linux); without it they are reported as not tried.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from unittest import mock

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.budget import Budget
from benchmarks.machine import machine
from model.checkpoint import load_face_model
from model.config import TrainConfig
from model.data.datasets import FaceSet
from model.events import EpochDone, Event, Finished, Notice
from model.runs.runs import Run
from model.training.trainer import Trainer
from model.training.training import train

FIRST_EPOCH_S = 300
"""Longest wait for a child's first epoch; one that takes longer counts as a crash."""
FAULT_S = 120
CONFIG = TrainConfig(epochs=10_000, batch_size=8, latent_dim=16)
FORKED = multiprocessing.get_context("fork")  # a child that starts at once: torch is loaded here


def faces() -> FaceSet:
    """Return a few patches of colour."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 4, 4, 3), dtype=np.uint8)
    return FaceSet("Patches", pixels.repeat(12, axis=1).repeat(12, axis=2))


def train_until_killed(folder: Path, reports: Connection) -> None:
    """Go on with the run in a process of its own, sending (epoch, step) of every report."""
    torch.set_num_threads(1)
    run = Run.open(folder)
    with (
        mock.patch("model.training.training.use_threads"),
        mock.patch("model.training.training.REPORT_EVERY_S", 0),
    ):
        for event in train(run.config, faces(), run=run):
            if isinstance(event, EpochDone):
                reports.send(event.epoch)


def first_epoch(reports: Connection) -> int:
    """Return the epoch that a child reports first, which is done and saved then.

    Raises:
        EOFError: the child ended, or needs too long.
    """
    if not reports.poll(FIRST_EPOCH_S):
        raise EOFError
    return int(reports.recv())


def kill_again_and_again(parent: Path, kills: int, seed: int, seconds: float) -> dict[str, int]:
    """Return the counts of kills, lost runs, corrupt files and crashes."""
    chance, budget = random.Random(seed), Budget(seconds)
    run = Run.create(CONFIG, faces().title, parent)
    counts = {"kills": 0, "lost_runs": 0, "corrupt_files": 0, "crashes": 0}
    saved_epoch = 0
    while counts["kills"] < kills and not budget.is_over:
        reports, child_end = FORKED.Pipe(duplex=False)
        child = FORKED.Process(target=train_until_killed, args=(run.folder, child_end))
        child.start()
        child_end.close()
        try:
            first = first_epoch(reports)
            time.sleep(chance.uniform(0, 0.4))
        except EOFError:
            counts["crashes"] += 1
            first = saved_epoch
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        counts["kills"] += 1
        # What was saved before this start must not have been done again from the beginning.
        counts["lost_runs"] += first <= saved_epoch - 1
        counts["corrupt_files"] += corrupt_files(run.folder)
        saved_epoch = saved(run.folder)
    return counts


def saved(folder: Path) -> int:
    """Return the epoch of the saved state, or -1 where the run can't be opened."""
    try:
        state = Run.open(folder).state()
    except ValueError:
        return -1
    return int(state["epoch"]) if state else 0


def corrupt_files(folder: Path) -> int:
    """Return how many files of the run can't be read."""
    checks: dict[str, Callable[[Path], object]] = {
        "run.json": lambda path: Run.open(path.parent),
        "state.pt": lambda path: Run.open(path.parent).state(),
        "best.safetensors": load_face_model,
    }
    broken = 0
    for name, check in checks.items():
        try:
            check(folder / name)
        except (ValueError, OSError):
            broken += 1
    run = Run.open(folder)
    epochs = [row.epoch for row in run.rows()]
    broken += epochs != list(range(1, len(epochs) + 1))
    broken += run.originals() is None
    return broken + sum(run.preview(epoch) is None for epoch in run.preview_epochs())


def outcome(events: Iterator[Event], until: Callable[[Event], bool]) -> str:
    """Iterate until something happens, or two minutes; return what was said, or the exception."""
    said, budget = [], Budget(FAULT_S)
    try:
        for event in events:
            if isinstance(event, Notice):
                said.append(event.text)
            if until(event):
                break
            if budget.is_over:
                said.append(f"cut short after {FAULT_S} s")
                break
        events.close()  # type: ignore[attr-defined]
    except (OSError, RuntimeError, ValueError) as error:
        said.append(f"{type(error).__name__}: {error}")
    return " | ".join(said) or "nothing was said"


def after(epochs: int) -> Callable[[Event], bool]:
    """Return a test for the end of an epoch."""
    return lambda event: isinstance(event, EpochDone) and event.epoch >= epochs


@contextmanager
def tmpfs(size: str) -> Iterator[Path | None]:
    """Mount a small file system, or give None where that isn't allowed."""
    folder = Path(tempfile.mkdtemp())
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = shutil.which("mount") and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


def full_disk() -> str:
    """Fill the disk in the middle of a training; the last whole save must stay."""
    with tmpfs("48m") as folder:
        if folder is None:
            return "not tried: no right to mount"
        run = Run.create(CONFIG, "Patches", folder)
        filler = folder / "filler"

        def fill(event: Event) -> bool:
            if isinstance(event, EpochDone) and event.epoch == 2:
                free = shutil.disk_usage(folder).free
                filler.write_bytes(b"0" * max(0, free - 4096))
            return after(4)(event)

        said = outcome(train(CONFIG, faces(), run=run), fill)
        whole = saved(run.folder) == 2 and not corrupt_files(run.folder)
        filler.unlink()
        again = outcome(train(CONFIG, faces(), run=run), after(5))
        return f"{said} | save of epoch 2 whole: {whole} | resumed after freeing: {again}"


def read_only_folder() -> str:
    """Make the folder read-only in the middle of a training."""
    with tmpfs("48m") as folder:
        if folder is None:
            return "not tried: no right to mount"
        run = Run.create(CONFIG, "Patches", folder)

        def protect(event: Event) -> bool:
            if isinstance(event, EpochDone) and event.epoch == 1:
                subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
            return after(2)(event)

        said = outcome(train(CONFIG, faces(), run=run), protect)
        return f"{said} | save of epoch 1 whole: {saved(run.folder) == 1}"


def folder_removed(parent: Path) -> str:
    """Remove the folder in the middle of a training, which must reach its end all the same."""
    config = TrainConfig(epochs=3, batch_size=8, latent_dim=16)
    run = Run.create(config, "Patches", parent)
    finished = []

    def remove(event: Event) -> bool:
        if isinstance(event, EpochDone) and event.epoch == 1:
            shutil.rmtree(run.folder)
        finished.extend([event] if isinstance(event, Finished) else [])
        return False

    said = outcome(train(config, faces(), run=run), remove)
    return f"{said} | the trained model reached the window: {bool(finished)}"


def second_writer(parent: Path) -> str:
    """Train a run that another process trains, then once more after that one was killed."""
    run = Run.create(CONFIG, faces().title, parent)
    reports, child_end = FORKED.Pipe(duplex=False)
    child = FORKED.Process(target=train_until_killed, args=(run.folder, child_end))
    child.start()
    child_end.close()
    try:
        first = first_epoch(reports)
        refused = outcome(train(CONFIG, faces(), run=run), after(1))
    except EOFError:
        return f"cut short: the first had no epoch within {FIRST_EPOCH_S} s"
    finally:
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
    again = outcome(train(CONFIG, faces(), run=run), after(first + 1))
    return (
        f"{refused} | after the first was killed: {again} | whole: {not corrupt_files(run.folder)}"
    )


def nan_loss(parent: Path, good_epochs: int) -> str:
    """Let the images become NaN after some good epochs."""
    run = Run.create(CONFIG, "Patches", parent)
    learn = Trainer.learn

    def poisoned(trainer: Trainer, images: torch.Tensor) -> None:
        learn(trainer, images * float("nan") if trainer.epoch == good_epochs else images)

    with mock.patch.object(Trainer, "learn", poisoned):
        said = outcome(train(CONFIG, faces(), run=run), after(4))
    if not good_epochs:
        return f"{said} | kept: {sorted(path.name for path in run.folder.iterdir())}"
    healthy = torch.isfinite(load_face_model(run.best).network.encoder[0][0].weight).all()
    return f"{said} | last good state: epoch {saved(run.folder)}, finite: {bool(healthy)}"


def memory_exhausted() -> str:
    """Let the device refuse batches over two faces."""
    learn = Trainer.learn

    def greedy(trainer: Trainer, images: torch.Tensor) -> None:
        if len(images) > 2:
            raise torch.OutOfMemoryError("out of memory")
        learn(trainer, images)

    with mock.patch.object(Trainer, "learn", greedy):
        return outcome(train(CONFIG, faces()), after(1))


def main() -> None:
    """Try everything and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=15, help="for the kills, at most (15)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)  # OpenMP's threads don't survive a fork, and the child waits for them
    with tempfile.TemporaryDirectory() as name:
        parent = Path(name)
        # First, while this process has no threads of its own that a fork would lose.
        counts = kill_again_and_again(parent, options.kills, options.seed, 60 * options.minutes)
        result: dict[str, object] = machine() | counts
        result["cut_short"] = counts["kills"] < options.kills
        result["second_writer"] = second_writer(parent)
        result["full_disk"] = full_disk()
        result["read_only_folder"] = read_only_folder()
        result["folder_removed"] = folder_removed(parent)
        result["nan_loss"] = nan_loss(parent, 2)
        result["nan_loss_at_once"] = nan_loss(parent, 0)
        result["memory_exhausted"] = memory_exhausted()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
