"""The gallery: a source, a search and thousands of faces, one of which is selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QSignalBlocker,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtWidgets import QMenu, QToolButton, QVBoxLayout, QWidget

from cae_gui.core.faces import DEMO, LFW, PHOTOS, TITLES, Faces
from cae_gui.core.selection import Selected, Selection
from cae_gui.gallery.photos import OwnPhotos
from cae_gui.widgets import dialogs
from cae_gui.widgets.controls import Label
from cae_gui.widgets.face_list import FaceListModel, FaceListView
from cae_gui.widgets.face_mime import Face
from cae_gui.widgets.fields import ComboBox, SearchField
from cae_gui.widgets.icons import icon
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.numbers import counted
from cae_gui.widgets.tokens import CONTROL
from model.face_set import FACE_SHAPE

FOLDER_KEY = "choose-folder"
NO_PHOTOS = "Drop photos anywhere in the window, or paste them."
MOST_UNASKED = 20
"""Up to this many photos are removed without a question: they are kept in memory for an undo."""
LAST = -1
"""The index that stands for a new key frame after the last one."""

_SELECT = QItemSelectionModel.SelectionFlag


class GalleryPage(QWidget):
    """Lists the faces of the data set for selecting and dragging, and offers other sources.

    Row numbers are those of the data set, also while a search hides rows. ``source`` and ``row``
    are restored from the last start: ``source`` is shown until a data set is loaded, and ``row`` is
    selected then.

    Signals:
        folder_wanted(): the user wants to choose a folder of faces.
        face_activated(): a face was double-clicked, or Enter was pressed on it; it is selected.
        morph_asked(Selected, int): use a face as the key frame of this index, or append it where
            the index is ``LAST``.
        rows_selected(object): other rows (K,) are selected, in no order.
    """

    folder_wanted = Signal()
    face_activated = Signal()
    morph_asked = Signal(object, int)
    rows_selected = Signal(object)

    def __init__(
        self,
        faces: Faces,
        photos: OwnPhotos,
        selection: Selection,
        *,
        source: str = DEMO,
        row: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._faces, self._photos, self._selection = faces, photos, selection
        self._wanted_row, self._wanted_key = row, ""
        self._shown_key = ""
        """The photo library's key of the face that was selected last; "" for other faces."""
        self._chosen: int | None = None
        self._keeps_face = False
        self._empty_text = ""
        self._sources = ComboBox()
        self._search = SearchField("Search by name", "Search faces by name")
        self._within = _filter_button(self._show_all)
        self._count = Label()
        self._list = FaceListView(search=self._search)
        self._model = FaceListModel(self)
        self._list.setModel(self._model)
        self._label_controls()
        column = QVBoxLayout(self)
        above = self._sources, self._search, self._within, self._count
        filled(column, *above, self._list, room=self._list)
        self._connect()
        self._show_nothing("Loading the faces …")
        self._offer_sources(source)

    @Slot(int)
    def pick(self, row: int) -> None:
        """Select the face in a row and scroll to it."""
        self.select_row(row)
        self._select(row)

    @Slot(str)
    def pick_photo(self, key: str) -> None:
        """Select the face with this key of the photo library, if it is on show."""
        if key in self._faces.keys:
            self.pick(self._faces.keys.index(key))

    @Slot()
    def keep_face(self) -> None:
        """Leave the selected face selected when the data set comes that is being loaded.

        To be called where someone works with the face meanwhile; selecting it is noted by itself.
        """
        self._keeps_face = self._faces.is_loading

    def select_row(self, row: int) -> None:
        """Select only this row and scroll to it; if the search hides it, once it is shown again."""
        self._chosen = row
        self._show_chosen()

    def selected_row(self) -> int | None:
        """Return the row selected last, even while the search hides it; None without one."""
        return self._chosen

    def selected_rows(self) -> list[int]:
        """Return the selected rows that the search shows, ascending."""
        return sorted(self._model.row_at(i) for i in self._list.selectionModel().selectedIndexes())

    def selected_faces(self, most: int) -> list[Face]:
        """Return at most ``most`` of the selected faces that the search shows."""
        faces = self._faces.faces
        rows = self.selected_rows()[:most] if faces is not None else []
        return [(faces.names[row], np.array(faces.images[row])) for row in rows] if faces else []

    def show_only(self, rows: NDArray[np.int64], title: str) -> None:
        """List these rows (K,) only, ascending, under a title; all where there are none."""
        self._within.setText(title)
        self._within.setVisible(len(rows) > 0)
        if self._model.set_within(rows if len(rows) else None):
            self._show_chosen()
        self._show_counts()

    def focus_search(self) -> None:
        """Put the cursor into the search field, its text selected."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def focus_faces(self) -> None:
        """Give the focus to the faces, among which arrow keys choose."""
        self._list.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_menu(self, row: int, place: QPoint) -> None:
        """Open the context menu of a row at a global position."""
        menu = QMenu(self)
        for index, letter in enumerate("AB"):
            menu.addAction(f"Morph: use as &{letter}", partial(self._ask_morph, row, index))
        menu.addAction("Morph: add as &key frame", partial(self._ask_morph, row, LAST))
        if self._faces.source == PHOTOS:
            menu.addSeparator()
            rows = self.selected_rows()
            rows = rows if row in rows else [row]
            text = "&Remove photo" if len(rows) == 1 else f"&Remove {len(rows)} photos"
            menu.addAction(text, partial(self._remove, rows))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def _label_controls(self) -> None:
        self._sources.setAccessibleName("Source of the faces")
        self._sources.setToolTip("Where the faces come from")

    def _connect(self) -> None:
        self._sources.activated.connect(self._on_source_chosen)
        self._search.textChanged.connect(self._filter)
        for activated in (self._list.doubleClicked, self._list.entered_on):
            activated.connect(self._on_activated)
        self._list.context_asked.connect(self._on_context)
        self._list.delete_asked.connect(self._on_delete)
        # Both signals are needed: with keys the selection changes before the current item, with
        # the mouse after it.
        selection = self._list.selectionModel()
        for chosen in (selection.selectionChanged, selection.currentChanged):
            chosen.connect(self._on_row_chosen)
        selection.selectionChanged.connect(self._tell_rows)
        self._faces.changed.connect(self._on_faces)
        self._selection.changed.connect(self.keep_face)
        self._faces.busy.connect(self._show_counts)
        self._faces.idle.connect(self._show_source)
        self._faces.photo_moved.connect(self._on_photo_moved)
        for changed in (self._photos.added, self._photos.changed):
            changed.connect(self._on_photos)

    def _offer_sources(self, chosen: str) -> None:
        """List the sources, and ``chosen`` where it is a folder."""
        sources = [(key, TITLES[key]) for key in (DEMO, LFW, PHOTOS)]
        if chosen not in TITLES:
            sources.append((chosen, Path(chosen).name))
        with QSignalBlocker(self._sources):
            self._sources.clear()
            for key, title in [*sources, (FOLDER_KEY, "Choose a folder …")]:
                self._sources.addItem(title, key)
        self._set_source(chosen)

    def _set_source(self, key: str) -> None:
        with QSignalBlocker(self._sources):
            self._sources.setCurrentIndex(self._sources.findData(key))

    @Slot()
    def _show_source(self) -> None:
        """Show the source in use, also after another choice failed or was cancelled."""
        if self._faces.faces is not None:
            self._set_source(self._faces.source)
            self._show_counts()

    def _show_faces(self, images: NDArray[np.uint8], names: Sequence[str]) -> None:
        """Show uint8 (N, 48, 48, 3) ``images``, read as they come into view; select none."""
        self._within.hide()
        self._model.set_faces(images, names)
        self._chosen = None
        self._search.setEnabled(len(names) > 0)
        self._show_counts()

    def _show_nothing(self, text: str) -> None:
        """Show a text instead of faces, which says what to do."""
        self._empty_text = text
        self._show_faces(np.zeros((0, *FACE_SHAPE), np.uint8), ())

    def _show_chosen(self) -> None:
        index = QModelIndex() if self._chosen is None else self._model.index_of(self._chosen)
        self._list.selectionModel().setCurrentIndex(index, _SELECT.ClearAndSelect)
        self._tell_rows()  # no signal comes where another list has come instead
        if index.isValid():
            self._list.scrollTo(index)

    @Slot()
    def _show_counts(self) -> None:
        shown, total = self._model.rowCount(), self._model.total()
        faces = counted(total, "face")
        text = faces if shown == total else f"{shown:,} of {faces}"
        if self._faces.faces is None:
            text = "Loading …"
        elif self._sources.currentData() != self._faces.source:
            text = f"Loading … until then {text}"
        self._count.setText(text)
        searching = f"No face is named “{self._search.text().strip()}”."
        self._list.set_empty_text(searching if total else self._empty_text)

    def _select(self, row: int) -> None:
        """Select the face in a row for all pages."""
        faces = self._faces.faces
        if faces is not None and row < len(faces.images):
            self._shown_key = self._faces.keys[row] if self._faces.keys else ""
            self._selection.select(faces.names[row], faces.images[row], photo_key=self._shown_key)

    def _ask_morph(self, row: int, index: int) -> None:
        faces = self._faces.faces
        if faces is not None:
            face = Selected(faces.names[row], np.array(faces.images[row]))
            self.morph_asked.emit(face, index)

    def _remove(self, rows: Sequence[int]) -> None:
        keys = [self._faces.keys[row] for row in rows if row < len(self._faces.keys)]
        for_good = len(keys) > MOST_UNASKED
        if keys and (not for_good or dialogs.ask_remove(self, len(keys))):
            self._photos.remove(keys, for_good=for_good)

    @Slot()
    def _on_faces(self) -> None:
        faces = self._faces.faces
        if faces is None:
            return
        self._offer_sources(self._faces.source)
        row, self._wanted_row = self._wanted_row, 0
        key, self._wanted_key = self._wanted_key, ""
        keeps_face, self._keeps_face = self._keeps_face, False
        if not len(faces.images):
            self._shown_key = ""
            self._show_nothing(NO_PHOTOS)
            if not keeps_face:
                self._selection.clear()
            return
        if key in self._faces.keys:
            row = self._faces.keys.index(key)
        self._show_faces(faces.images, faces.names)
        if key and key == self._shown_key:
            self.select_row(row)  # the selected photo stays: others were added or removed
        elif key or not keeps_face:
            self.pick(min(row, len(faces.images) - 1))
        self._keeps_face = False

    @Slot(int)
    def _on_source_chosen(self, index: int) -> None:
        key = self._sources.itemData(index)
        if key == FOLDER_KEY:
            self.folder_wanted.emit()
            self._show_source()
        else:
            self._faces.choose(key)
            self._keeps_face = False

    @Slot()
    def _on_row_chosen(self) -> None:
        index = self._list.currentIndex()
        if self._list.selectionModel().isSelected(index):
            row = self._model.row_at(index)
            if row != self._chosen:
                self._chosen = row
                self._select(row)

    @Slot()
    def _tell_rows(self) -> None:
        self.rows_selected.emit(self._model.rows_of(self._list.selectionModel().selection()))

    @Slot()
    def _show_all(self) -> None:
        """Take the restriction away that ``show_only`` made."""
        self.show_only(np.arange(0), "")
        self.focus_faces()

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        self._select(self._model.row_at(index))
        self.face_activated.emit()

    @Slot(QModelIndex, QPoint)
    def _on_context(self, index: QModelIndex, place: QPoint) -> None:
        self.show_menu(self._model.row_at(index), place)

    @Slot()
    def _on_delete(self) -> None:
        self._remove(self.selected_rows())

    @Slot(str)
    def _filter(self, text: str) -> None:
        if self._model.set_filter(text):
            self._show_chosen()
        self._show_counts()

    @Slot(str)
    def _on_photos(self, key: str) -> None:
        if key or self._faces.source == PHOTOS:
            self._wanted_key = key or self._shown_key
            self._wanted_row = self.selected_row() or 0
            self._faces.choose(PHOTOS)

    @Slot(int)
    def _on_photo_moved(self, row: int) -> None:
        """Repaint the face in this row, which was cut out again."""
        if self._faces.faces is not None:
            self._model.update_face(self._faces.faces.images, row)


def _filter_button(remove: Callable[[], object]) -> QToolButton:
    """Return the button that names a restriction of the list and takes it away."""
    button = QToolButton()
    button.setIcon(icon("close"))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setMinimumHeight(CONTROL)
    button.setToolTip("Show all faces again")
    button.clicked.connect(remove)
    button.hide()
    return button
