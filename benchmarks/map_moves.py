"""Pans and zooms the map of faces by mouse and wheel, and measures each frame."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from benchmarks.budget import Budget
from cae_gui.explore.map.latent_map import LatentMap
from cae_gui.explore.map.map_dots import Coloring

SIDE = 640
STEPS = 60
"""Frames of one move: a second, at the pace that is wanted."""
MOVES = 6
FRAMES = MOVES * STEPS
LONGEST_S = 60
NOTCH = 30  # of 120: a quarter of a notch of the wheel a frame

_LEFT, _NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def frame_times(points: NDArray[np.float32], images: NDArray[np.uint8]) -> list[float]:
    """Return the seconds of every frame, from the event to the end of painting.

    There are ``FRAMES`` of them, or fewer where those would take more than a minute.

    All points are panned, zoomed until their faces show, panned again, and zoomed out; they are
    colored, a face is marked on the map, and its path is drawn.
    """
    view = _map(points, images)
    middle = QPoint(SIDE // 2, SIDE // 2)
    moves: list[Callable[[int], None]] = [
        lambda step: _pan(view, step),
        lambda _step: _wheel(view, middle, NOTCH),
        lambda _step: _wheel(view, middle, NOTCH),
        lambda step: _pan(view, step),
        lambda _step: _wheel(view, middle, -NOTCH),
        lambda _step: _wheel(view, middle, -NOTCH),
    ]
    for step in range(STEPS):  # warm everything up
        _frame(view, moves[0], step)
    budget = Budget(LONGEST_S)
    times = []
    for number in range(FRAMES):
        if times and budget.is_over:
            break
        times.append(_frame(view, moves[number // STEPS], number % STEPS))
    view.close()
    return times


def _map(points: NDArray[np.float32], images: NDArray[np.uint8]) -> LatentMap:
    view = LatentMap()
    view.resize(SIDE, SIDE)
    view.set_points(points)
    view.set_faces(str, lambda point: np.asarray(images[point % len(images)]))
    values = points[:, 0]
    view.set_coloring(Coloring("First direction", values, -2.5, 2.5, "−2.5 σ", "+2.5 σ"))
    view.set_here((0.5, 0.5))
    view.set_path(np.array([[-1, 0], [0, 1], [0.2, 0.1]], np.float32))
    view.show()
    QApplication.processEvents()
    return view


def _frame(view: LatentMap, move: Callable[[int], None], step: int) -> float:
    started = time.perf_counter()
    move(step)
    view.repaint()
    return time.perf_counter() - started


def _pan(view: LatentMap, step: int) -> None:
    # To and fro, so that the points stay in view.
    place = QPoint(20 + 2 * min(step, STEPS - step), 20)
    if step == 0:
        QTest.mousePress(view, _LEFT, _NONE, QPoint(4, 4))
    QTest.mouseMove(view, place)
    if step == STEPS - 1:
        QTest.mouseRelease(view, _LEFT, _NONE, place)


def _wheel(view: LatentMap, place: QPoint, angle: int) -> None:
    where, phase = QPointF(place), Qt.ScrollPhase.NoScrollPhase
    delta, button = QPoint(0, angle), Qt.MouseButton.NoButton
    event = QWheelEvent(where, where, QPoint(), delta, button, _NONE, phase, False)
    QApplication.sendEvent(view, event)
