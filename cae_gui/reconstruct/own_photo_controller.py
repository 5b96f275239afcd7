"""Joins the studio's own photo and the box on it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.reconstruct.own_photo import Opened
from cae_gui.reconstruct.photo_panel import PhotoPanel
from cae_gui.studio import Studio


class OwnPhotoController(QObject):
    """Shows the photo of the selected face where it is one of the person's own.

    Signals:
        photo_asked(str): the key of another face of the photo that was clicked.
    """

    photo_asked = Signal(str)

    def __init__(self, studio: Studio, view: PhotoPanel, parent: QObject) -> None:
        super().__init__(parent)
        self._photo, self._photos, self._view = studio.photo, studio.photos, view
        self._others: list[str] = []
        self._photo.opened.connect(self._on_opened)
        self._photo.closed.connect(view.hide)
        self._photo.placed.connect(view.photo.set_box)
        self._photo.kept.connect(self._show_faces)
        self._photos.changed.connect(self._show_faces)
        view.photo.box_changed.connect(self._photo.move)
        view.photo.box_settled.connect(self._photo.settle)
        view.photo.other_chosen.connect(self._on_other_chosen)
        view.add_face_asked.connect(self._on_add_face)
        view.add_all_asked.connect(self._on_add_all)
        view.remove_asked.connect(self._on_remove)

    @Slot(object)
    def _on_opened(self, photo: Opened) -> None:
        placement = photo.placement
        self._view.photo.set_photo(photo.pixels, photo.size, placement.found, "")
        self._view.photo.set_box(placement.box, placement.chosen)
        self._show_faces()
        self._view.show()

    @Slot()
    def _show_faces(self) -> None:
        """Show which faces of the photo have entries, and which are still free."""
        placement, others = self._photo.placement, self._photo.others()
        if placement is not None:
            self._others = list(others)
            free, found = len(placement.free(others.values())), len(placement.found)
            self._view.photo.set_others(tuple(others.values()))
            self._view.photo.set_caption(_caption(found, free, len(others)))
            self._view.set_free(free)

    @Slot(int)
    def _on_other_chosen(self, number: int) -> None:
        self.photo_asked.emit(self._others[number])

    @Slot()
    def _on_add_face(self) -> None:
        if self._photo.placement is not None:
            self._photos.add_face(self._photo.key, self._photo.placement)

    @Slot()
    def _on_add_all(self) -> None:
        if self._photo.key:
            self._photos.add_all_faces([self._photo.key])

    @Slot()
    def _on_remove(self) -> None:
        if self._photo.key:
            self._photos.remove([self._photo.key])


def _caption(found: int, free: int, others: int) -> str:
    if found > 1 and free:
        return f"Your photo: {found} faces found, click a dashed one to choose it"
    if others:
        return f"Your photo: {others + 1} faces added, click one to go to it"
    return "Your photo" if found else "Your photo: no face found, move the box"
