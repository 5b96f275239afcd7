"""What more pictures cost: time that grows with their number, memory that doesn't.

For each size: makes so many different small JPEG files, prepares them by ``model.data.datasets``,
prepares them again and kills that process half-way, goes on from there, and trains for one epoch
with the default configuration. Every step is a process of its own, whose resident memory is
measured with that of all below it. The last line is JSON, for each size:

``prepare_s``, ``resumed_s`` (what was left after the kill), ``epoch_s``, ``images_per_s``;
``rss_mb`` (the highest of all steps), ``prepare_rss_mb``, ``train_rss_mb`` and, of that,
``train_anon_mb`` (memory of its own) and ``train_file_mb`` (files mapped, libraries too);
``cpu_s`` (what the three steps computed, imports too: other work on the machine changes it less);
and ``ratios`` of the largest to the smallest size, where ``images`` is what linear growth means.

    python benchmarks/scale.py [--sizes 10000 30000 100000] [--minutes 60] [--epoch-images N]
        [--folder F]

An epoch is broken off after ``--epoch-images``, or five minutes (``epoch_share`` tells which part
it was), and ``epoch_s`` is what the whole would have taken. A size isn't begun that would take
longer than the minutes that are left, as the one before it did, and a step that takes longer than
those ends everything; ``cut_short`` names the sizes without figures, and is empty otherwise. Linux
only.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.budget import Budget
from benchmarks.machine import machine
from benchmarks.memory import TreePeak

PER_FOLDER = 1000
LONGEST_EPOCH_S = 300
STEP_KEYS = ("rss_mb", "anon_mb", "file_mb")


def make_pictures(folder: Path, count: int) -> None:
    """Write pictures of random patches, a thousand a folder; those that are there stay."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(mp_context=context) as pool:
        list(pool.map(partial(make_folder, folder, count), range(0, count, PER_FOLDER)))


