"""Points between the faces of the map in the real window, and measures when a face is decoded."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QEventLoop, QPoint, QPointF, QTimer
from PySide6.QtTest import QTest

from benchmarks.budget import Budget
from benchmarks.driver import NotDoneError, run_for, wait_for
from cae_gui.main_window import MainWindow

PROBES = 60
WARM_UP = 5
LONGEST_S = 60
_APART = 16  # px that a place is away from the marker, at the least
_LOST_MS = 30_000


def probe_times(window: MainWindow) -> list[float]:
    """Point at places of the map without a face; return ms from the move to the painted card."""
    page = window.explore.map
    window.tabs.setCurrentWidget(window.explore)
    window.explore.tabs.setCurrentWidget(page)
    wait_for(lambda: window.studio.maps.points is not None, "a map")
    run_for(1)
    window.messages.clear()  # one may lie over the map
    budget, times = Budget(LONGEST_S), list[float]()
    for place in _grounds(window)[: PROBES + WARM_UP]:
        if len(times) > WARM_UP and budget.is_over:
            break
        times.append(_probe(window, place))
        run_for(0.02)
    return times[WARM_UP:]


def _probe(window: MainWindow, place: QPoint) -> float:
    view, loop = window.explore.map.map, QEventLoop()
    lens = window.explore.map.lens
    lens.seen.connect(loop.quit)
    lost = QTimer(interval=_LOST_MS)
    lost.timeout.connect(loop.quit)
    lost.start()
    before = time.perf_counter()
    QTest.mouseMove(view, place)
    loop.exec()
    view.repaint()
    taken = time.perf_counter() - before
    lens.seen.disconnect(loop.quit)
    if not lens.shown():
        raise NotDoneError("no face between the faces")
    return taken * 1000


def _grounds(window: MainWindow) -> list[QPoint]:
    """Return places of the map's widget without a face, in a fixed random order."""
    view = window.explore.map.map
    here, edge = view.here(), np.array([view.width(), view.height()]) - 8
    found = []
    for x, y in np.random.default_rng(0).uniform((8, 8), edge, (2000, 2)).round().tolist():
        is_marker = here is not None and abs(here.x() - x) + abs(here.y() - y) < _APART
        if not is_marker and view.point_at(QPointF(x, y)) is None:
            found.append(QPoint(int(x), int(y)))
    return found
