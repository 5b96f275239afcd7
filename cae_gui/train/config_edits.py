"""Changes of a training's settings as steps that can be undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtGui import QUndoCommand

Values = Mapping[str, Any]


class SettingsStep(QUndoCommand):
    """All settings before and after a change; steps with the same number (not -1) become one.

    The first ``redo``, of the push, does nothing: the change has been made already.
    """

    def __init__(
        self, text: str, show: Callable[[Values], None], before: Values, after: Values, number: int
    ) -> None:
        super().__init__(text)
        self._show, self._before, self._after = show, before, after
        self._number = number
        self._is_new = True

    def undo(self) -> None:
        self._show(self._before)

    def redo(self) -> None:
        if not self._is_new:
            self._show(self._after)
        self._is_new = False

    def id(self) -> int:
        return self._number

    def mergeWith(self, other: QUndoCommand) -> bool:
        assert isinstance(other, SettingsStep)
        self._after = other._after
        self.setObsolete(self._before == self._after)
        return True
