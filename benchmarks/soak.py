"""A random person drives the real window: exceptions, stalls, and what isn't given back.

    python benchmarks/soak.py [--minutes 5] [--seed 0] [--stacks]

Actions of every kind come in any order, a second apart or faster: faces, photos good and bad,
models good and bad, sliders, the box, trainings of a tiny network started, paused and stopped,
runs, menus, keys, dialogs. The same seed does the same again. The window is settled and measured
after every fifth of the time; growth is that since the second fifth, when all has been used once.

Prints one JSON line: ``seed``; ``actions``; ``exceptions`` (should be empty: number and name of
the action, and the last lines of the traceback); ``qt_warnings``; ``stalls`` of the GUI thread over
50 ms: their count, the worst in ms, and ``by_action`` [count, worst ms]; ``growth`` of memory in
MiB and of the threads, open files, windows and objects of Qt, with the ``grown_kinds`` of these;
``rss_mb`` at each measurement; ``held`` at the end. ``--stacks`` writes where the GUI thread is in
stalls to standard error. Stalls mean something on an idle machine only.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.driver import run_for, use_own_folders, wait_for
from benchmarks.growth import growth, held, kinds
from benchmarks.soak_material import Material
from benchmarks.soak_person import Person
from benchmarks.stalls import Heartbeat, StallReporter
from cae_gui.app import make_application
from cae_gui.log import Log
from cae_gui.main_window import MainWindow
from cae_gui.problems import Problem, explain
from cae_gui.session.faces import DEMO
from cae_gui.unexpected import Unexpected

STALL_MS = 50
LONGEST_PAUSE_S = 1.0
PARTS = 5
GROWN_KINDS = 8
LINES = 6
"""Lines of a traceback that the result keeps; the whole goes to standard error."""


class Records:
    """What went wrong, and during which action."""

    def __init__(self) -> None:
        self.number, self.action = 0, "start"
        self.exceptions: list[dict[str, Any]] = []
        self.stalls: dict[str, list[float]] = defaultdict(list)
        self.warnings: set[str] = set()

    def note_problem(self, problem: Problem) -> None:
        """Keep an exception that nobody foresaw; the engine's own sentences are no failure."""
        if problem.text.startswith("Something unexpected"):
            sys.stderr.write(f"--- action {self.number}, {self.action}:\n{problem.details}\n")
            lines = problem.details.strip().splitlines()[-LINES:]
            self.exceptions.append({"number": self.number, "action": self.action, "lines": lines})

    def note_beats(self, late_ms: list[float]) -> None:
        """Take the beats since the action began."""
        self.stalls[self.action] += [late for late in late_ms if late > STALL_MS]
        late_ms.clear()

    def result(self) -> dict[str, Any]:
        """Return everything for the JSON line."""
        by_action = {
            name: [len(late), round(max(late))] for name, late in self.stalls.items() if late
        }
        worst = max((worst for _, worst in by_action.values()), default=0)
        count = sum(count for count, _ in by_action.values())
        return {
            "actions": self.number,
            "exceptions": self.exceptions,
            "qt_warnings": sorted(self.warnings),
            "stalls": {"count": count, "worst_ms": worst, "by_action": by_action},
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
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        use_own_folders(folder, own_cache=True)
        os.environ["SCIKIT_LEARN_DATA"] = str(folder / "no lfw here")
        result = soak(folder, options.minutes, options.seed, stacks=options.stacks)
    print(json.dumps({"seed": options.seed, "minutes": options.minutes} | result))
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
        unexpected.happened.connect(window.session.problem)
        window.session.problem.connect(records.note_problem)
        person = Person(window, Material(folder / "material", seed), seed)
        measured = []
        heartbeat.start()
        if reporter is not None:
            reporter.start()
        with person.replaced_dialogs():
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
        heartbeat.late_ms.clear()
        records.number += 1
        records.action = person.begin(records.number)
        try:
            person.act()
        except Exception as error:
            records.note_problem(explain(error))
        run_for(person.chance.uniform(0, LONGEST_PAUSE_S))
        records.note_beats(heartbeat.late_ms)


def settled(window: MainWindow) -> dict[str, float]:
    """Bring the window back to how it started, and return what is held then."""
    session = window.session
    session.training.stop()
    wait_for(lambda: not session.training.is_active, "end of the training", 300)
    session.runs.stop_following()
    session.models.open_shipped()
    session.faces.choose(DEMO)
    wait_for(lambda: session.faces.source == DEMO, "demo faces", 300)
    wait_for(lambda: session.models.title == "Shipped model", "shipped model", 300)
    window.resize(1280, 800)
    window.tabs.setCurrentWidget(window.reconstruct)
    window.messages.clear()
    session.explorer.undo_stack.clear()
    run_for(2)
    return held()


if __name__ == "__main__":
    sys.exit(main())
