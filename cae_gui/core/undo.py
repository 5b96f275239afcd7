"""One step that can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtGui import QUndoCommand

T = TypeVar("T")


class Step(QUndoCommand, Generic[T]):
    """Puts ``after`` in the place of ``before``; both are whole values that never change.

    ``apply`` is called with the one that is to be in use. With ``is_made`` the change has been made
    already, and the push calls nothing. Steps of one text and one ``merge_id`` of 0 or more, one
    after the other, become one; one that leads back to where it began is dropped.
    """

    def __init__(
        self,
        text: str,
        apply: Callable[[T], object],
        before: T,
        after: T,
        *,
        merge_id: int = -1,
        is_made: bool = False,
    ) -> None:
        # Menus take an “&” for a mark of a key.
        super().__init__(text.replace("&", "&&"))
        self.before, self.after = before, after
        self._apply, self._merge_id, self._is_made = apply, merge_id, is_made

    def undo(self) -> None:
        self._apply(self.before)

    def redo(self) -> None:
        if not self._is_made:
            self._apply(self.after)
        self._is_made = False

    def id(self) -> int:
        return self._merge_id

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Step) or other.text() != self.text():
            return False
        self.after = other.after
        self.setObsolete(self.before == self.after)
        return True
