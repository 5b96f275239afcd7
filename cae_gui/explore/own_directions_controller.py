"""Joins the studio's own directions and their page in Explore."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from cae_gui.core.models import Lane
from cae_gui.explore.direction_builder import MOST_FACES, WITH, WITHOUT
from cae_gui.explore.direction_draft import Draft
from cae_gui.explore.own_page import OwnPage
from cae_gui.gallery.gallery import Gallery
from cae_gui.studio import Studio
from cae_gui.widgets.face_mime import Face
from cae_gui.widgets.message_bar import Action, MessageBar
from model.latents.custom_directions import MAX_DIRECTIONS, MIN_MEASURED, DirectionFaces

BRING_BACK = "Bring it back"
NO_NAME = "Give the direction a name first."
NO_FACES = "Put faces that have it under “With it” first."
NOTHING_SELECTED = "Select faces in the gallery first: Ctrl or Shift takes several."
NOT_MEASURED = "The latent space of this model hasn't been measured yet."
FEW = (
    f"With {MIN_MEASURED} faces on each side you see here how well they are told apart. "
    "More faces make a better direction."
)
TOO_MANY = f"There are {MAX_DIRECTIONS} directions already. Remove one first."


class OwnDirectionsController(QObject):
    """Opens the form for a direction, fills it from the gallery, and keeps what it makes."""

    def __init__(
        self,
        studio: Studio,
        view: OwnPage,
        gallery: Gallery,
        messages: MessageBar,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._studio, self._own = studio, studio.own
        self._view, self._builder = view, view.builder
        self._gallery, self._messages = gallery, messages
        self._edited: DirectionFaces | None = None
        self._connect()
        self._on_changed()

    def _connect(self) -> None:
        own, view, builder = self._own, self._view, self._builder
        own.changed.connect(self._on_changed)
        own.brought.connect(self._on_brought)
        view.new_asked.connect(self._on_new)
        view.edit_asked.connect(self._on_edit)
        view.removal_asked.connect(self._on_removal)
        builder.selection_wanted.connect(self._on_selection_wanted)
        builder.faces_changed.connect(self._ask_draft)
        builder.save_asked.connect(self._on_save)
        builder.cancel_asked.connect(self._on_cancel)
        own.draft.ready.connect(self._on_draft)
        self._studio.explorer.face_changed.connect(self._ask_draft)
        self._studio.explorer.directions_changed.connect(self._ask_draft)

    @Slot()
    def _on_changed(self) -> None:
        own = self._own
        self._view.set_ready(own.is_ready)
        self._view.set_names(own.names)
        encoding = bool(own.items) and not own.is_measured
        note = "Encoding the faces of your directions …" if encoding else " ".join(own.unusable)
        self._view.set_note(note)

    @Slot(object, int)
    def _on_brought(self, path: Path, count: int) -> None:
        name = f"“{path.name}”"
        text = f"{name} holds no directions that you don't have already."
        if count:
            came = f"{count} direction{'' if count == 1 else 's'} of {name} came in"
            text = f"{came}; the faces were encoded with the model in use. Ctrl+Z takes it back."
        self._messages.show_message(text)

    @Slot()
    def _on_new(self) -> None:
        if len(self._own.items) >= MAX_DIRECTIONS:
            self._messages.show_message(TOO_MANY, kind="error")
        else:
            self._open(None)

    @Slot(int)
    def _on_edit(self, index: int) -> None:
        self._open(self._own.items[index])

    @Slot(int)
    def _on_removal(self, index: int) -> None:
        item = self._own.items[index]
        self._own.remove(item)
        bring_back = Action(BRING_BACK, partial(self._bring_back, item))
        self._messages.show_message(f"“{item.name}” was removed.", actions=[bring_back])

    def _bring_back(self, item: DirectionFaces) -> None:
        if item not in self._own.items:
            self._own.put(item)

    @Slot(int)
    def _on_selection_wanted(self, side: int) -> None:
        faces = self._studio.faces.faces
        rows = self._gallery.selected_rows()[:MOST_FACES] if faces is not None else []
        if faces is None or not rows:
            self._builder.set_error(NOTHING_SELECTED)
            return
        chosen = [(faces.names[row], np.array(faces.images[row])) for row in rows]
        self._builder.add_faces(side, chosen)
        self._ask_draft()

    @Slot()
    def _on_save(self) -> None:
        faces, taken = self._faces(), set(self._own.names)
        if self._edited is not None:
            taken.discard(self._edited.name)
        if not faces.name:
            self._builder.set_error(NO_NAME)
            self._builder.focus_name()
        elif faces.name in taken:
            self._builder.set_error(f"There is a direction “{faces.name}” already.")
            self._builder.focus_name()
        elif not len(faces.with_it):
            self._builder.set_error(NO_FACES)
        else:
            edited = self._edited if self._edited in self._own.items else None
            self._own.put(faces, edited)
            self._close()

    @Slot()
    def _on_cancel(self) -> None:
        self._close()

    @Slot()
    def _ask_draft(self) -> None:
        self._studio.models.drop(Lane.DRAFT)
        if not self._view.is_building():
            return
        explorer, faces = self._studio.explorer, self._faces()
        latents, statistics = self._own.latents, self._own.statistics
        if not len(faces.with_it):
            self._show_nothing("")
        elif latents is None or statistics is None:
            self._show_nothing(NOT_MEASURED)
        else:
            start = None if explorer.face is None else explorer.face.start
            fits = start is not None and start.shape == statistics.mean.shape
            self._own.draft.ask(faces, latents, statistics, start if fits else None)

    @Slot(object)
    def _on_draft(self, draft: Draft) -> None:
        if draft.reason:
            self._show_nothing(f"There is no direction in this: {draft.reason}.")
            return
        text = FEW
        if draft.auc is not None:
            text = (
                f"Tells faces with and without it apart with an AUC of {draft.auc:.2f} "
                "(1 always, 0.5 by chance)."
            )
        self._builder.set_separation(text)
        show, lane = self._builder.set_preview, Lane.DRAFT
        self._studio.models.decode(draft.latents, then=show, lane=lane)

    def _open(self, item: DirectionFaces | None) -> None:
        self._edited = item
        if item is None:
            self._builder.open("", [], [])
        else:
            self._builder.open(item.name, _named(item.with_it), _named(item.without))
        self._view.show_builder(True)
        self._builder.focus_name()
        self._ask_draft()

    def _close(self) -> None:
        self._edited = None
        self._view.show_builder(False)
        self._view.new.setFocus()

    def _show_nothing(self, text: str) -> None:
        self._builder.set_separation(text)
        self._builder.set_preview(None)

    def _faces(self) -> DirectionFaces:
        builder = self._builder
        return DirectionFaces(builder.name(), builder.images(WITH), builder.images(WITHOUT))


def _named(images: NDArray[np.uint8]) -> list[Face]:
    return [(f"Face {number}", image) for number, image in enumerate(images, 1)]
