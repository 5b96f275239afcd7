from __future__ import annotations

import pytest
from PySide6.QtGui import QUndoStack
from pytestqt.qtbot import QtBot

from cae_gui.core.undo import Step


@pytest.fixture
def stack(qtbot: QtBot) -> QUndoStack:
    return QUndoStack()


def test_a_step_applies_one_value_or_the_other(stack: QUndoStack) -> None:
    seen: list[str] = []
    stack.push(Step("Change", seen.append, "before", "after"))
    stack.undo()
    stack.redo()
    assert seen == ["after", "before", "after"]


def test_a_change_that_was_made_is_not_made_by_the_push(stack: QUndoStack) -> None:
    seen: list[str] = []
    stack.push(Step("Change", seen.append, "before", "after", is_made=True))
    assert seen == []
    stack.undo()
    stack.redo()
    assert seen == ["before", "after"]


def test_steps_of_one_kind_become_one(stack: QUndoStack) -> None:
    seen: list[int] = []
    for before in range(3):
        stack.push(Step("Count", seen.append, before, before + 1, merge_id=4))
    stack.push(Step("Count", seen.append, 3, 4, merge_id=5))
    stack.push(Step("Other", seen.append, 4, 5, merge_id=5))
    assert stack.count() == 3
    stack.setIndex(0)
    assert seen[-1] == 0


def test_a_step_back_to_the_beginning_is_dropped(stack: QUndoStack) -> None:
    stack.push(Step("Count", id, 0, 1, merge_id=1))
    stack.push(Step("Count", id, 1, 0, merge_id=1))
    assert stack.count() == 0
