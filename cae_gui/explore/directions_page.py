"""The page of custom directions and presets: their sliders, and the forms that define one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from cae_gui.core.models import Lane, Models
from cae_gui.explore.custom_directions import CustomDirections, Draft
from cae_gui.explore.direction_builder import MOST_FACES, WITH, WITHOUT, DirectionBuilder
from cae_gui.explore.explorer import Explorer
from cae_gui.explore.preset_form import PresetForm
from cae_gui.explore.sliders.latent_sliders import LatentSliders
from cae_gui.explore.tools import Tool
from cae_gui.widgets.controls import Label, button, in_menu
from cae_gui.widgets.face_mime import Face
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.message_bar import Action, MessageBar
from model.latents.custom_directions import MAX_DIRECTIONS, MIN_MEASURED, DirectionFaces, Own
from model.latents.presets import Preset

BRING_BACK = "Bring it back"
NO_NAME = "Give the direction a name first."
NO_PRESET_NAME = "Give the preset a name first."
NO_EDIT = "Change the face first: a preset keeps how it differs from its reconstruction."
NO_FACES = "Put faces that have it under “With it” first."
NOTHING_SELECTED = "Select faces in the gallery first: Ctrl or Shift takes several."
NOT_MEASURED = "The latent space of this model hasn't been measured yet."
FEW = (
    f"With {MIN_MEASURED} faces on each side you see here how well they are told apart. "
    "More faces make a better direction."
)
TOO_MANY = f"There are {MAX_DIRECTIONS} directions already. Remove one first."


class DirectionsPage(QWidget):
    """Sliders of custom directions and presets, with commands to add, edit and remove them.

    ``selected_faces(most)`` returns at most ``most`` of the faces selected in the gallery.
    """

    def __init__(
        self,
        models: Models,
        explorer: Explorer,
        own: CustomDirections,
        sliders: LatentSliders,
        messages: MessageBar,
        selected_faces: Callable[[int], Sequence[Face]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._explorer, self._own = models, explorer, own
        self._messages, self._selected_faces = messages, selected_faces
        self._edited: Own | None = None
        self._preset: Preset | None = None  # the one in its form
        self.builder, self.preset_form = DirectionBuilder(), PresetForm()
        tip = "Make a direction from faces with something and faces without it"
        self.new = button("New direction …", self._on_new, tip)
        tip = "Keep the whole edit of the face under a name, to apply it to other faces"
        self.keep = Tool("keep", "New preset …", tip, self.keep_edit)
        tip = "Change the name or the faces of a direction, or the name of a preset"
        self.edit = Tool("edit", "Edit", tip)
        tip = "Remove a direction or a preset; undo brings it back"
        self.remove = Tool("discard", "Remove", tip)
        tip = "Import the directions and presets of a file, or the directions of a session"
        self.bring = Tool("import", "Import …", tip)
        tip = "Export all directions and presets to a file, for another computer"
        self.export = Tool("export", "Export …", tip)
        self._note = Label(wordWrap=True)
        self._pages = QStackedWidget()
        self._list = QWidget()
        for opening in (self.edit, self.remove):
            opening.open_with(QMenu(opening))
        self._arrange(sliders)
        self._connect()
        self._show_directions()

    def _arrange(self, sliders: LatentSliders) -> None:
        of_list = self.new, self.keep, self.edit, self.remove, self.bring, self.export
        buttons = filled(QHBoxLayout(), *of_list, margins=(16, 0, 8, 0), spacing=0)
        buttons.insertStretch(1, 1)
        self._note.setContentsMargins(16, 0, 8, 8)
        column, rows = QVBoxLayout(self._list), (buttons, sliders, self._note)
        filled(column, *rows, margins=(0, 8, 0, 0), spacing=0, room=sliders)
        for page in (self._list, self.builder, self.preset_form):
            self._pages.addWidget(page)
        filled(QVBoxLayout(self), self._pages)

    def _connect(self) -> None:
        own, builder = self._own, self.builder
        builder.selection_wanted.connect(self._on_selection_wanted)
        builder.faces_changed.connect(self._ask_draft)
        builder.save.clicked.connect(self._on_save)
        builder.cancel.clicked.connect(self._close)
        self.preset_form.save.clicked.connect(self._on_preset_saved)
        self.preset_form.cancel.clicked.connect(self._close)
        own.changed.connect(self._show_directions)
        own.brought.connect(self._on_brought)
        own.drafted.connect(self._on_drafted)
        for changed in (self._explorer.face_changed, self._explorer.directions_changed):
            changed.connect(self._ask_draft)

    def is_building(self) -> bool:
        """Return whether the form of a direction is shown."""
        return self._pages.currentWidget() is self.builder

    @Slot()
    def _show_directions(self) -> None:
        own = self._own
        if self._preset is not None and self._edited is None and self._preset.model != own.digest:
            self._close()  # another model is in use: the edit is none of its space
        self.new.setEnabled(own.is_ready)
        self.bring.setEnabled(own.is_ready)
        self.keep.setEnabled(own.is_ready and bool(own.digest))
        self.export.setEnabled(bool(own.items))
        for opening, act in ((self.edit, self._open), (self.remove, self._on_removal)):
            menu = opening.menu()
            menu.clear()
            for item in own.items:
                menu.addAction(in_menu(item.name), partial(act, item))
            opening.setEnabled(bool(own.items))
        is_encoding = bool(own.items) and not own.is_measured
        note = "Encoding the faces of your directions …" if is_encoding else " ".join(own.unusable)
        self._note.setText(note)
        self._note.setVisible(bool(note))

    @Slot()
    def _ask_draft(self) -> None:
        """Request the preview for the faces in the form, while it is shown."""
        self._models.drop(Lane.DRAFT)
        if not self.is_building():
            return
        faces = self._faces()
        if not len(faces.with_it):
            self._show_nothing("")
        elif not self._own.ask_draft(faces):
            self._show_nothing(NOT_MEASURED)

    def begin_with(self, side: int, faces: Sequence[Face]) -> None:
        """Put faces on a side: in the form on show, or in a new one."""
        if not self.is_building():
            self._on_new()
        if self.is_building():
            self.builder.add_faces(side, faces)
            self._ask_draft()

    def _open(self, item: Own | None) -> None:
        self._edited = item
        if isinstance(item, Preset):
            self._open_preset(item)
            return
        if item is None:
            self.builder.open("", [], [])
        else:
            self.builder.open(item.name, _named(item.with_it), _named(item.without))
        self._pages.setCurrentWidget(self.builder)
        self.builder.focus_name()
        self._ask_draft()

    def _open_preset(self, preset: Preset) -> None:
        self._preset = preset
        self._pages.setCurrentWidget(self.preset_form)
        self.preset_form.open(preset, is_new=self._edited is None)

    @Slot()
    def _close(self) -> None:
        self._edited = self._preset = None
        self._pages.setCurrentWidget(self._list)
        self.new.setFocus()

    def _show_nothing(self, text: str) -> None:
        self.builder.set_separation(text)
        self.builder.set_preview(None)

    def _faces(self) -> DirectionFaces:
        builder = self.builder
        return DirectionFaces(builder.name(), builder.images(WITH), builder.images(WITHOUT))

    def _on_removal(self, item: Own) -> None:
        self._own.remove(item)
        bring_back = Action(BRING_BACK, partial(self._bring_back, item))
        self._messages.show_message(f"“{item.name}” was removed.", actions=[bring_back])

    def _bring_back(self, item: Own) -> None:
        if item not in self._own.items:
            self._own.put(item)

    @Slot(object, int, int)
    def _on_brought(self, path: Path, count: int, left_out: int) -> None:
        name = f"“{path.name}”"
        text = f"{name} holds no directions that you don't have already."
        if count:
            came = f"{count} direction{'' if count == 1 else 's'} of {name} came in"
            text = f"{came}; the faces were encoded with the model in use. Ctrl+Z takes it back."
        if left_out:
            were = "preset in it was" if left_out == 1 else "presets in it were"
            other = f"{left_out} {were} made with another model and can't be used with this one."
            text = f"{text if count else name + ' brought nothing:'} {other}"
        self._messages.show_message(text)

    def _has_room(self) -> bool:
        has_room = len(self._own.items) < MAX_DIRECTIONS
        if not has_room:
            self._messages.show_message(TOO_MANY, kind="error")
        return has_room

    @Slot()
    def _on_new(self) -> None:
        if self._has_room():
            self._open(None)

    @Slot()
    def keep_edit(self) -> None:
        """Open the form of a preset of the present edit, or say why there is none."""
        preset = self._own.preset("")
        if preset is None:
            self._messages.show_message(NO_EDIT)
        elif self._has_room():
            self._edited = None
            self._open_preset(preset)

    @Slot(int)
    def _on_selection_wanted(self, side: int) -> None:
        chosen = self._selected_faces(MOST_FACES)
        if chosen:
            self.builder.add_faces(side, chosen)
            self._ask_draft()
        else:
            self.builder.set_error(NOTHING_SELECTED)

    @Slot()
    def _on_save(self) -> None:
        faces, taken = self._faces(), set(self._own.names)
        if self._edited is not None:
            taken.discard(self._edited.name)
        if not faces.name:
            self.builder.set_error(NO_NAME)
            self.builder.focus_name()
        elif faces.name in taken:
            self.builder.set_error(f"There is a direction “{faces.name}” already.")
            self.builder.focus_name()
        elif not len(faces.with_it):
            self.builder.set_error(NO_FACES)
        else:
            edited = self._edited if self._edited in self._own.items else None
            self._own.put(faces, edited)
            self._close()

    @Slot()
    def _on_preset_saved(self) -> None:
        preset, name = self._preset, self.preset_form.name()
        taken = set(self._own.names) - ({self._edited.name} if self._edited is not None else set())
        if not name:
            self.preset_form.set_error(NO_PRESET_NAME)
        elif name in taken:
            self.preset_form.set_error(f"There is a direction or preset “{name}” already.")
        elif preset is not None:
            edited = self._edited if self._edited in self._own.items else None
            self._own.put(replace(preset, name=name), edited)
            self._close()

    @Slot(object)
    def _on_drafted(self, draft: Draft) -> None:
        if draft.reason:
            self._show_nothing(f"There is no direction in this: {draft.reason}.")
            return
        text = FEW
        if draft.auc is not None:
            text = (
                f"Tells faces with and without it apart with an AUC of {draft.auc:.2f} "
                "(1 always, 0.5 by chance)."
            )
        self.builder.set_separation(text)
        show, lane = self.builder.set_preview, Lane.DRAFT
        self._models.decode(draft.latents, then=show, lane=lane)


def _named(images: NDArray[np.uint8]) -> list[Face]:
    return [(f"Face {number}", image) for number, image in enumerate(images, 1)]
