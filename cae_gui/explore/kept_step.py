"""Undo steps of what a person keeps beside the edited face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

if TYPE_CHECKING:
    from cae_gui.explore.explorer import Explorer


class KeptStep(QUndoCommand):
    """A change of snapshots or of one's own directions, on the explorer's stack.

    A jump in the history of the face leaves it as it is: who looks back at an earlier face and
    goes on from there doesn't lose what was kept since.
    """

    def __init__(self, explorer: Explorer, text: str) -> None:
        super().__init__(text)
        self._explorer = explorer
        self._is_done = False

    def apply(self) -> None:
        """Make the change."""
        raise NotImplementedError

    def take_back(self) -> None:
        """Undo the change, whatever else has changed since."""
        raise NotImplementedError

    def redo(self) -> None:
        if not self._is_done and not self._explorer.is_jumping:
            self._is_done = True
            self.apply()

    def undo(self) -> None:
        if self._is_done and not self._explorer.is_jumping:
            self._is_done = False
            self.take_back()
