"""Joins the session's own photo and the box on it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from cae_gui.session.own_photo import Opened
from cae_gui.session.session import Session
from cae_gui.widgets.crop_box import CropBoxView


class OwnPhotoController(QObject):
    """Shows the photo of the selected face where it is one of the person's own."""

    def __init__(self, session: Session, view: CropBoxView, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        session.photo.opened.connect(self._on_opened)
        session.photo.closed.connect(view.hide)
        view.box_changed.connect(session.photo.move)
        view.box_settled.connect(session.photo.settle)

    @Slot(object)
    def _on_opened(self, photo: Opened) -> None:
        placement = photo.placement
        caption = _caption(len(placement.found))
        self._view.set_photo(photo.pixels, photo.size, placement.found, caption)
        self._view.set_box(placement.box, placement.chosen)
        self._view.show()


def _caption(faces: int) -> str:
    if faces > 1:
        return f"Your photo: {faces} faces, click one to choose it"
    return "Your photo" if faces else "Your photo: no face found, move the box"
