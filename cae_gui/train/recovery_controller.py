"""Offers back the training that was under way when its process died."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.times import run_title
from cae_gui.studio import Studio
from cae_gui.train.runs import ListedRun
from cae_gui.widgets.message_bar import Action, MessageBar

CONTINUE, NOT_NOW = "Continue it", "Not now"


class RecoveryController(QObject):
    """Asks once about the newest run that was cut off; the others stay in the list of runs.

    Signals:
        continue_asked(Path): the person wants to go on with this run.
    """

    continue_asked = Signal(object)

    def __init__(self, studio: Studio, messages: MessageBar, parent: QObject) -> None:
        super().__init__(parent)
        self._runs, self._messages = studio.runs, messages
        self._runs.listed.connect(self._on_listed)

    @Slot()
    def _on_listed(self) -> None:
        # What another window loses later is a matter of the next start.
        self._runs.listed.disconnect(self._on_listed)
        cut_off = [listed for listed in self._runs.items if _can_go_on(listed)]
        if cut_off:
            self._offer(cut_off[0])
        for listed in cut_off:
            self._runs.forget_cut_off(listed.run.folder)

    def _offer(self, listed: ListedRun) -> None:
        run, summary = listed
        began = run_title(run, datetime.now().astimezone())
        self._messages.show_message(
            f"The training on “{run.faces}” ({began}) was cut off after {summary.epochs_done} of "
            f"{summary.epochs_planned} epochs. What was saved is there; continue it?",
            kind="offer",
            actions=(
                Action(CONTINUE, partial(self.continue_asked.emit, run.folder)),
                Action(NOT_NOW),
            ),
        )


def _can_go_on(listed: ListedRun) -> bool:
    return listed.summary.was_cut_off and not listed.summary.is_finished
