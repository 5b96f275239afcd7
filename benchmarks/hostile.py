"""What files that were damaged, or made to do harm, do to the application: nothing.

Makes thousands of pictures, model files, runs and session files, each wrong in its own way, and
lets the application's readers open them, one after the other, in a child process. Each must end in
a result or in a sentence. A child that dies or doesn't answer is counted, its file is kept, and
the next file goes to a new child.

The child has a limit on the memory that it makes itself (``RLIMIT_DATA``) of 2 GiB. A limit on its
addresses (``RLIMIT_AS``) would count what torch and OpenCV only reserve or map, gigabytes that
are never touched. What the readers can't get then, they must say in a sentence as well
(outcome "out of memory"). ``peak_mb`` is the child's highest resident memory by the system's own
account, libraries and mapped files too.

The last line is JSON: ``files``; ``outcomes`` (how many of each kind of file ended how);
``crashes`` (the child died, or an exception that no reader announces came out of it), ``hangs``
and ``code_executed``, which should be 0; ``slowest_s`` with the ``slowest`` file, and ``peak_mb``.
Seconds are those that the child computed, which other work on the machine changes little. Each
kind of file has its share of the minutes, also alone; ``cut_short`` names those that needed more.
A file on which the child computes longer than ``--limit-s`` is a hang: two readers open a picture,
and each may take 15 s.

    python benchmarks/hostile.py [--count 3000] [--minutes 40] [--seed 0] [--limit-s 45]
        [--only KIND]

With ``--keep`` the files that did harm are kept in another folder than the temporary one.

Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.budget import Budget
from benchmarks.hostile_damage import Maker, Trick
from benchmarks.hostile_pictures import FolderFiles, PictureFiles, ShelfFiles
from benchmarks.machine import machine

STARTING_S = 300.0
PATIENCE = 10
"""A child that waits for something is given so many times the seconds that one may compute."""
MOST_KEPT = 300_000_000
CHILD = Path(__file__).with_name("hostile_child.py")


def _models(name: str) -> Callable[[Path, Path], Maker]:
    """Return what makes files with torch, which takes a while to import."""

    def make(folder: Path, trace: Path) -> Maker:
        from benchmarks import hostile_models

        maker: Maker = getattr(hostile_models, name)(folder, trace)
        return maker

    return make


# Of a hundred files, and of the time, so much: there are more kinds of pictures, and models and
# runs are larger.
MAKERS: dict[str, tuple[int, Callable[[Path, Path], Maker]]] = {
    "picture": (56, PictureFiles),
    "shelf": (5, ShelfFiles),
    "folder": (5, FolderFiles),
    "model": (15, _models("ModelFiles")),
    "run": (12, _models("RunFiles")),
    "session": (7, _models("SessionFiles")),
}


class Child:
    """The process that opens the files; a new one is started where the last one is gone."""

    def __init__(self, folder: Path, trap: Path) -> None:
        # A program that a picture may want to start is a trap too.
        path = f"{trap}{os.pathsep}{os.environ.get('PATH', '')}"
        homes = {f"CAE_STUDIO_{kind}": str(folder / kind.lower()) for kind in ("DATA", "CACHE")}
        self._environment = os.environ | homes | {"PATH": path, "OMP_NUM_THREADS": "1"}
        self._answers: queue.Queue[str] = queue.Queue()
        self._process: subprocess.Popen[str] | None = None

    def ask(self, kind: str, path: Path, limit_s: float) -> dict[str, Any]:
        """Let it open a file; the answer has an ``outcome``, "crash" and "hang" among them."""
        process = self._process or self._start()
        assert process.stdin
        process.stdin.write(json.dumps([kind, os.fsencode(path).hex()]) + "\n")
        process.stdin.flush()
        return self._answer(limit_s)

    def _start(self) -> subprocess.Popen[str]:
        self._answers = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
        )
        threading.Thread(target=self._listen, args=(self._process, self._answers)).start()
        if self._answer(STARTING_S)["outcome"] != "ready":
            raise SystemExit("The child process doesn't start.")
        return self._process

    @staticmethod
    def _listen(process: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
        assert process.stdout
        for line in process.stdout:
            answers.put(line)
        answers.put("")

    def _answer(self, limit_s: float) -> dict[str, Any]:
        assert self._process
        start, before = time.monotonic(), cpu_s(self._process.pid)
        line = None
        while line is None:
            with suppress(queue.Empty):
                line = self._answers.get(timeout=0.5)
                break
            seconds = cpu_s(self._process.pid) - before
            if max(seconds, (time.monotonic() - start) / PATIENCE) > limit_s:
                self.end()
                return {"outcome": "hang", "seconds": seconds}
        if line:
            return dict(json.loads(line))
        self.end()
        return {"outcome": "crash", "seconds": 0.0, "text": "it died"}

    def end(self) -> None:
        """End the process, if there is one."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


