"""How long a change of colours and a full repaint keep the GUI thread.

    python benchmarks/look.py [--rounds 6]

In each workspace of the real window, 1366 x 768 pixels, with the demo faces and the shipped model:
``colours_ms`` is the longest that the event loop had to wait while the scheme changed between light
and dark, ``repaint_ms`` the median time to paint the whole window once; both by workspace, and the
largest of each as ``colours_max_ms`` and ``repaint_max_ms``. Goals: 100 and 50 ms. Prints one JSON
line. It takes less than a minute; QT_QPA_PLATFORM is offscreen unless it is set.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.driver import open_window, run_for, use_own_folders
from benchmarks.machine import machine
from benchmarks.stalls import Heartbeat
from cae_gui.main_window import MainWindow
from cae_gui.widgets.theme import Scheme

SETTLE_S, CHANGE_S = 2.0, 0.6
SCHEMES: tuple[Scheme, Scheme] = ("dark", "light")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=6, help="changes of colours (6)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as own:
        use_own_folders(Path(own), own_cache=True)
        window = open_window("demo")
        try:
            window.resize(1366, 768)
            line = measure(window, rounds)
        finally:
            window.close()
    print(json.dumps(machine() | line))


def measure(window: MainWindow, rounds: int) -> dict[str, object]:
    """Return all figures."""
    colours: dict[str, float] = {}
    repaint: dict[str, float] = {}
    for name in ("train", "reconstruct", "explore", "morph"):
        window.tabs.setCurrentWidget(getattr(window, name))
        run_for(SETTLE_S)
        colours[name] = max(_change(window, SCHEMES[at % 2]) for at in range(rounds))
        repaint[name] = round(statistics.median(_paint(window) for _ in range(rounds)), 1)
    return {
        "colours_ms": colours,
        "repaint_ms": repaint,
        "colours_max_ms": max(colours.values()),
        "repaint_max_ms": max(repaint.values()),
    }


def _change(window: MainWindow, scheme: Scheme) -> float:
    """Return by how many ms a beat was late, at the most, while the colours changed."""
    heart = Heartbeat()
    heart.start()
    run_for(0.1)
    heart.late_ms.clear()
    window.set_scheme(scheme)
    run_for(CHANGE_S)
    heart.stop()
    return round(max(heart.late_ms), 1)


def _paint(window: MainWindow) -> float:
    start = time.perf_counter()
    window.grab()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
