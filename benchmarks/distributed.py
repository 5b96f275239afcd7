"""Several processes that share each batch, against one process at the same batch size.

Both train the same network on LFW, or on the demo faces where LFW isn't found, with shared batch
norm and in the same precision. The several are started by torchrun, on this machine, each on one
core, and none trains for longer than the minutes. The last line is JSON: both curves (training and
test MSE of each epoch), the largest relative difference of each kind, and the commands;
``cut_short`` names the curves that have fewer epochs than asked for, and the differences are then
of those that both have, or null where there is none.

    python benchmarks/distributed.py [--processes 2] [--epochs 2] [--batch-size 64]
        [--precision float32] [--separate-norms] [--faces lfw] [--minutes 10]
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import machine
from model.config import TrainConfig
from model.data.datasets import DataError, FaceSet, Prepared, prepare
from model.events import EpochDone
from model.runs.runs import Run

Curve = list[tuple[float, float]]


def open_faces(source: str) -> FaceSet:
    """Return prepared faces.

    Raises:
        DataError: they aren't on this machine.
    """
    return next(event.faces for event in prepare(source) if isinstance(event, Prepared))


def found_source() -> str:
    """Return lfw where it is on this machine, or else demo."""
    try:
        open_faces("lfw")
    except DataError:
        return "demo"
    return "lfw"


def work(folder: Path, precision: str) -> None:
    """Train the run, as one of the processes or alone."""
    from model.training.arithmetic import Arithmetic
    from model.training.training import train

    run = Run.open(folder)
    faces = open_faces(run.source)
    arithmetic = Arithmetic(precision, "polar", "any processor")
    with mock.patch("model.training.training.use_threads"):  # one core for each process
        for event in train(run.config, faces, run=run, arithmetic=arithmetic):
            if isinstance(event, EpochDone) and os.environ.get("RANK", "0") == "0":
                print(
                    f"epoch {event.epoch}: {event.train_mse:.6f} {event.test_mse:.6f}", flush=True
                )


def command(processes: int, folder: Path, precision: str) -> list[str]:
    """Return the command that trains a run in so many processes."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    worker = [str(Path(__file__)), "--work", str(folder), "--precision", precision]
    return [sys.executable, *(launcher if processes > 1 else []), *worker]


def curve(run: Run) -> Curve:
    """Return the training and test MSE of each epoch."""
    return [(row.train_mse, row.test_mse) for row in run.rows()]


def largest_difference(one: Curve, other: Curve, kind: int) -> float | None:
    """Return the largest relative difference of two curves' training (0) or test (1) errors.

    It is that of the epochs that both have, or None without any.
    """
    pairs = zip(one, other, strict=False)
    return max((abs(b[kind] / a[kind] - 1) for a, b in pairs), default=None)


def run_for(command: list[str], seconds: float) -> None:
    """Run a command on one core for each process, and end all its processes after a time.

    Raises:
        CalledProcessError: it failed by itself.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=environment) as process:
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.terminate()  # torchrun ends its processes, those that don't listen after 30 s
            return
    if code:
        raise subprocess.CalledProcessError(code, command)


def compare(options: argparse.Namespace, parent: Path) -> dict[str, object]:
    """Train both ways and return the result."""
    source = options.faces or found_source()
    config = TrainConfig(
        epochs=options.epochs,
        batch_size=options.batch_size,
        sync_batch_norm=not options.separate_norms,
    )
    curves, commands = [], []
    for processes in (1, options.processes):
        run = Run.create(config, source, parent, source=source)
        commands.append(command(processes, run.folder, options.precision))
        print(f"{processes} process(es) on {source}", flush=True)
        run_for(commands[-1], 60 * options.minutes)
        curves.append(curve(run))
    names = ("curve_of_one", "curve_of_several")
    return machine() | {
        "faces": source,
        "batch_size": options.batch_size,
        "processes": options.processes,
        "precision": options.precision,
        "sync_batch_norm": config.sync_batch_norm,
        **dict(zip(names, curves, strict=True)),
        "cut_short": [
            name for name, found in zip(names, curves, strict=True) if len(found) < options.epochs
        ],
        "largest_train_difference": largest_difference(*curves, 0),
        "largest_test_difference": largest_difference(*curves, 1),
        "commands": [shlex.join(words) for words in commands],
    }


def main() -> None:
    """Compare and print, or work for another who compares."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--separate-norms", action="store_true", help="batch norm for each part")
    parser.add_argument("--faces", help="lfw, demo or a folder (default: lfw if it is there)")
    parser.add_argument("--minutes", type=float, default=10, help="at most, for each curve (10)")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, options.precision)
        return
    with tempfile.TemporaryDirectory() as parent:
        print(json.dumps(compare(options, Path(parent))))


if __name__ == "__main__":
    main()
