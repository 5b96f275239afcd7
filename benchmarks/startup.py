"""How long the start takes, beside what importing PyTorch and Qt alone takes.

    python benchmarks/startup.py [--runs 7]

Compares, in fresh processes by turns and with a warm disk cache, from the start of the process:

* ``import_baseline_s``: a process that only imports torch and PySide6.QtWidgets has done so;
* ``window_painted_s``: the application has painted its window for the first time;
* ``ready_s``: it has painted the reconstruction of the first demo face by the shipped model.

Prints one JSON line with the medians. Goals: painted before the baseline, ready no later than 0.6
seconds after it. Settings, data and caches are in a temporary folder. QT_QPA_PLATFORM is offscreen
unless it is set.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.machine import machine

BASELINE = "import torch, PySide6.QtWidgets; print('imported', flush=True)"
CHILD = Path(__file__).with_name("startup_child.py")
NAMES = {
    "painted": "window_painted_s",
    "ready": "ready_s",
    "imported": "import_baseline_s",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=7, help="processes of each kind (7)")
    parser.add_argument("--all", action="store_true", help="also print every single time")
    options = parser.parse_args()
    times: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        commands = (["-c", BASELINE], [str(CHILD), folder])
        for number in range(options.runs + 1):
            for command in commands:
                for word, seconds in measure(command).items():
                    if number:  # the first of each kind only warms the disk cache
                        times[NAMES[word]].append(round(seconds, 3))
    result: dict[str, object] = {name: statistics.median(times[name]) for name in NAMES.values()}
    result |= {"runs": options.runs, "platform": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    if options.all:
        result["all"] = times
    print(json.dumps(machine() | result))


def measure(command: list[str]) -> dict[str, float]:
    """Run Python with arguments; return when it wrote each of its lines, in seconds."""
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ
    seconds = {}
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        for line in process.stdout or ():
            seconds[line.strip()] = time.perf_counter() - start
    if process.returncode or not seconds:
        raise SystemExit(f"the process ended with {process.returncode} after {list(seconds)}")
    return seconds


if __name__ == "__main__":
    main()
