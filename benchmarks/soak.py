"""A random person drives the real window: exceptions, stalls, and what isn't given back.

    python benchmarks/soak.py [--minutes 5] [--seed 0] [--stacks] [--folder shared]

Actions of every kind come in any order, a second apart or faster: faces, photos good and bad,
models and sessions good and bad, sliders, the box, edits, snapshots, undo, trainings of a tiny
network started, paused and stopped, runs, menus, dialogs, and keys, mouse and drags on any widget
that is in view: maps, key frames, grids and their like. The same seed does the same again. The
window is settled and measured after every fifth of the time; growth is that since the second
fifth, when all has been used once.

Prints one JSON line: ``seed``; ``actions``; ``exceptions`` (should be empty: number and name of
the action, and the last lines of the traceback); ``qt_warnings``; ``stalls`` of the GUI thread over
50 ms: their count and the worst in ms, in how many it computed itself all the time (``busy``; in
the others it waited, for a core or another thread), and ``by_action`` [count, worst ms, of which
it computed]; ``growth`` of memory in MiB and of Python's modules, the threads, open files, windows
and objects of Qt, with the ``grown_kinds`` of these; ``rss_mb`` at each measurement; ``held`` at
the end. ``--stacks`` writes where the GUI thread is in stalls to standard error. Stalls mean
something on an idle machine only. Two that run at once with the same ``--folder`` share data,
caches and settings, as two windows do.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.driver import run_for, use_own_folders, wait_for
from benchmarks.growth import growth, held, kinds
from benchmarks.machine import machine
from benchmarks.soak_material import Material
from benchmarks.soak_person import Person
from benchmarks.stalls import Heartbeat, StallReporter
from cae_gui.app import make_application
from cae_gui.core.errors import Problem, Unexpected, explain
from cae_gui.core.faces import DEMO
from cae_gui.core.log import Log
from cae_gui.main_window import MainWindow

STALL_MS = 50
LONGEST_PAUSE_S = 1.0
PARTS = 5
GROWN_KINDS = 8
LIBRARIES = (
    *("cv2", "matplotlib.backends.backend_pdf", "matplotlib.backends.backend_svg"),
    *("openTSNE", "skimage.metrics", "sklearn.metrics", "torch._dynamo"),
)
"""What some actions import first: much memory, which would look like growth."""
LINES = 6
"""Lines of a traceback that the result keeps; the whole goes to standard error."""


class Records:
    """What went wrong, and during which action."""

    def __init__(self) -> None:
        self.number, self.action = 0, "start"
        self.exceptions: list[dict[str, Any]] = []
        self.stalls: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self.warnings: set[str] = set()

    def note_problem(self, problem: Problem) -> None:
        """Keep an unexpected exception; errors with a sentence of the engine's are no failure."""
        if problem.text.startswith("Something unexpected"):
            sys.stderr.write(f"--- action {self.number}, {self.action}:\n{problem.details}\n")
            lines = problem.details.strip().splitlines()[-LINES:]
            self.exceptions.append({"number": self.number, "action": self.action, "lines": lines})

    def note_beats(self, beats: list[tuple[float, float]]) -> None:
        """Take the beats since the action began."""
        self.stalls[self.action] += [beat for beat in beats if beat[0] > STALL_MS]

    def result(self) -> dict[str, Any]:
        """Return everything for the JSON line."""
        stalls = [stall for each in self.stalls.values() for stall in each]
        by_action = {
            name: [len(each), *map(round, max(each))] for name, each in self.stalls.items() if each
        }
        return {
            "actions": self.number,
            "exceptions": self.exceptions,
            "qt_warnings": sorted(self.warnings),
            "stalls": {
                "count": len(stalls),
                "busy": sum(busy > STALL_MS for _, busy in stalls),
                "worst_ms": round(max((late for late, _ in stalls), default=0)),
                "worst_busy_ms": round(max((busy for _, busy in stalls), default=0)),
                "by_action": by_action,
            },
        }


