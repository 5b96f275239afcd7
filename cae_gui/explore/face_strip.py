"""One scrolling row of small faces: the steps of an edit, or faces that were kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QWidget,
)

from cae_gui.explore.face_strip_delegate import StripDelegate, face_rect_in
from cae_gui.explore.face_strip_model import FaceStripModel, StripFace
from cae_gui.widgets.face_mime import MOST_DRAGGED, start_faces_drag
from cae_gui.widgets.painting import paint_empty_text

_INDENT = 12  # with half a gap, faces begin where the rest of a page does
_Editing = QAbstractItemView.EditTrigger
_Mode = QAbstractItemView.SelectionMode


class FaceStrip(QListView):
    """Shows up to some hundreds of faces side by side; only those in view are painted.

    With ``named`` the names lie under the faces. With ``editable`` faces can also be renamed
    (F2, double click), removed (Delete), and several selected.

    Signals:
        chosen(int): a click or Enter on a face.
        renamed(int, str): another name was typed for a face.
        removal_asked(object): Delete was pressed on these faces (list of int).
        context_asked(int, QPoint): by mouse or menu key; the point is global.
        looked_at(): other faces came into view.
    """

    chosen = Signal(int)
    renamed = Signal(int, str)
    removal_asked = Signal(object)
    context_asked = Signal(int, QPoint)
    looked_at = Signal()

    def __init__(
        self, parent: QWidget | None = None, *, named: bool = False, editable: bool = False
    ) -> None:
        super().__init__(parent)
        self._faces = FaceStripModel(self, editable=editable)
        self._delegate = StripDelegate(self, named=named, tinted=editable)
        self._editable, self._is_plain_click = editable, True
        self._empty_text = ""
        self.setModel(self._faces)
        self.setItemDelegate(self._delegate)
        self._set_up()
        # Qt drags nothing but what is selected; where one at most is, that isn't shown.
        self.setSelectionMode(_Mode.ExtendedSelection if editable else _Mode.SingleSelection)
        keys = _Editing.EditKeyPressed | _Editing.DoubleClicked
        self.setEditTriggers(keys if editable else _Editing.NoEditTriggers)
        self.clicked.connect(self._on_clicked)
        self._faces.renamed.connect(self.renamed)
        self.horizontalScrollBar().valueChanged.connect(self.looked_at)

    def _set_up(self) -> None:
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalScrollBar().setSingleStep(self._delegate.cell.width() // 2)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        # The bar comes and goes without moving what is above the strip.
        bar = self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(self._delegate.cell.height() + bar)
        self.setViewportMargins(_INDENT, 0, 0, 0)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)

    def set_faces(self, faces: Sequence[StripFace]) -> None:
        """Show these faces; where some are added at the end, they are scrolled into view."""
        before = self._faces.rowCount()
        last = self._faces.face(before - 1).key if before else None
        self._faces.set_faces(faces)
        if last is not None and len(faces) > before and faces[before - 1].key == last:
            self.scrollTo(self._faces.index(len(faces) - 1))
        self.looked_at.emit()

    def set_mark(self, row: int | None) -> None:
        """Mark one face with a ring, and bring it into view, or mark none."""
        if row != self._faces.mark():
            self._faces.set_mark(row)
            if row is not None:
                self.scrollTo(self._faces.index(row))
                self.selectionModel().setCurrentIndex(
                    self._faces.index(row), self.selectionModel().SelectionFlag.NoUpdate
                )

    def set_tip(self, make: Callable[[int], str]) -> None:
        """Have the text about a face made when somebody asks for it."""
        self._faces.set_tip(make)

    def set_empty_text(self, text: str) -> None:
        """Set the text that is shown while there is no face."""
        self._empty_text = text
        self.setAccessibleDescription(text)
        self.viewport().update()

    def count(self) -> int:
        """Return the number of faces."""
        return self._faces.rowCount()

    def mark(self) -> int | None:
        """Return which face is marked."""
        return self._faces.mark()

    def face(self, row: int) -> StripFace:
        """Return a face."""
        return self._faces.face(row)

    def selected(self) -> list[int]:
        """Return which faces are selected, from left to right."""
        return sorted(index.row() for index in self.selectedIndexes())

    def select(self, row: int) -> None:
        """Select one face alone."""
        self.setCurrentIndex(self._faces.index(row))

    def edit_name(self, row: int) -> None:
        """Let the person type the name of a face, in its place."""
        index = self._faces.index(row)
        self.setCurrentIndex(index)
        self.scrollTo(index)
        self.edit(index)

    def face_rect(self, row: int) -> QRect:
        """Return where a face lies, in the viewport's coordinates."""
        return face_rect_in(self.visualRect(self._faces.index(row)))

    def rows_to_fill(self) -> list[int]:
        """Return the faces in view, then those within a page to either side."""
        width = self._delegate.cell.width()
        left, page = self.horizontalScrollBar().value(), self.viewport().width()
        first, end = left // width, -(-(left + page) // width)
        margin = end - first
        near = range(max(0, first - margin), min(self.count(), end + margin))
        return sorted(near, key=lambda row: max(first - row, row - end + 1, 0))

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        if self._is_plain_click:
            self.chosen.emit(index.row())

    def _rows_to_remove(self) -> list[int]:
        return self.selected() or [self.currentIndex().row()]

    def minimumSizeHint(self) -> QSize:
        return QSize(3 * self._delegate.cell.width(), self.minimumHeight())

    def sizeHint(self) -> QSize:
        return QSize(8 * self._delegate.cell.width(), self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.count():
            painter = QPainter(self.viewport())
            paint_empty_text(painter, self, self.viewport().rect(), self._empty_text)
            painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.looked_at.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.looked_at.emit()

    def startDrag(self, _actions: Qt.DropAction) -> None:
        rows = list(dict.fromkeys([self.currentIndex().row(), *self.selected()]))
        faces = [self.face(row) for row in rows if row >= 0]
        named = [(face.name, face.pixels) for face in faces if face.pixels is not None]
        if named:
            start_faces_drag(self, named[:MOST_DRAGGED])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # A click that adds to the selection, or takes away, shows nothing.
        self._is_plain_click = event.modifiers() == Qt.KeyboardModifier.NoModifier
        super().mousePressEvent(event)

    def keyboardSearch(self, _search: str) -> None:
        """Do nothing: faces are looked at, not looked up."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.currentIndex().isValid():
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.currentIndex().row())
        elif self._editable and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removal_asked.emit(self._rows_to_remove())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        middle = self.viewport().mapToGlobal(self.visualRect(index).center())
        if index.isValid():
            self.context_asked.emit(index.row(), middle if by_key else event.globalPos())
