"""Uses the map of faces by mouse and wheel, and measures each frame."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from benchmarks.budget import Budget
from cae_gui.explore.map.filters import Filters
from cae_gui.explore.map.latent_map import LatentMap
from cae_gui.explore.map.map_dots import Band, Coloring
from cae_gui.explore.map.strokes import Mode
from model.latents.face_values import Condition, FaceValues

Move = Callable[[int], None]

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
    moves: list[Move] = [
        lambda step: _pan(view, step),
        lambda _step: _wheel(view, middle, NOTCH),
        lambda _step: _wheel(view, middle, NOTCH),
        lambda step: _pan(view, step),
        lambda _step: _wheel(view, middle, -NOTCH),
        lambda _step: _wheel(view, middle, -NOTCH),
    ]
    return _timed(view, moves, lambda step: _pan(view, step))


def lasso_times(points: NDArray[np.float32], images: NDArray[np.uint8]) -> list[float]:
    """Return the seconds of each frame of lassos that are drawn, at most two of a second.

    At each move what is inside stands out, and all others are dimmed.
    """
    view = _map(points, images)
    view.set_mode(Mode.LASSO)
    view.sweeping.connect(lambda found, _change: view.set_dimmed(~found))
    return _timed(view, [lambda step: _draw(view, step)] * 2, lambda step: _draw(view, step))


def filter_times(points: NDArray[np.float32], images: NDArray[np.uint8]) -> list[float]:
    """Return the seconds of each frame while a condition's value is moved, at most two seconds.

    There are three conditions on thirty values of each face, and a class of the legend is chosen.
    """
    view, filters = _map(points, images), Filters()
    random = np.random.default_rng(0)
    names = ("Typicality", *(f"Attribute {number}" for number in range(29)))
    filters.use_values(FaceValues(names, random.standard_normal((30, len(points)), np.float32)))
    filters.use_coloring(_coloring(points))
    filters.conditions = tuple(Condition(name, True, -1.0) for name in names[1:4])
    filters.choose(1)

    def show() -> None:
        matching = filters.matching()
        view.set_dimmed(None if matching is None else ~matching.mask)

    def move(step: int) -> None:
        filters.replace(2, Condition(names[3], True, -3 + 6 * step / STEPS))

    filters.changed.connect(show)
    return _timed(view, [move] * 2, move)


def _timed(view: LatentMap, moves: Sequence[Move], warm_up: Move) -> list[float]:
    """Return the seconds of the frames of all moves; fewer where they would take a minute."""
    for step in range(STEPS):  # warm everything up
        _frame(view, warm_up, step)
    budget = Budget(LONGEST_S)
    times: list[float] = []
    for number in range(len(moves) * STEPS):
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
    view.set_coloring(_coloring(points))
    view.set_here((0.5, 0.5))
    view.set_path(np.array([[-1, 0], [0, 1], [0.2, 0.1]], np.float32))
    view.show()
    QApplication.processEvents()
    return view


def _coloring(points: NDArray[np.float32]) -> Coloring:
    bands = Band("low", -np.inf, -1.0), Band("middle", -1.0, 0.0), Band("high", 1.0, 1.0)
    return Coloring("First direction", points[:, 0], -2.5, 2.5, "−2.5 σ", "+2.5 σ", bands)


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


def _draw(view: LatentMap, step: int) -> None:
    """Draw on along a circle, which is a lasso at its end."""
    angle = 2 * np.pi * step / STEPS
    place = QPointF(SIDE / 2 + 0.4 * SIDE * np.cos(angle), SIDE / 2 + 0.4 * SIDE * np.sin(angle))
    if step == 0:
        QTest.mousePress(view, _LEFT, _NONE, place.toPoint())
    QTest.mouseMove(view, place.toPoint())
    if step == STEPS - 1:
        QTest.mouseRelease(view, _LEFT, _NONE, place.toPoint())


def _wheel(view: LatentMap, place: QPoint, angle: int) -> None:
    where, phase = QPointF(place), Qt.ScrollPhase.NoScrollPhase
    delta, button = QPoint(0, angle), Qt.MouseButton.NoButton
    event = QWheelEvent(where, where, QPoint(), delta, button, _NONE, phase, False)
    QApplication.sendEvent(view, event)