class Warnings(logging.Handler):
    """Keeps what Qt warns of, but for what a platform without windows can't do."""

    def __init__(self, records: Records) -> None:
        super().__init__(logging.WARNING)
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if not text.startswith("This plugin does not support"):
            self._records.warnings.add(text)


def main() -> int:
    """Drive and print; the exit code is 1 where there was an exception."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5, help="so long (5)")
    parser.add_argument("--seed", type=int, default=0, help="what is done, in which order (0)")
    parser.add_argument("--stacks", action="store_true", help="say where the GUI thread stalls")
    parser.add_argument("--folder", type=Path, help="where to keep data and caches (temporary)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        use_own_folders((options.folder or folder).absolute(), own_cache=True)
        os.environ["SCIKIT_LEARN_DATA"] = str(folder / "no lfw here")
        result = soak(folder, options.minutes, options.seed, stacks=options.stacks)
    print(json.dumps(machine() | {"seed": options.seed, "minutes": options.minutes} | result))
    return 1 if result["exceptions"] else 0


def soak(folder: Path, minutes: float, seed: int, *, stacks: bool) -> dict[str, Any]:
    """Return what a random person found."""
    make_application()
    records, heartbeat = Records(), Heartbeat()
    reporter = StallReporter(heartbeat, STALL_MS) if stacks else None
    warnings = Warnings(records)
    logging.getLogger("Qt").addHandler(warnings)
    with Log(), Unexpected() as unexpected:
        window = opened_window()
        for name in LIBRARIES:
            with suppress(ImportError):
                importlib.import_module(name)
        unexpected.happened.connect(window.studio.problem)
        window.studio.problem.connect(records.note_problem)
        person = Person(window, Material(folder / "material", seed), seed)
        measured = []
        heartbeat.start()
        if reporter is not None:
            reporter.start()
        with person.instead_of_others():
            for _ in range(PARTS):
                drive(person, records, heartbeat, 60 * minutes / PARTS)
                measured.append((settled(window), kinds()))
        if reporter is not None:
            reporter.end()
        heartbeat.stop()
        person.end()
        window.close()
    (warm, warm_kinds), (end, end_kinds) = measured[1], measured[-1]
    return records.result() | {
        "growth": growth(warm, end),
        "grown_kinds": dict((end_kinds - warm_kinds).most_common(GROWN_KINDS)),
        "rss_mb": [each["rss_mb"] for each, _ in measured],
        "held": end,
    }


def opened_window() -> MainWindow:
    """Return a window that shows its first face."""
    window = MainWindow()
    window.show()
    window.start()
    wait_for(lambda: window.reconstruct.numbers.text(), "first reconstruction", 300)
    return window


def drive(person: Person, records: Records, heartbeat: Heartbeat, seconds: float) -> None:
    """Act again and again for a time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        heartbeat.take()
        records.number += 1
        records.action = person.begin(records.number)
        try:
            person.act()
        except Exception as error:
            records.note_problem(explain(error))
        run_for(person.chance.uniform(0, LONGEST_PAUSE_S))
        records.note_beats(heartbeat.take())


def settled(window: MainWindow) -> dict[str, float]:
    """Bring the window back to how it started, and return what is held then."""
    studio = window.studio
    studio.training.stop()
    wait_for(lambda: not studio.training.is_active, "end of the training", 300)
    studio.runs.stop_following()
    studio.models.open_shipped()
    studio.faces.choose(DEMO)
    wait_for(lambda: studio.faces.source == DEMO, "demo faces", 300)
    wait_for(lambda: studio.models.title == "Shipped model", "shipped model", 300)
    window.resize(1280, 800)
    window.tabs.setCurrentWidget(window.reconstruct)
    window.messages.clear()
    for stack in studio.undo_group.stacks():
        stack.clear()
    run_for(2)
    return held()


if __name__ == "__main__":
    sys.exit(main())
