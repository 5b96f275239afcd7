"""Keeps the explorer's state up to date with the model in use, also during a training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from cae_gui.core.faces import Faces
from cae_gui.core.latents import Latents
from cae_gui.core.models import Floats, Lane, Models
from cae_gui.core.selection import Selected, Selection
from cae_gui.explore.explorer import Edited, Explorer, Face

if TYPE_CHECKING:
    from model.inference import Reconstruction
    from model.latents.directions import Direction

WANTED = (
    "Smiling",
    "Eyeglasses",
    "Youth",
    "Female",
    "Male",
    "Beard",
    "Mustache",
    "Gray hair",
    "Mouth wide open",
    "Sunglasses",
)
"""Attributes that people try first, in this order; the others follow."""
REBASED_AT_ONCE = 32
"""Faces in one request to encode, which a slider's picture may have to wait for."""


class Exploring(QObject):
    """Gives the explorer faces, directions and density, and applies its edits to new snapshots.

    Signals:
        face_picked(int): select the face in this row of the gallery.
    """

    face_picked = Signal(int)

    def __init__(
        self,
        models: Models,
        faces: Faces,
        selection: Selection,
        explorer: Explorer,
        latents: Latents,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._models, self._faces, self._selection = models, faces, selection
        self._explorer, self._latents = explorer, latents
        self._loaded: Selected | None = None  # what the explorer was given last
        self._is_visible = False
        self._is_training = False
        self.are_examples_chosen: Callable[[], bool] = lambda: False
        """Whether faces are being chosen for something else; they leave the edited face alone."""
        models.replaced.connect(self._on_model)
        models.described.connect(self._on_described)
        models.attributes_found.connect(self._on_attributes)
        latents.changed.connect(self._on_latents)
        faces.changed.connect(self._on_faces)
        selection.reconstructed.connect(self._on_reconstructed)

    def look(self, looking: bool) -> None:
        """Note whether Explore is in view: only then the latent space is measured."""
        self._is_visible = looking
        self._measure()

    def set_training(self, active: bool) -> None:
        """Note that a training began or ended; meanwhile snapshots aren't measured."""
        was_active, self._is_training = self._is_training, active
        if was_active and not active:
            self._describe()

    def go_on_with(self, edited: Edited, text: str) -> None:
        """Select the face of an earlier edit and restore the edit, as one step."""
        self._loaded = Selected(edited.name, edited.pixels)
        self._explorer.restore(edited, text)
        self._selection.show(self._loaded)

    def go_on_with_history(
        self, history: Sequence[tuple[str, Edited]], present: int, text: str
    ) -> None:
        """Do so with all states of an earlier edit, of which ``present`` is in use."""
        edited = history[present][1]
        self._loaded = Selected(edited.name, edited.pixels)
        self._explorer.restore_history(history, present, text)
        self._selection.show(self._loaded)

    def is_unedited(self) -> bool:
        """Return whether the selected face is the one on show in Explore, without an edit."""
        selected, edited = self._selection.face, self._explorer.face
        if selected is None or edited is None or edited.offset.any():
            return False
        return bool(np.array_equal(selected.pixels, edited.pixels))

    def load_measured(self, point: int) -> None:
        """Select the face of a measured latent, by its index.

        It is selected in the gallery, unless another data set is on show there.
        """
        explored, faces = self._latents.explored, self._latents.faces
        if explored is None or faces is None:
            return
        row = int(explored.latents.rows[point])
        if faces is self._faces.faces:
            self.face_picked.emit(row)
        else:
            self._selection.select(faces.names[row], np.asarray(faces.images[row]))

    def _describe(self) -> None:
        faces = self._faces.faces
        if faces is not None and len(faces.images) >= 3:
            self._models.describe(faces)

    def _measure(self) -> None:
        """Encode all faces, if Explore is in view."""
        model, faces = self._models.model, self._faces.faces
        if not self._is_visible or model is None or faces is None:
            return
        if model.statistics is not None or self._is_followed():
            self._latents.measure(model, faces)

    def _is_followed(self) -> bool:
        """Whether the model in use is a snapshot of the training under way."""
        return self._is_training and self._models.snapshot_of is not None

    def _start_over(self) -> None:
        """Clear what belongs to the latent space of another model."""
        model, explorer = self._models.model, self._explorer
        self._loaded = None
        self._latents.forget()
        explorer.clear()
        explorer.use_attributes(())
        explorer.set_own(())
        explorer.use_statistics(model.statistics if model else None)
        explorer.use_density(None)

    def _rebase(self, faces: list[Face]) -> None:
        """Encode the edited faces by the model's next snapshot, some at a time."""
        if faces:
            images = np.stack([face.pixels for face in faces[:REBASED_AT_ONCE]])
            self._models.encode(images, then=partial(self._on_rebased, faces), lane=Lane.REBASE)

    @Slot(object, object, bool)
    def _on_model(self, _old: object, _new: object, goes_on: bool) -> None:
        self._models.find_attributes()
        if goes_on:
            self._latents.follow()
            self._rebase(self._explorer.faces())
        else:
            self._start_over()
        if not self._is_followed():
            self._describe()
        self._measure()

    @Slot()
    def _on_described(self) -> None:
        model = self._models.model
        # Directions aligned with the present ones come with the measured latents.
        if not (self._is_visible and self._latents.explored is not None):
            self._explorer.use_statistics(model.statistics if model else None)
        self._measure()

    @Slot()
    def _on_attributes(self) -> None:
        self._explorer.use_attributes(_wanted_first(self._models.attributes or ()))
        if self._models.density is not None:
            self._explorer.use_density(self._models.density)

    @Slot()
    def _on_latents(self) -> None:
        explored = self._latents.explored
        if explored is not None:
            self._explorer.use_density(explored.density)
            if explored.statistics is not self._explorer.statistics:
                self._explorer.use_statistics(explored.statistics)

    @Slot()
    def _on_faces(self) -> None:
        if not self._is_training:
            self._describe()
        self._measure()

    @Slot(object)
    def _on_reconstructed(self, reply: Reconstruction) -> None:
        face = self._selection.face
        # Each intermediate position of a moved box would be an undo step.
        if face is None or face.is_passing or face is self._loaded:
            return
        before, edited, latent = self._loaded, self._explorer.face, reply.latents[0]
        self._loaded = face
        if edited is not None and before is not None and _is_anew(face, before, edited):
            verb = "Refine" if face.pixels is before.pixels else "Cut out"
            self._explorer.load_anew(face.name, face.pixels, latent, f"{verb} {face.name}")
        elif edited is None or not self.are_examples_chosen():
            self._explorer.load(face.name, face.pixels, latent)

    def _on_rebased(self, faces: list[Face], latents: Floats) -> None:
        self._explorer.rebase(faces[:REBASED_AT_ONCE], latents)
        self._rebase(faces[REBASED_AT_ONCE:])


def _wanted_first(attributes: Sequence[Direction]) -> list[Direction]:
    """Return the attributes, those of ``WANTED`` first."""
    places = {name: place for place, name in enumerate(WANTED)}
    return sorted(attributes, key=lambda item: places.get(item.name, len(places)))


def _is_anew(face: Selected, before: Selected, edited: Edited) -> bool:
    """Return whether the edited face was selected again: refined, or its box has moved."""
    is_same_photo = bool(face.photo_key) and face.photo_key == before.photo_key
    is_edited = np.array_equal(before.pixels, edited.pixels)
    return is_edited and (is_same_photo or face.pixels is before.pixels)
