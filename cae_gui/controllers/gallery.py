"""Joins the session's faces and the gallery."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QMenu

from cae_gui.session.faces import DEMO, LFW, PHOTOS, TITLES
from cae_gui.session.session import Session
from cae_gui.widgets.gallery import Gallery

FOLDER_KEY = "choose-folder"
NO_PHOTOS = "Drop photos anywhere in the window, or paste them."


class GalleryController(QObject):
    """Shows the data set, selects faces from it, and offers its sources.

    Signals:
        folder_wanted(): a folder of faces is to be asked for.
        face_activated(): a face was double-clicked.
        used_in_morph(): a face was put into a well of the morph.
    """

    folder_wanted = Signal()
    face_activated = Signal()
    used_in_morph = Signal()

    def __init__(self, session: Session, view: Gallery, first_row: int, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._faces, self._view = session, session.faces, view
        self._wanted_row = first_row
        view.clear("Loading the faces …")
        view.source_chosen.connect(self._on_source_chosen)
        view.face_chosen.connect(self._on_face_chosen)
        view.face_activated.connect(self._on_face_activated)
        view.context_requested.connect(self._on_context)
        self._faces.changed.connect(self._on_faces)
        self._faces.idle.connect(self.show_source)
        self._faces.lfw_missing.connect(self._on_lfw_missing)
        self._faces.photos_added.connect(self._on_photos_added)
        self._faces.photo_moved.connect(self._on_photo_moved)

    def offer_sources(self, chosen: str) -> None:
        """List the sources, among them a folder that was chosen."""
        sources = [(key, TITLES[key]) for key in (DEMO, LFW, PHOTOS)]
        if chosen not in TITLES:
            sources.append((chosen, Path(chosen).name))
        self._view.set_sources([*sources, (FOLDER_KEY, "Choose a folder …")])
        self._view.set_source(chosen)

    @Slot()
    def show_source(self) -> None:
        """Show the source in use; a choice that failed or was cancelled isn't."""
        if self._faces.faces is not None:
            self._view.set_source(self._faces.source)

    @Slot(int)
    def pick(self, row: int) -> None:
        """Select a face and bring it into view."""
        self._view.select_row(row)
        self._on_face_chosen(row)

    @Slot()
    def _on_faces(self) -> None:
        faces = self._faces.faces
        if faces is None:
            return
        self.offer_sources(self._faces.source)
        row, self._wanted_row = self._wanted_row, 0
        if not len(faces.images):
            self._view.clear(NO_PHOTOS)
            return
        self._view.set_faces(faces.images, faces.names)
        self.pick(min(row, len(faces.images) - 1))

    @Slot(str)
    def _on_source_chosen(self, key: str) -> None:
        if key == FOLDER_KEY:
            self.folder_wanted.emit()
            self.show_source()
        else:
            self._faces.choose(key)

    @Slot(int)
    def _on_face_chosen(self, row: int) -> None:
        faces = self._faces.faces
        if faces is not None and row < len(faces.images):
            photo_row = row if self._faces.source == PHOTOS else None
            self._session.select(faces.names[row], faces.images[row], photo_row=photo_row)

    @Slot(int)
    def _on_face_activated(self, row: int) -> None:
        self._on_face_chosen(row)
        self.face_activated.emit()

    @Slot(int, QPoint)
    def _on_context(self, row: int, place: QPoint) -> None:
        menu = QMenu(self._view)
        for index, letter in enumerate("AB"):
            menu.addAction(f"Morph: use as &{letter}", partial(self._use_in_morph, row, index))
        if self._faces.source == PHOTOS:
            menu.addSeparator()
            menu.addAction("&Remove photo", partial(self._faces.remove_photo, row))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def _use_in_morph(self, row: int, index: int) -> None:
        faces = self._faces.faces
        if faces is not None:
            pixels = np.array(faces.images[row])
            self._session.morpher.set_well(index, faces.names[row], pixels)
            self.used_in_morph.emit()

    @Slot(object)
    def _on_lfw_missing(self, _problem: object) -> None:
        self._view.set_source(self._faces.source or DEMO)
        if self._faces.faces is None:
            self._faces.choose(DEMO)

    @Slot(int)
    def _on_photos_added(self, row: int) -> None:
        self._wanted_row = row
        self._faces.choose(PHOTOS)

    @Slot(int)
    def _on_photo_moved(self, row: int) -> None:
        if self._faces.faces is not None:
            self._view.update_face(self._faces.faces.images, row)
