from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QUndoStack
from pytestqt.qtbot import QtBot

from cae_gui.morph.analogy import Analogy
from cae_gui.morph.morph_state import MorphFace

LATENTS = np.array([[4, 0], [2, 2], [1, 0], [0, 7]], np.float32)


def faces(names: str) -> list[MorphFace]:
    return [MorphFace(name, np.zeros((48, 48, 3), np.uint8)) for name in names]


@pytest.fixture
def stack(qapp: object) -> QUndoStack:
    return QUndoStack()


@pytest.fixture
def analogy(stack: QUndoStack) -> Analogy:
    """Two faces in A, one in B, one in C, all encoded."""
    analogy = Analogy(stack)
    for side, names in enumerate(("PQ", "R", "S")):
        analogy.put(side, faces(names))
    analogy.set_latents(analogy.to_encode(), LATENTS)
    return analogy


def test_of_several_faces_the_mean_counts(analogy: Analogy) -> None:
    result = analogy.result()
    assert result is not None
    np.testing.assert_allclose(result, [3 - 1 + 0, 1 - 0 + 7])
    assert result.dtype == np.float32


def test_no_result_while_something_is_missing(analogy: Analogy, stack: QUndoStack) -> None:
    analogy.put(1, faces("XY"))
    assert analogy.result() is None
    assert analogy.mean(analogy.state.sides[1]) is None
    analogy.set_latents(analogy.to_encode()[:1], LATENTS[:1])
    assert analogy.result() is None
    analogy.set_latents(analogy.to_encode(), LATENTS[:1])
    assert analogy.result() is not None
    for _ in range(2):
        stack.undo()
    assert analogy.result() is None
    assert not analogy.state.sides[2]


def test_the_strength(analogy: Analogy) -> None:
    analogy.set_strength(0.0)
    np.testing.assert_allclose(analogy.result(), LATENTS[3])
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


def test_another_model_needs_new_latents(analogy: Analogy, qtbot: QtBot) -> None:
    with qtbot.waitSignal(analogy.latents_changed):
        analogy.forget_latents()
    assert analogy.result() is None
    assert len(analogy.to_encode()) == 4


def test_what_made_it(analogy: Analogy) -> None:
    assert analogy.about() == {"A": ["P", "Q"], "B": ["R"], "C": ["S"], "strength": 1.0}
