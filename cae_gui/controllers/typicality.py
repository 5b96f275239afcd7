"""Joins the session and the gauge of typicality in Explore."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from cae_gui.session.session import Session
from cae_gui.session.typical import FEWEST
from cae_gui.workspaces.explore import ExploreWorkspace


class TypicalityController(QObject):
    """Has typicality measured once Explore is looked at, and keeps the gauge up to date."""

    def __init__(self, session: Session, view: ExploreWorkspace, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._view, self._typical = session, view, session.typical
        view.shown.connect(self._measure)
        session.models.changed.connect(self._measure)
        session.models.described.connect(self._measure)
        session.faces.changed.connect(self._measure)
        session.training.state_changed.connect(self._measure)
        session.explorer.latent_changed.connect(self._show)
        self._typical.changed.connect(self._show)
        self._typical.measuring.connect(self._on_measuring)
        view.typicality.more_asked.connect(self._on_more)
        self._show()

    @Slot()
    def _measure(self) -> None:
        # It encodes all faces: not before somebody is there to see it.
        if self._view.isVisible():
            self._session.measure_typicality()
            self._show()

    @Slot(int, int)
    def _on_measuring(self, done: int, total: int) -> None:
        self._view.typicality.set_text(f"Measuring what is typical: {done:,} of {total:,} faces")

    @Slot()
    def _on_more(self) -> None:
        if self._typical.density is not None:
            self._session.explorer.make_more_typical(self._typical.density)

    @Slot()
    def _show(self) -> None:
        density, faces = self._typical.density, self._typical.faces
        latent, gauge = self._session.explorer.latent, self._view.typicality
        if density is None or faces is None:
            gauge.set_text(self._why_not())
        elif latent is None:
            gauge.set_text("")
        elif self._view.isVisible():
            gauge.set_share(f"“{faces.title}”", float(density.typicality(latent)))

    def _why_not(self) -> str:
        faces = self._session.faces.faces
        if self._typical.faces is not None:
            return "Measuring what is typical …"
        if self._session.training.is_active:
            return "What is typical is measured after the training."
        if faces is not None and len(faces.images) < FEWEST:
            return f"What is typical can be told of {FEWEST} faces or more."
        return ""
