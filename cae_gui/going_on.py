"""What was under way when the window was closed is offered at the next start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from cae_gui.core.times import run_title
from cae_gui.settings import Settings
from cae_gui.studio import Studio
from cae_gui.train.training import State
from cae_gui.widgets.message_bar import Action, MessageBar
from cae_gui.widgets.numbers import counted
from model.documents.unsaved import last_session

CONTINUE, BRING_BACK, NOT_NOW = "Continue it", "Bring it back", "Not now"
GO_ON = "Go on with the queue"


class GoingOn(QObject):
    """Remembers what a closing window interrupts, and offers it once to the next one.

    What a crash cut off is offered by the runs and by the sessions themselves.
    """

    def __init__(
        self,
        studio: Studio,
        settings: Settings,
        messages: MessageBar,
        *,
        continue_run: Callable[[Path], object],
        open_last_session: Callable[[], object],
    ) -> None:
        super().__init__(studio)
        self._studio, self._settings, self._messages = studio, settings, messages
        self._continue_run, self._open_last_session = continue_run, open_last_session
        self._stopped: Path | None = None
        studio.queue.listed.connect(self._on_queue)

    def remember(self) -> None:
        """Note what is under way, before it ends with the window."""
        training = self._studio.training
        is_wanted = training.state not in (State.IDLE, State.STOPPING) and training.entry is None
        self._settings.stopped_run = training.folder if is_wanted else None
        self._settings.has_left_work = self._studio.unsaved.has_work()

    def offer(self) -> None:
        """Offer what the last window left, now or as soon as the runs are listed."""
        if self._settings.has_left_work and last_session().exists():
            self._messages.show_message(
                "What you made in Explore and Morph is kept as you left it. Bring it back?",
                kind="offer",
                actions=(Action(BRING_BACK, self._open_last_session), Action(NOT_NOW)),
            )
        self._stopped = self._settings.stopped_run
        self._settings.has_left_work, self._settings.stopped_run = False, None
        if self._stopped is not None:
            self._studio.runs.listed.connect(self._on_listed)

    @Slot()
    def _on_queue(self) -> None:
        """Offer what waits in the queue, unless another program works it off."""
        queue = self._studio.queue
        if queue.damaged:
            what = counted(queue.damaged, "training")
            self._messages.show_message(
                f"{what} of the queue can't be read and left out. The file is kept."
            )
        if queue.waiting and not any(entry.is_training for entry in queue.entries):
            count = counted(queue.waiting, "training")
            self._messages.show_message(
                f"The queue holds {count}. Go on with it?",
                kind="offer",
                actions=(Action(f"{GO_ON} ({count})", queue.start), Action(NOT_NOW)),
            )

    @Slot()
    def _on_listed(self) -> None:
        folder, self._stopped = self._stopped, None
        self._studio.runs.listed.disconnect(self._on_listed)
        listed = self._studio.runs.find(folder) if folder is not None else None
        if listed is None or listed.summary.is_finished or listed.summary.is_running:
            return  # it was discarded, or goes on in another window
        run, summary = listed.run, listed.summary
        title = run_title(run, datetime.now().astimezone())
        self._messages.show_message(
            f"The training on “{run.faces}” ({title}) stopped after {summary.epochs_done} of "
            f"{summary.epochs_planned} epochs, when the window was closed. Continue it?",
            kind="offer",
            actions=(
                Action(CONTINUE, partial(self._continue_run, run.folder)),
                Action(NOT_NOW),
            ),
        )
