"""The gallery: a source, a search and thousands of faces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

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
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from cae_gui.widgets.face_list import FaceListModel, FaceListView
from model.face_set import FACE_SHAPE

_SELECT = QItemSelectionModel.SelectionFlag


class Gallery(QWidget):
    """Faces of one data set to choose from and to drag; rows are the data set's own.

    Signals:
        source_chosen(str): the key of the source.
        face_chosen(int): the user moved the selection to this row.
        face_activated(int): double click or Enter.
        context_requested(int, QPoint): menu for this row at a global position.
        removal_asked(list): Delete was pressed; the selected rows, ascending.
    """

    source_chosen = Signal(str)
    face_chosen = Signal(int)
    face_activated = Signal(int)
    context_requested = Signal(int, QPoint)
    removal_asked = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen: int | None = None
        self._setting = False
        self._empty_text = ""
        self._sources = QComboBox()
        self._search = QLineEdit()
        self._count = QLabel()
        self._list = FaceListView()
        self._model = FaceListModel(self)
        self._list.setModel(self._model)
        self._label_controls()
        self._arrange()
        self._connect()
        self.clear("No faces yet.")

    def set_sources(self, sources: list[tuple[str, str]]) -> None:
        """Offer the sources, each a key and a title."""
        with QSignalBlocker(self._sources):
            self._sources.clear()
            for key, title in sources:
                self._sources.addItem(title, key)
        self._sources.setVisible(bool(sources))

    def set_source(self, key: str) -> None:
        """Show this source as the one in use."""
        with QSignalBlocker(self._sources):
            self._sources.setCurrentIndex(self._sources.findData(key))

    def set_faces(self, images: NDArray[np.uint8], names: Sequence[str]) -> None:
        """Show uint8 (N, 48, 48, 3) `images`, read only as they are seen; nothing is selected.

        Raises:
            ValueError: not as many names as images.
        """
        with self._quietly():
            self._model.set_faces(images, names)
            self._chosen = None
        self._empty_text = "There are no faces here."
        self._search.setEnabled(len(names) > 0)
        self._show_counts()

    def update_face(self, images: NDArray[np.uint8], row: int) -> None:
        """Show other `images` of the same faces, of which only that in `row` differs."""
        self._model.update_face(images, row)

    def clear(self, text: str) -> None:
        """Show no faces but this text, which says what to do."""
        self.set_faces(np.zeros((0, *FACE_SHAPE), np.uint8), ())
        self._empty_text = text
        self._show_counts()

    def select_row(self, row: int) -> None:
        """Select only this row and bring it into view; while the search hides it, later."""
        with self._quietly():
            self._chosen = row
            self._show_chosen()

    def selected_row(self) -> int | None:
        """Return the row chosen last, even while the search hides it."""
        return self._chosen

    def selected_rows(self) -> list[int]:
        """Return the selected rows that the search shows, ascending."""
        return sorted(self._model.row_at(i) for i in self._list.selectionModel().selectedIndexes())

    def focus_search(self) -> None:
        """Put the cursor into the search field, its text selected."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def _label_controls(self) -> None:
        self._sources.setAccessibleName("Source of the faces")
        self._sources.hide()
        self._sources.setToolTip("Where the faces come from")
        self._search.setAccessibleName("Search faces by name")
        self._search.setPlaceholderText("Search by name")
        self._search.setClearButtonEnabled(True)
        # A picture dropped here is for the window; the field would take its name as text.
        self._search.setAcceptDrops(False)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self._sources, self._search, self._count):
            column.addWidget(widget)
        column.addWidget(self._list, 1)

    def _connect(self) -> None:
        self._sources.activated.connect(self._emit_source)
        self._search.textChanged.connect(self._filter)
        self._search.returnPressed.connect(self._enter_list)
        self._list.doubleClicked.connect(self._emit_activated)
        self._list.entered_on.connect(self._emit_activated)
        self._list.typed.connect(self._search_for)
        self._list.context_asked.connect(self._emit_context)
        self._list.delete_asked.connect(self._emit_removal)
        # Only the two together say it: by key the selection changes before the current item
        # does, by mouse the other way round.
        self._list.selectionModel().selectionChanged.connect(self._emit_chosen)
        self._list.selectionModel().currentChanged.connect(self._emit_chosen)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        self._setting = True
        try:
            yield
        finally:
            self._setting = False

    def _show_chosen(self) -> None:
        index = QModelIndex() if self._chosen is None else self._model.index_of(self._chosen)
        self._list.selectionModel().setCurrentIndex(index, _SELECT.ClearAndSelect)
        if index.isValid():
            self._list.scrollTo(index)

    def _show_counts(self) -> None:
        shown, total = self._model.rowCount(), self._model.total()
        faces = f"{total:,} {'face' if total == 1 else 'faces'}"
        self._count.setText(faces if shown == total else f"{shown:,} of {faces}")
        searching = f"No face is named “{self._search.text().strip()}”."
        self._list.set_empty_text(searching if total else self._empty_text)

    @Slot(str)
    def _filter(self, text: str) -> None:
        with self._quietly():
            if self._model.set_filter(text):
                self._show_chosen()
        self._show_counts()

    @Slot()
    def _enter_list(self) -> None:
        if not self._model.rowCount():
            return
        self._list.setFocus(Qt.FocusReason.TabFocusReason)
        if not self._list.selectionModel().hasSelection():
            self._list.setCurrentIndex(self._model.index(0))

    @Slot(str)
    def _search_for(self, text: str) -> None:
        self._search.setFocus(Qt.FocusReason.OtherFocusReason)
        self._search.setText(text)

    @Slot(int)
    def _emit_source(self, index: int) -> None:
        self.source_chosen.emit(self._sources.itemData(index))

    @Slot()
    def _emit_chosen(self) -> None:
        index = self._list.currentIndex()
        if self._setting or not self._list.selectionModel().isSelected(index):
            return
        row = self._model.row_at(index)
        if row != self._chosen:
            self._chosen = row
            self.face_chosen.emit(row)

    @Slot(QModelIndex)
    def _emit_activated(self, index: QModelIndex) -> None:
        self.face_activated.emit(self._model.row_at(index))

    @Slot()
    def _emit_removal(self) -> None:
        self.removal_asked.emit(self.selected_rows())

    @Slot(QModelIndex, QPoint)
    def _emit_context(self, index: QModelIndex, point: QPoint) -> None:
        self.context_requested.emit(self._model.row_at(index), point)
