"""A photo of the user with its box, and what can be done with the faces on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from cae_gui.reconstruct.crop_box import CropBoxView
from cae_gui.reconstruct.own_photo import Opened, OwnPhoto
from cae_gui.widgets.controls import SectionLabel
from cae_gui.widgets.layouts import filled
from model.photos.crop import Placement


class PhotoPanel(QWidget):
    """Shows the photo of the selected face where it is the user's own, else hides.

    ``buttons``, for elsewhere, are shown and hidden with it.

    ``show_faces`` is to be called when faces came or went. What the user asks for is called with
    keys of the photo library: ``pick`` goes to another face of the photo, ``add_face`` gives the
    one in the box an entry of its own, ``add_all_faces`` all the others that were found.

    Signals:
        shown(bool): a photo is there, or none any more.
    """

    shown = Signal(bool)

    def __init__(
        self,
        own: OwnPhoto,
        *,
        pick: Callable[[str], object],
        add_face: Callable[[str, Placement], object],
        add_all_faces: Callable[[Sequence[str]], object],
        remove: Callable[[Sequence[str]], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._own = own
        self._pick, self._add_face = pick, add_face
        self._add_all_faces, self._remove = add_all_faces, remove
        self._others: list[str] = []
        self.photo = CropBoxView()
        self.buttons = QWidget()
        self.add_face = QPushButton("&Add another face")
        self.add_all = QPushButton()
        self.remove = QPushButton("Remove th&is face")
        self.add_face.setToolTip(
            "Give another person on this photo an entry of their own in the gallery.\n"
            "Its box is on a face that was found, or beside this one."
        )
        self.add_all.setToolTip("Give each face that was found an entry of its own in the gallery")
        self.remove.setToolTip("Take this face out of your photos")
        self._arrange()
        self._set_free(0)
        self._connect()

    @Slot()
    def show_faces(self) -> None:
        """Show which faces of the photo have entries, and which are still free."""
        placement, others = self._own.placement, self._own.others()
        if placement is not None:
            self._others = list(others)
            free, found = len(placement.free(others.values())), len(placement.found)
            self.photo.set_others(tuple(others.values()))
            self.photo.set_caption(_caption(found, free, len(others)))
            self._set_free(free)

    def _arrange(self) -> None:
        filled(QVBoxLayout(self), self.photo)
        title = SectionLabel("Your photo")
        filled(QVBoxLayout(self.buttons), title, self.add_face, self.add_all, self.remove)

    def _connect(self) -> None:
        self._own.opened.connect(self._on_opened)
        self._own.closed.connect(self._on_closed)
        self._own.placed.connect(self.photo.set_box)
        self._own.kept.connect(self.show_faces)
        self.photo.box_changed.connect(self._own.move)
        self.photo.box_settled.connect(self._own.settle)
        self.photo.other_chosen.connect(self._on_other_chosen)
        self.add_face.clicked.connect(self._on_add_face)
        self.add_all.clicked.connect(self._on_add_all)
        self.remove.clicked.connect(self._on_remove)

    def _set_free(self, count: int) -> None:
        """Say how many faces were found that have no entry."""
        self.add_all.setText(f"Add the other {count} fa&ces")
        self.add_all.setVisible(count > 1)

    @Slot(object)
    def _on_opened(self, photo: Opened) -> None:
        placement = photo.placement
        self.photo.set_photo(photo.pixels, photo.size, placement.found, "")
        self.photo.set_box(placement.box, placement.chosen)
        self.show_faces()
        self._set_shown(True)

    @Slot()
    def _on_closed(self) -> None:
        self._set_shown(False)

    def _set_shown(self, shown: bool) -> None:
        self.setVisible(shown)
        self.buttons.setVisible(shown)
        self.shown.emit(shown)

    @Slot(int)
    def _on_other_chosen(self, number: int) -> None:
        self._pick(self._others[number])

    @Slot()
    def _on_add_face(self) -> None:
        if self._own.placement is not None:
            self._add_face(self._own.key, self._own.placement)

    @Slot()
    def _on_add_all(self) -> None:
        if self._own.key:
            self._add_all_faces([self._own.key])

    @Slot()
    def _on_remove(self) -> None:
        if self._own.key:
            self._remove([self._own.key])


def _caption(found: int, free: int, others: int) -> str:
    if found > 1 and free:
        return f"{found} faces found: click a dashed one to choose it"
    if others:
        return f"{others + 1} faces added: click one to go to it"
    return "Your photo" if found else "No face was found: drag the box onto the face"