def make_folder(folder: Path, count: int, start: int) -> None:
    """Write the pictures from ``start`` on into a folder of their own."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(start)
    place = folder / f"{start // PER_FOLDER:04}"
    place.mkdir(parents=True, exist_ok=True)
    for number in range(start, min(start + PER_FOLDER, count)):
        patches = random.integers(0, 256, (8, 8, 3), np.uint8)
        picture = Image.fromarray(patches).resize((64, 64), Image.Resampling.BICUBIC)
        picture.save(place / f"{number:07}.jpg")


def prepare(folder: str, cache: str) -> None:
    """The process that prepares; says how far it is, and the seconds at last."""
    from model.data.datasets import prepare as events
    from model.progress import WorkProgress

    start = time.perf_counter()
    for event in events(folder, cache_folder=Path(cache)):
        if isinstance(event, WorkProgress) and event.total:  # not while it only looks for them
            say(done=event.done)
    say(seconds=time.perf_counter() - start, cpu_s=cpu_seconds())


def train_epoch(folder: str, cache: str, most: str) -> None:
    """The process that trains on prepared faces; says seconds and share of one epoch at last."""
    from model.config import TrainConfig
    from model.data.datasets import load_faces
    from model.events import EpochDone, Progress
    from model.training.training import train

    faces = load_faces(folder, cache_folder=Path(cache))
    share, seconds = 1.0, 0.0
    config = TrainConfig(epochs=1)
    limit, budget = int(most) / config.batch_size, Budget(LONGEST_EPOCH_S)
    for event in train(config, faces):
        if isinstance(event, EpochDone):
            seconds = event.seconds
        elif isinstance(event, Progress) and event.step < event.steps:
            if limit > event.step and not budget.is_over:
                continue
            share = event.step / event.steps
            seconds = event.step * config.batch_size / event.images_per_s
            break
    say(seconds=seconds / share, share=share, images=len(faces.images), cpu_s=cpu_seconds())


def cpu_seconds() -> float:
    """Return what this process and the children that it waited for have computed so far."""
    return sum(os.times()[:4])


def say(**facts: float) -> None:
    """Tell the process that waits for this one."""
    print(json.dumps(facts), flush=True)


class TooSlowError(RuntimeError):
    """A step took longer than it may."""


def run_step(
    task: str, *arguments: object, budget: Budget, kill_at: float = float("inf")
) -> dict[str, Any]:
    """Run a step in a process of its own; return what it said last, and its memory.

    It is killed when it has done ``kill_at`` pictures.

    Raises:
        TooSlowError: it was killed because the time was over.
    """
    command = [sys.executable, __file__, "--task", task, *map(str, arguments)]
    facts: dict[str, Any] = {}
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
        TreePeak(process.pid) as peak,
        closing(Alarm(budget.left_s, process.kill)) as alarm,
    ):
        for line in process.stdout or ():
            facts = json.loads(line)
            if facts.get("done", 0) >= kill_at:
                process.kill()
                break
    if alarm.rang:
        raise TooSlowError
    if process.returncode and kill_at == float("inf"):
        sys.exit(f"{task} ended with exit code {process.returncode}")
    memory = (peak.mb, peak.anon_mb, peak.file_mb)
    return facts | dict(zip(STEP_KEYS, map(round, memory), strict=True))


class Alarm:
    """Does something after so many seconds, unless it is closed before."""

    def __init__(self, seconds: float, act: Callable[[], None]) -> None:
        self.rang = False
        self._act = act
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.start()

    def _ring(self) -> None:
        self.rang = True
        self._act()

    def close(self) -> None:
        """Cancel it."""
        self._timer.cancel()


def measure(folder: Path, count: int, epoch_images: int, budget: Budget) -> dict[str, Any]:
    """Measure one size in an empty folder, and leave it empty.

    Raises:
        TooSlowError: the time was over before that.
    """
    pictures, cache = folder / "pictures", folder / "cache"
    make_pictures(pictures, count)
    os.sync()
    prepared = run_step("prepare", pictures, cache, budget=budget)
    shutil.rmtree(cache)
    killed = run_step("prepare", pictures, cache, budget=budget, kill_at=count / 2)
    resumed = run_step("prepare", pictures, cache, budget=budget)
    trained = run_step("train", pictures, cache, epoch_images or sys.maxsize, budget=budget)
    shutil.rmtree(pictures)
    shutil.rmtree(cache)
    return {
        "prepare_s": round(prepared["seconds"], 1),
        "killed_after_share": round(killed["done"] / count, 3),
        "resumed_s": round(resumed["seconds"], 1),
        "epoch_s": round(trained["seconds"], 1),
        "cpu_s": [round(step["cpu_s"], 1) for step in (prepared, resumed, trained)],
        "epoch_share": round(trained["share"], 3),
        "images_per_s": round(0.8 * trained["images"] / trained["seconds"], 1),
        "rss_mb": max(step["rss_mb"] for step in (prepared, resumed, trained)),
        "prepare_rss_mb": max(prepared["rss_mb"], resumed["rss_mb"]),
        "train_rss_mb": trained["rss_mb"],
        "train_anon_mb": trained["anon_mb"],
        "train_file_mb": trained["file_mb"],
    }


def main() -> None:
    """Measure each size and print the results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    parser.add_argument("--epoch-images", type=int, default=0, help="0 for the whole epoch")
    parser.add_argument("--minutes", type=float, default=60, help="at most, for all (60)")
    parser.add_argument("--folder", type=Path, help="where the pictures and caches are made")
    parser.add_argument("--task", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        name, *arguments = options.task
        {"prepare": prepare, "train": train_epoch}[name](*arguments)
        return
    sizes = measured_sizes(options)
    cut_short = sorted(set(options.sizes) - sizes.keys())
    result = machine() | {"cut_short": cut_short, "sizes": sizes, "ratios": ratios(sizes)}
    print(json.dumps(result))


def measured_sizes(options: argparse.Namespace) -> dict[int, dict[str, Any]]:
    """Return what was measured at each size for which there was time."""
    sizes: dict[int, dict[str, Any]] = {}
    budget, per_image_s = Budget(60 * options.minutes), 0.0
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, suppress(TooSlowError):
        for count in sorted(options.sizes):
            if per_image_s * count > budget.left_s:
                break
            start = time.monotonic()
            sizes[count] = measure(Path(folder), count, options.epoch_images, budget)
            per_image_s = (time.monotonic() - start) / count
            print(count, sizes[count], flush=True)
    return sizes


def ratios(sizes: dict[int, dict[str, Any]]) -> dict[str, float]:
    """Return how much more the largest size takes than the smallest; empty without any."""
    if not sizes:
        return {}
    first, last = min(sizes), max(sizes)
    names = ("prepare_s", "resumed_s", "epoch_s", "rss_mb", "prepare_rss_mb", "train_rss_mb")
    found = {name: round(sizes[last][name] / sizes[first][name], 2) for name in names}
    return {"images": last / first} | found


if __name__ == "__main__":
    main()
