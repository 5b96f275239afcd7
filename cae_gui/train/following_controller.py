"""Shows a run that another process or a cluster trains, as it grows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.times import duration
from cae_gui.studio import Studio
from cae_gui.train.shown_run import ShownRun
from cae_gui.train.train_workspace import TrainWorkspace
from model.runs.following import Followed

PATIENCE_S = 10.0
"""How long a folder may say nothing before the person is told."""


@dataclass(slots=True)
class _Watch:
    """What is known of the folder being followed; times are of this machine's monotonic clock."""

    began: float
    last: Followed | None = None
    written: float | None = None
    has_complained: bool = False


class FollowingController(QObject):
    """Follows one run folder at a time, read only, until another choice.

    Signals:
        notice(str): something the person should know.
    """

    notice = Signal(str)

    def __init__(
        self, studio: Studio, view: TrainWorkspace, shown: ShownRun, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._runs, self._training = studio.runs, studio.training
        self._view, self._shown = view, shown
        self._watch = _Watch(0.0)
        self._runs.followed.connect(self._on_followed)
        self._runs.following_changed.connect(self._on_following)
        view.runs.unfollow_asked.connect(self._on_unfollow)

    @Slot(object)
    def follow(self, folder: Path) -> None:
        """Watch a run folder; our own training is on show live without that."""
        if self._training.is_active and folder == self._training.folder:
            self._runs.open(folder)
            return
        self._watch = _Watch(time.monotonic())
        self._view.set_status(f"Opening “{folder.name}” …")
        self._runs.follow(folder)

    @Slot()
    def _on_unfollow(self) -> None:
        name = self._runs.following.name if self._runs.following else ""
        self._runs.stop_following()
        self._view.set_status(f"“{name}” isn't followed any more.")

    @Slot()
    def _on_following(self) -> None:
        self._view.runs.set_following(self._runs.following is not None)
        if not self._training.is_active:
            self._view.set_progress(0, 1)

    @Slot(object)
    def _on_followed(self, followed: Followed | None) -> None:
        folder, watch = self._runs.following, self._watch
        if folder is None:
            return
        if followed is not None:
            if watch.last is not None and watch.last.rows != followed.rows:
                watch.written = time.monotonic()
            self._show_followed(folder, followed, is_first=watch.last is None)
            watch.last = followed
        if watch.last is not None:
            self._view.set_status(_following_text(folder, watch))
        elif not watch.has_complained and time.monotonic() - watch.began > PATIENCE_S:
            watch.has_complained = True
            self.notice.emit(
                f"“{folder}” hasn't answered yet. If it lies on a share that can't be reached, "
                "connect it again or follow another folder."
            )

    def _show_followed(self, folder: Path, followed: Followed, *, is_first: bool) -> None:
        if is_first:
            self._shown.begin(folder, followed.faces, followed.config, followed.rows)
        else:
            self._shown.set_rows(followed.rows)
        self._shown.set_originals(followed.originals)
        if not self._training.is_active and followed.rows:
            self._view.set_progress(followed.rows[-1].epoch, followed.config.epochs)
        if followed.preview is not None:
            self._shown.add_preview(followed.preview_epoch, followed.preview)


def _following_text(folder: Path, watch: _Watch) -> str:
    followed = watch.last
    assert followed is not None
    done = followed.rows[-1].epoch if followed.rows else 0
    text = f"Following “{folder.name}”, epoch {done} of {followed.config.epochs}"
    if followed.is_finished:
        return f"{text}, finished."
    if not followed.is_running:
        return f"{text}, nobody trains it now."
    if watch.written is None:
        return f"{text}."
    return f"{text}, written {duration(time.monotonic() - watch.written)} ago."