def cpu_s(pid: int) -> float:
    """Return the seconds that a process has computed; 0 when it is gone."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Tally:
    """What came of the files so far."""

    keep: Path
    counts: Counter[str] = field(default_factory=Counter)
    code_executed: int = 0
    slowest_s: float = 0.0
    slowest: str = ""
    cut_short: list[str] = field(default_factory=list)
    peak_mb: float = 0.0

    def note(self, kind: str, what: str, path: Path, answer: dict[str, Any]) -> None:
        """Count an answer, and keep the file where it was a wrong one."""
        outcome = answer["outcome"]
        self.counts[f"{kind}: {outcome}"] += 1
        self.peak_mb = max(self.peak_mb, answer.get("peak_mb", 0.0))
        if answer["seconds"] > self.slowest_s:
            self.slowest_s, self.slowest = answer["seconds"], f"{kind}, {what}"
        if outcome in ("crash", "hang", "out of memory"):
            kept = self._kept(path, f"{kind}-{self.counts.total()}")
            print(
                f"{outcome}: {kind}, {what}, kept as {kept}: {answer.get('text', '')}", flush=True
            )

    def _kept(self, path: Path, name: str) -> Path:
        self.keep.mkdir(parents=True, exist_ok=True)
        kept = self.keep / name
        if path.is_dir():
            shutil.copytree(path, kept, symlinks=True, ignore=_unusual, dirs_exist_ok=True)
        elif path.is_file() and not path.is_symlink() and path.stat().st_size < MOST_KEPT:
            shutil.copy(path, kept)
        return kept

    def result(self) -> dict[str, object]:
        """Return what the last line says."""
        ends = {end: self._ended(end) for end in ("crash", "hang")}
        return {
            "files": self.counts.total(),
            "cut_short": self.cut_short,
            "outcomes": dict(sorted(self.counts.items())),
            "crashes": ends["crash"],
            "hangs": ends["hang"],
            "code_executed": self.code_executed,
            "slowest_s": round(self.slowest_s, 2),
            "slowest": self.slowest,
            "peak_mb": round(self.peak_mb),
        }

    def _ended(self, outcome: str) -> int:
        return sum(count for key, count in self.counts.items() if key.endswith(f": {outcome}"))


def _unusual(folder: str, names: list[str]) -> list[str]:
    paths = {name: Path(folder, name) for name in names}
    return [name for name, path in paths.items() if not (path.is_file() or path.is_dir())]


def set_trap(folder: Path, trace: Path) -> None:
    """Make programs that pictures ask for, which leave a trace."""
    folder.mkdir()
    for name in ("gs", "gswin32c", "gswin64c", "djpeg", "ppmquant"):
        program = folder / name
        program.write_text(f"#!/bin/sh\ntouch '{trace}'\n")
        program.chmod(0o755)


def main() -> None:
    """Make the files one by one and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--minutes", type=float, default=40, help="at most (40)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit-s", type=float, default=45)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "hostile-files")
    parser.add_argument("--only", choices=MAKERS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trace, trap = folder / "it ran", folder / "programs"
        set_trap(trap, trace)
        tally = Tally(options.keep)
        child = Child(folder, trap)
        try:
            try_all(folder, trace, child, tally, options)
        except KeyboardInterrupt:
            pass  # what came of the files until now is worth printing
        finally:
            child.end()
    print(json.dumps(machine() | tally.result()))


def try_all(
    folder: Path, trace: Path, child: Child, tally: Tally, options: argparse.Namespace
) -> None:
    """Let the child open so many files, first those of every known trick, then random damage.

    A kind of file whose time is over leaves the rest of its files out.
    """
    for number, (kind, (share, make_maker)) in enumerate(MAKERS.items()):
        if options.only not in (None, kind):
            continue
        maker = make_maker(folder / kind, trace)
        count = max(len(maker.tricks), options.count * share // 100)
        budget = Budget(60 * options.minutes * share / 100)
        for index in range(count):
            if budget.is_over:
                tally.cut_short.append(kind)
                break
            # Each file has a seed of its own: whatever came before it, it is the same.
            dice = random.Random(f"{options.seed} {number} {index}")
            place = folder / "case"
            place.mkdir()
            make: Trick = maker.tricks[index] if index < len(maker.tricks) else maker.damaged
            what, path = make(place, dice)
            tally.note(kind, what, path, child.ask(kind, path, options.limit_s))
            if trace.exists():
                tally.code_executed += 1
                trace.unlink()
                print(f"code was run by: {kind}, {what}", flush=True)
            shutil.rmtree(place)


if __name__ == "__main__":
    main()
