"""The strip below the curves: test faces over their reconstructions, and a slider of epochs."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cae_gui.widgets.film_strip import FilmStrip
from cae_gui.widgets.layouts import filled

_SIDE, _BELOW, _GAP = 12, 8, 4


class PreviewStrip(QWidget):
    """Gives the faces the height that their width allows, so that the plot keeps the rest."""

    def __init__(self, film: FilmStrip, epochs: QWidget) -> None:
        super().__init__()
        self._film = film
        filled(QVBoxLayout(self), film, epochs, margins=(_SIDE, 0, _SIDE, _BELOW), spacing=_GAP)

    def _fit(self) -> None:
        height = self._film.heightForWidth(self.width() - 2 * _SIDE)
        if height != self._film.height():
            self._film.setFixedHeight(height)
            self.updateGeometry()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
