from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cae_gui.morph.face_grid import FaceGrid
from model.data.datasets import FaceSet
from tests.gui.conftest import picture_of, same_picture

LEFT = Qt.MouseButton.LeftButton
COUNT = 4


@pytest.fixture
def grid(qtbot: QtBot, few_faces: FaceSet) -> FaceGrid:
    """Sixteen faces; the one in the third row and column is marked."""
    grid = FaceGrid()
    qtbot.addWidget(grid)
    grid.resize(300, 320)
    grid.set_count(COUNT)
    for row in range(COUNT):
        grid.set_row(row, few_faces.images[COUNT * row : COUNT * (row + 1)])
    with qtbot.waitExposed(grid):
        grid.show()
    return grid


def center(grid: FaceGrid, row: int, column: int) -> QPoint:
    return grid.cell_rect(row, column).center()


def hover(grid: FaceGrid, point: QPoint) -> None:
    place, none = QPointF(point), Qt.MouseButton.NoButton
    keys = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, place, grid.mapToGlobal(place), none, none, keys)
    QApplication.sendEvent(grid, event)


def test_faces_lie_in_rows_without_touching(grid: FaceGrid) -> None:
    first, right, below = (grid.cell_rect(*cell) for cell in ((0, 0), (0, 1), (1, 0)))
    assert right.left() > first.right()
    assert below.top() > first.bottom()
    assert grid.rect().contains(grid.cell_rect(COUNT - 1, COUNT - 1))
    assert grid.rect().contains(first)


def test_each_face_is_painted_where_it_lies(grid: FaceGrid, few_faces: FaceSet) -> None:
    picture = picture_of(grid)
    for number in range(COUNT * COUNT):
        rect = grid.cell_rect(*divmod(number, COUNT)).adjusted(8, 8, -8, -8)
        part = picture[rect.top() : rect.bottom(), rect.left() : rect.right()]
        face = few_faces.images[number][6:-6, 6:-6]
        np.testing.assert_allclose(part.mean((0, 1)), face.mean((0, 1)), atol=12)


def test_hovering_looks_at_a_face_and_leaving_returns_to_the_marked_one(
    grid: FaceGrid, qtbot: QtBot
) -> None:
    assert grid.looked() == grid.marked() == (2, 2)
    with qtbot.waitSignal(grid.looked_at) as blocker:
        hover(grid, center(grid, 0, 3))
    assert blocker.args == [0, 3]
    assert grid.looked() == (0, 3)
    with qtbot.assertNotEmitted(grid.looked_at):
        hover(grid, center(grid, 0, 3) + QPoint(2, 2))
    with qtbot.waitSignal(grid.looked_at) as blocker:
        QApplication.sendEvent(grid, QEvent(QEvent.Type.Leave))
    assert blocker.args == [2, 2]


def test_a_click_marks(grid: FaceGrid, qtbot: QtBot) -> None:
    before = picture_of(grid)
    with qtbot.waitSignal(grid.looked_at) as blocker:
        qtbot.mouseClick(grid, LEFT, pos=center(grid, 1, 0))
    assert blocker.args == [1, 0]
    assert grid.marked() == (1, 0)
    assert not same_picture(before, picture_of(grid))
    with qtbot.assertNotEmitted(grid.looked_at):
        qtbot.mouseClick(grid, LEFT, pos=QPoint(0, 0))


@pytest.mark.parametrize(
    ("keys", "cell"),
    [
        ("Left", (2, 1)),
        ("Right", (2, 3)),
        ("Up Up Up", (0, 2)),
        ("Down Down", (3, 2)),
        ("Home", (2, 0)),
        ("End", (2, 3)),
        ("PageUp", (0, 2)),
        ("PageDown", (3, 2)),
    ],
)
def test_keys_mark(keys: str, cell: tuple[int, int], grid: FaceGrid, qtbot: QtBot) -> None:
    for key in keys.split():
        with qtbot.waitSignal(grid.looked_at):
            qtbot.keyClick(grid, Qt.Key[f"Key_{key}"])
    assert grid.marked() == cell


def test_a_double_click_and_enter_activate(grid: FaceGrid, qtbot: QtBot) -> None:
    with qtbot.waitSignal(grid.activated) as blocker:
        qtbot.mouseDClick(grid, LEFT, pos=center(grid, 3, 1))
    assert blocker.args == [3, 1]
    with qtbot.waitSignal(grid.activated) as blocker:
        qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert blocker.args == list(grid.marked())


def test_another_count_empties_it_and_the_same_one_does_not(grid: FaceGrid) -> None:
    grid.set_count(COUNT)
    assert grid.face(0, 0) is not None
    grid.set_count(7)
    assert grid.face(0, 0) is None
    assert grid.marked() == (3, 3)


def test_an_empty_grid_says_why(grid: FaceGrid, qtbot: QtBot) -> None:
    grid.clear()
    before = picture_of(grid)
    grid.set_placeholder("The faces appear here.")
    assert not same_picture(before, picture_of(grid))
    with qtbot.assertNotEmitted(grid.looked_at):
        hover(grid, center(grid, 0, 0))
        qtbot.keyClick(grid, Qt.Key.Key_Left)


def test_after_another_size_all_faces_become_sharp(grid: FaceGrid, qtbot: QtBot) -> None:
    picture_of(grid)
    grid.resize(500, 500)
    side = grid.cell_rect(0, 0).width()

    def is_sharp() -> bool:
        return {picture.width() for picture in grid._rendered.values()} == {side}

    qtbot.waitUntil(is_sharp)
