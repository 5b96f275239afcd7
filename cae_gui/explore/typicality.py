"""The typicality of the face: sentence, bar, soft limit, and a button that increases it."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from cae_gui.core.faces import Faces
from cae_gui.core.latents import FEWEST, Latents
from cae_gui.core.models import Models
from cae_gui.explore.explorer import LEAST_TYPICAL, Explorer
from cae_gui.widgets.controls import ElidedLabel, ProgressBar, button
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.layouts import filled

SOON_MS = 60
"""Longest delay of the gauge after a move, so that the face's picture comes first, in ms."""
_MOST = 0.995
"""From this share on, shown as 100 %, the face can't be made more typical."""


class TypicalityGauge(QWidget):
    """Shows the share of faces that are at least as unusual, or why it isn't known."""

    def __init__(
        self,
        models: Models,
        faces: Faces,
        latents: Latents,
        explorer: Explorer,
        face: FaceView,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._faces, self._latents = models, faces, latents
        self._explorer = explorer
        self._text = ElidedLabel(tips=True)
        self._bar = ProgressBar()
        self._bar.setFixedHeight(8)
        tip = "Move the face a little towards the typical face"
        self.more = button("More typical", explorer.make_more_typical, tip)
        self.limit = QCheckBox("&Limit to typical faces")
        self.limit.setChecked(True)
        self.limit.setToolTip("Draw edits back to where at least 1 % of the faces are as unusual")
        self._soon = QTimer(self, singleShot=True)
        line = filled(QHBoxLayout(), self.limit, self.more)
        line.insertStretch(1)
        filled(QVBoxLayout(self), self._text, self._bar, line, spacing=4)
        self._connect(face)
        self.set_text("")

    def _connect(self, face: FaceView) -> None:
        self.limit.toggled.connect(self._on_limit)
        self._soon.timeout.connect(self.refresh)
        self._explorer.latent_changed.connect(self._on_latent)
        face.painted.connect(self._on_painted)
        for changed in (self._latents.changed, self._models.attributes_found):
            changed.connect(self.refresh)
        self._latents.measuring.connect(self._on_measuring)

    def text(self) -> str:
        """Return the sentence."""
        return self._text.text()

    @Slot()
    def refresh(self) -> None:
        """Update the gauge; does nothing while hidden."""
        if not self.isVisible():
            return
        share = self._explorer.typicality()
        if share is None:
            self.set_text(self._why_not())
        else:
            self.set_share(self._whose(), share)

    def set_text(self, text: str) -> None:
        """Show a text instead of a share."""
        self._show(text, 0)
        self._bar.setEnabled(False)
        self.more.setEnabled(False)

    def set_share(self, faces: str, share: float) -> None:
        """Show the share, 0 to 1, of the data set ``faces`` that is at least as unusual."""
        percent = round(100 * share)
        self._show(f"Typical of {faces}: {percent} %", percent)
        self._text.setToolTip(f"{percent} % of {faces} are at least as unusual as this face.")
        self._bar.setEnabled(True)
        self.more.setEnabled(share < _MOST)

    def _show(self, text: str, percent: int) -> None:
        if text != self._text.text():
            self._text.setText(text)
            self._bar.setAccessibleName(text)
            self._bar.setValue(percent)

    def _whose(self) -> str:
        if self._models.density is not None or self._latents.faces is None:
            return "the training faces"
        return f"“{self._latents.faces.title}”"

    def _why_not(self) -> str:
        faces = self._faces.faces
        if self._explorer.face is None:
            return ""
        if self._latents.faces is not None:
            return "Measuring what is typical …"
        if faces is not None and len(faces.images) < FEWEST:
            return f"What is typical can be told of {FEWEST} faces or more."
        return ""

    @Slot()
    def _on_latent(self) -> None:
        self._soon.start(SOON_MS)

    @Slot()
    def _on_painted(self) -> None:
        if self._soon.isActive():
            self._soon.start(0)

    @Slot(bool)
    def _on_limit(self, on: bool) -> None:
        self._explorer.limit = LEAST_TYPICAL if on else 0.0

    @Slot(int, int)
    def _on_measuring(self, done: int, total: int) -> None:
        if self._explorer.density is None:
            self.set_text(f"Measuring what is typical: {done:,} of {total:,} faces")
