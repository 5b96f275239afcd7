"""Joins the studio and the gauge of typicality in Explore."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Slot

from cae_gui.core.latents import FEWEST
from cae_gui.explore.explore_workspace import ExploreWorkspace
from cae_gui.explore.latent_space import LEAST_TYPICAL
from cae_gui.studio import Studio

SOON_MS = 60
"""How long the gauge waits at most for the picture of a moved face, which it mustn't hold up."""


class TypicalityController(QObject):
    """Has the latents measured once Explore is looked at, and keeps the gauge up to date."""

    def __init__(self, studio: Studio, view: ExploreWorkspace, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._view = studio, view
        self._explorer, self._latents = studio.explorer, studio.latents
        view.shown.connect(self._on_shown)
        view.hidden.connect(self._on_hidden)
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self._show)
        self._explorer.latent_changed.connect(self._on_latent)
        view.face.painted.connect(self._on_painted)
        self._latents.changed.connect(self._show)
        studio.models.attributes_found.connect(self._show)
        self._latents.measuring.connect(self._on_measuring)
        view.typicality.more_asked.connect(self._explorer.make_more_typical)
        view.typicality.limit_changed.connect(self._on_limit)
        self._show()

    @Slot()
    def _on_shown(self) -> None:
        self._studio.exploring.look(True)
        self._show()

    @Slot()
    def _on_latent(self) -> None:
        self._soon.start(SOON_MS)

    @Slot()
    def _on_painted(self) -> None:
        if self._soon.isActive():
            self._soon.start(0)

    @Slot()
    def _on_hidden(self) -> None:
        self._studio.exploring.look(False)

    @Slot(bool)
    def _on_limit(self, on: bool) -> None:
        self._explorer.limit = LEAST_TYPICAL if on else 0.0

    @Slot(int, int)
    def _on_measuring(self, done: int, total: int) -> None:
        if self._explorer.density is None:
            text = f"Measuring what is typical: {done:,} of {total:,} faces"
            self._view.typicality.set_text(text)

    @Slot()
    def _show(self) -> None:
        if not self._view.isVisible():
            return
        share, gauge = self._explorer.typicality(), self._view.typicality
        if share is None:
            gauge.set_text(self._why_not())
        else:
            gauge.set_share(self._whose(), share)

    def _whose(self) -> str:
        if self._studio.models.density is not None or self._latents.faces is None:
            return "the training faces"
        return f"“{self._latents.faces.title}”"

    def _why_not(self) -> str:
        faces = self._studio.faces.faces
        if self._explorer.face is None:
            return ""
        if self._latents.faces is not None:
            return "Measuring what is typical …"
        if faces is not None and len(faces.images) < FEWEST:
            return f"What is typical can be told of {FEWEST} faces or more."
        return ""
