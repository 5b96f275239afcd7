"""Joins the studio's faces and the gallery."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QMenu

from cae_gui.core.faces import DEMO, LFW, PHOTOS, TITLES
from cae_gui.gallery.gallery import Gallery
from cae_gui.morph.morph_state import MorphFace
from cae_gui.studio import Studio
from cae_gui.widgets import dialogs

FOLDER_KEY = "choose-folder"
NO_PHOTOS = "Drop photos anywhere in the window, or paste them."
MOST_UNASKED = 20
"""As many photos are removed without a question: they wait in memory to be put back."""


class GalleryController(QObject):
    """Shows the data set, selects faces from it, and offers its sources.

    Signals:
        folder_wanted(): a folder of faces is to be asked for.
        face_activated(): a face was double-clicked.
        used_in_morph(): a face was put on the path of the morph.
    """

    folder_wanted = Signal()
    face_activated = Signal()
    used_in_morph = Signal()

    def __init__(self, studio: Studio, view: Gallery, first_row: int, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._faces, self._view = studio, studio.faces, view
        self._wanted_row, self._wanted_key = first_row, ""
        self._shown_key = ""
        view.clear("Loading the faces …")
        view.source_chosen.connect(self._on_source_chosen)
        view.face_chosen.connect(self._on_face_chosen)
        view.face_activated.connect(self._on_face_activated)
        view.context_requested.connect(self._on_context)
        view.removal_asked.connect(self._on_removal)
        self._faces.changed.connect(self._on_faces)
        self._faces.idle.connect(self.show_source)
        self._faces.lfw_missing.connect(self._on_lfw_missing)
        studio.photos.added.connect(self._on_photos_added)
        studio.photos.changed.connect(self._on_photos_changed)
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

    @Slot(str)
    def pick_photo(self, key: str) -> None:
        """Select the face that the shelf of own photos calls so, if it is on show."""
        if key in self._faces.keys:
            self.pick(self._faces.keys.index(key))

    @Slot()
    def _on_faces(self) -> None:
        faces = self._faces.faces
        if faces is None:
            return
        self.offer_sources(self._faces.source)
        row, self._wanted_row = self._wanted_row, 0
        key, self._wanted_key = self._wanted_key, ""
        if not len(faces.images):
            self._shown_key = ""
            self._view.clear(NO_PHOTOS)
            return
        if key in self._faces.keys:
            row = self._faces.keys.index(key)
        self._view.set_faces(faces.images, faces.names)
        if key and key == self._shown_key:
            self._view.select_row(row)  # only others came or went
        else:
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
            self._shown_key = self._faces.keys[row] if self._faces.keys else ""
            self._studio.selection.select(
                faces.names[row], faces.images[row], photo_key=self._shown_key
            )

    @Slot(int)
    def _on_face_activated(self, row: int) -> None:
        self._on_face_chosen(row)
        self.face_activated.emit()

    @Slot(int, QPoint)
    def _on_context(self, row: int, place: QPoint) -> None:
        menu = QMenu(self._view)
        for index, letter in enumerate("AB"):
            menu.addAction(f"Morph: use as &{letter}", partial(self._use_in_morph, row, index))
        last = len(self._studio.morpher.state.faces)
        menu.addAction("Morph: add as &key frame", partial(self._use_in_morph, row, last))
        if self._faces.source == PHOTOS:
            menu.addSeparator()
            rows = self._view.selected_rows()
            rows = rows if row in rows else [row]
            text = "&Remove photo" if len(rows) == 1 else f"&Remove {len(rows)} photos"
            menu.addAction(text, partial(self._on_removal, rows))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def _use_in_morph(self, row: int, index: int) -> None:
        faces = self._faces.faces
        if faces is not None:
            face = MorphFace(faces.names[row], np.array(faces.images[row]))
            self._studio.morpher.put(index, face)
            self.used_in_morph.emit()

    @Slot(object)
    def _on_lfw_missing(self, _problem: object) -> None:
        self._view.set_source(self._faces.source or DEMO)
        if self._faces.faces is None:
            self._faces.choose(DEMO)

    @Slot(list)
    def _on_removal(self, rows: Sequence[int]) -> None:
        keys = [self._faces.keys[row] for row in rows if row < len(self._faces.keys)]
        for_good = len(keys) > MOST_UNASKED
        if keys and (not for_good or dialogs.ask_remove(self._view, len(keys))):
            self._studio.photos.remove(keys, for_good=for_good)

    @Slot(str)
    def _on_photos_added(self, key: str) -> None:
        self._wanted_key = key
        self._faces.choose(PHOTOS)

    @Slot(str)
    def _on_photos_changed(self, key: str) -> None:
        if key or self._faces.source == PHOTOS:
            self._wanted_key = key or self._shown_key
            self._wanted_row = self._view.selected_row() or 0
            self._faces.choose(PHOTOS)

    @Slot(int)
    def _on_photo_moved(self, row: int) -> None:
        if self._faces.faces is not None:
            self._view.update_face(self._faces.faces.images, row)
