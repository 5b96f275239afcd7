from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.morph.face_well import CornerBoard, FaceWell
from cae_gui.morph.mix import MorphFace
from cae_gui.studio import Studio
from cae_gui.widgets.face_mime import face_to_mime, faces_to_mime
from model.data.datasets import FaceSet

LEFT = Qt.MouseButton.LeftButton


def drop(target: QWidget, mime: QMimeData) -> None:
    actions = (Qt.DropAction.CopyAction, mime, LEFT, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(target, QDragEnterEvent(QPoint(20, 20), *actions))
    QApplication.sendEvent(target, QDropEvent(QPointF(20, 20), *actions, QEvent.Type.Drop))


def named(faces: FaceSet, rows: Sequence[int]) -> list[tuple[str, np.ndarray]]:
    return [(faces.names[row], np.array(faces.images[row])) for row in rows]


@pytest.fixture
def put() -> list[tuple[int, list[MorphFace]]]:
    """What a well asked to have put where."""
    return []


@pytest.fixture
def well(studio: Studio, put: list[tuple[int, list[MorphFace]]], qtbot: QtBot) -> FaceWell:
    well = FaceWell(
        1, "Drop a face here.", studio.selection, lambda *arguments: put.append(arguments)
    )
    qtbot.addWidget(well)
    well.resize(120, 140)
    with qtbot.waitExposed(well):
        well.show()
    return well


def test_one_face_or_several_are_taken(
    well: FaceWell, put: list[tuple[int, list[MorphFace]]], few_faces: FaceSet
) -> None:
    drop(well, face_to_mime(*named(few_faces, [4])[0]))
    drop(well, faces_to_mime(named(few_faces, [7, 9, 30])))
    (first, (face,)), (second, faces) = put
    assert (first, face.name, second) == (1, few_faces.names[4], 1)
    assert np.array_equal([each.photo for each in faces], few_faces.images[[7, 9, 30]])


def test_a_click_or_enter_takes_the_selected_face(
    well: FaceWell,
    studio: Studio,
    put: list[tuple[int, list[MorphFace]]],
    few_faces: FaceSet,
    qtbot: QtBot,
) -> None:
    qtbot.mouseClick(well, LEFT)
    assert put == []
    studio.selection.select("Ann", few_faces.images[3])
    qtbot.mouseClick(well, LEFT)
    qtbot.keyClick(well, "\r")
    assert [(index, face.name) for index, (face,) in put] == [(1, "Ann"), (1, "Ann")]


def test_it_says_whose_face_it_is(well: FaceWell) -> None:
    assert well.accessibleName() == "B"
    assert well.toolTip() == "Drop a face here."
    well.set_names(("Ann",))
    assert well.accessibleName().startswith("B: Ann")
    well.set_names(("Ann", "Bob", "Ann"))
    assert "mean of 3 faces" in well.accessibleName()
    assert "Drop a face here." in well.toolTip()


def test_the_board_is_a_square_with_its_corners_beside(qtbot: QtBot) -> None:
    square = QWidget()
    corners = [QWidget() for _ in range(4)]
    for corner in corners:
        corner.setFixedSize(50, 60)
    board = CornerBoard(square, corners)
    qtbot.addWidget(board)
    board.resize(600, 400)
    with qtbot.waitExposed(board):
        board.show()
    area = square.geometry()
    assert area.width() == area.height() == 400
    assert [corner.geometry().right() < area.left() for corner in corners] == [
        True,
        False,
        True,
        False,
    ]
    assert [corner.geometry().top() == area.top() for corner in corners] == [
        True,
        True,
        False,
        False,
    ]
    assert all(corner.geometry().bottom() == area.bottom() for corner in corners[2:])
    assert all(board.rect().contains(corner.geometry()) for corner in corners)
    board.resize(300, 500)
    assert square.width() == 300 - 2 * 58
