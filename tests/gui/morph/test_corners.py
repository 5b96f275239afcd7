from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QUndoStack
from pytestqt.qtbot import QtBot

from cae_gui.morph.corners import Corners
from cae_gui.morph.morph_state import MorphFace
from model.morph.key_frames import spherical

LATENTS = np.array([[4, 0], [0, 4], [-4, 0], [0, -4]], np.float32) + 1


def faces(names: str = "ABCD") -> list[MorphFace]:
    return [MorphFace(name, np.zeros((48, 48, 3), np.uint8)) for name in names]


@pytest.fixture
def stack(qapp: object) -> QUndoStack:
    return QUndoStack()


@pytest.fixture
def corners(stack: QUndoStack) -> Corners:
    """Four faces that were filled in and encoded."""
    corners = Corners(stack)
    corners.fill(faces())
    corners.set_latents(corners.to_encode(), LATENTS)
    return corners


def test_filling_takes_empty_corners_and_is_no_step(stack: QUndoStack) -> None:
    corners = Corners(stack)
    own = faces("X")[0]
    corners.put(2, own)
    corners.fill(faces())
    assert [face.name for face in corners.state.faces] == ["A", "B", "X", "D"]
    assert stack.count() == 1
    assert corners.grid() is None
    assert [face.name for face in corners.to_encode()] == ["A", "B", "X", "D"]


def test_the_grid_has_the_corners_in_its_corners(corners: Corners) -> None:
    grid = corners.grid()
    assert grid is not None
    assert grid.shape == (7, 7, 2)
    np.testing.assert_allclose(grid[[0, 0, -1, -1], [0, -1, 0, -1]], LATENTS)
    np.testing.assert_allclose(grid[3, 3], LATENTS.mean(0), atol=1e-6)


def test_the_shares_of_a_face_are_what_it_is_made_of(corners: Corners) -> None:
    corners.set_count(5)
    grid = corners.grid()
    assert grid is not None
    for row, column in [(0, 0), (0, 4), (1, 3), (4, 2)]:
        shares = np.array(corners.shares(row, column))
        assert shares.sum() == pytest.approx(1)
        np.testing.assert_allclose(shares @ LATENTS, grid[row, column], atol=1e-6)


def test_great_arcs(corners: Corners) -> None:
    corners.set_arc(True)
    grid = corners.grid()
    assert grid is not None
    middle = np.array([0.5], np.float32)
    np.testing.assert_allclose(grid[0, 3], spherical(LATENTS[0], LATENTS[1], middle)[0], atol=1e-5)


def test_each_change_is_a_step_that_says_when_it_is_gone_back_to(
    corners: Corners, stack: QUndoStack, qtbot: QtBot
) -> None:
    before = corners.state
    with qtbot.assertNotEmitted(corners.stepped):
        corners.put(1, faces("X")[0])
        corners.set_count(9)
        corners.set_count(9)
        corners.set_arc(True)
    assert stack.count() == 3
    for _ in range(3):
        with qtbot.waitSignals([corners.changed, corners.latents_changed, corners.stepped]):
            stack.undo()
    assert corners.state == before
    with qtbot.waitSignal(corners.stepped):
        stack.redo()
    assert corners.state.corners[1] is not before.corners[1]


def test_undo_finds_the_latents_of_a_face(corners: Corners, stack: QUndoStack) -> None:
    corners.put(0, faces("X")[0])
    assert corners.grid() is None
    stack.undo()
    assert corners.grid() is not None


def test_another_model_needs_new_latents(corners: Corners, qtbot: QtBot) -> None:
    with qtbot.waitSignal(corners.latents_changed):
        corners.forget_latents()
    assert corners.grid() is None
    assert len(corners.to_encode()) == 4


def test_what_made_it(corners: Corners) -> None:
    corners.set_arc(True)
    about = {"corners": ["A", "B", "C", "D"], "faces a side": 7, "spherical": True}
    assert corners.about() == about
