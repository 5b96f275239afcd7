from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QUndoStack
from pytestqt.qtbot import QtBot

from cae_gui.morph.mix import Analogy, Corners, MorphFace
from model.morph.key_frames import spherical

LATENTS = np.array([[4, 0], [0, 4], [-4, 0], [0, -4]], np.float32) + 1
OF_ANALOGY = np.array([[4, 0], [2, 2], [1, 0], [0, 7]], np.float32)


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


@pytest.fixture
def analogy(stack: QUndoStack) -> Analogy:
    """Two faces in A, one in B, one in C, all encoded."""
    analogy = Analogy(stack)
    for side, names in enumerate(("PQ", "R", "S")):
        analogy.put(side, faces(names))
    analogy.set_latents(analogy.to_encode(), OF_ANALOGY)
    return analogy


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


def test_another_model_needs_new_latents_of_the_corners(corners: Corners, qtbot: QtBot) -> None:
    with qtbot.waitSignal(corners.latents_changed):
        corners.forget_latents()
    assert corners.grid() is None
    assert len(corners.to_encode()) == 4


def test_what_made_the_grid(corners: Corners) -> None:
    corners.set_arc(True)
    about = {"corners": ["A", "B", "C", "D"], "faces a side": 7, "spherical": True}
    assert corners.about() == about


def test_of_several_faces_the_mean_counts(analogy: Analogy) -> None:
    result = analogy.result()
    assert result is not None
    np.testing.assert_allclose(result, [3 - 1 + 0, 1 - 0 + 7])
    assert result.dtype == np.float32


def test_no_result_while_something_is_missing(analogy: Analogy, stack: QUndoStack) -> None:
    analogy.put(1, faces("XY"))
    assert analogy.result() is None
    assert analogy.mean(analogy.state.sides[1]) is None
    analogy.set_latents(analogy.to_encode()[:1], OF_ANALOGY[:1])
    assert analogy.result() is None
    analogy.set_latents(analogy.to_encode(), OF_ANALOGY[:1])
    assert analogy.result() is not None
    for _ in range(2):
        stack.undo()
    assert analogy.result() is None
    assert not analogy.state.sides[2]


def test_the_strength(analogy: Analogy) -> None:
    analogy.set_strength(0.0)
    np.testing.assert_allclose(analogy.result(), OF_ANALOGY[3])
    analogy.set_strength(2.0)
    np.testing.assert_allclose(analogy.result(), [4, 9])


def test_a_drag_is_one_step_and_two_are_two(analogy: Analogy, stack: QUndoStack) -> None:
    count = stack.count()
    for strengths in ((0.9, 0.5, 0.2), (0.4, 1.5)):
        analogy.begin_drag()
        for strength in strengths:
            analogy.set_strength(strength)
        analogy.end_drag()
    assert stack.count() == count + 2
    stack.undo()
    assert analogy.state.strength == 0.2
    stack.undo()
    assert analogy.state.strength == 1.0


def test_single_changes_are_single_steps(analogy: Analogy, stack: QUndoStack) -> None:
    count = stack.count()
    analogy.set_strength(0.9)
    analogy.set_strength(0.8)
    assert stack.count() == count + 2


def test_a_drag_back_to_where_it_began_is_none(analogy: Analogy, stack: QUndoStack) -> None:
    count = stack.count()
    analogy.begin_drag()
    for strength in (0.5, 1.0):
        analogy.set_strength(strength)
    analogy.end_drag()
    assert stack.count() == count


def test_another_model_needs_new_latents_of_the_analogy(analogy: Analogy, qtbot: QtBot) -> None:
    with qtbot.waitSignal(analogy.latents_changed):
        analogy.forget_latents()
    assert analogy.result() is None
    assert len(analogy.to_encode()) == 4


def test_what_made_the_result(analogy: Analogy) -> None:
    assert analogy.about() == {"A": ["P", "Q"], "B": ["R"], "C": ["S"], "strength": 1.0}
