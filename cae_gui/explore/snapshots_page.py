"""The snapshots as a strip of named faces, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QPushButton, QWidget

from cae_gui.explore.face_strip import FaceStrip
from cae_gui.explore.face_strip_model import StripFace

MOST_COMPARED = 4

_EMPTY = "“Keep” (Ctrl+D) keeps the face as it is now, to come back to it and to compare it."


class SnapshotsPage(QWidget):
    """Faces that were kept; a click shows one again.

    Signals:
        keep_asked(): keep the face as it is.
        removal_asked(object), export_asked(object): these snapshots (list of int).
        compare_asked(object): two to four snapshots (list of int), beside each other.
    """

    keep_asked = Signal()
    removal_asked = Signal(object)
    compare_asked = Signal(object)
    export_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strip = FaceStrip(named=True, editable=True)
        self.strip.setAccessibleName("Snapshots")
        self.strip.set_empty_text(_EMPTY)
        self.keep = QPushButton("&Keep")
        self.remove = QPushButton("Remove")
        self.compare = QPushButton("&Compare …")
        self.export = QPushButton("E&xport …")
        self.keep.setToolTip("Keep the face as it is (Ctrl+D)")
        self.remove.setToolTip("Remove the selected snapshots; undo brings them back (Del)")
        self.compare.setToolTip("See two to four selected snapshots large beside each other")
        self.export.setToolTip("Save the selected snapshots with their names as one picture")
        self._arrange()
        self._connect()
        self.set_can_keep(False)
        self._offer()

    def set_snapshots(self, faces: Sequence[StripFace], shown: int | None) -> None:
        """Show these snapshots, and mark the one that is being edited."""
        self.strip.set_faces(faces)
        self.strip.set_mark(shown)
        self._offer()

    def set_can_keep(self, can: bool) -> None:
        """Allow keeping once there is a face."""
        self.keep.setEnabled(can)

    def _arrange(self) -> None:
        buttons = QGridLayout()
        buttons.setSpacing(8)
        buttons.setContentsMargins(0, 8, 0, 0)
        for place, button in enumerate((self.keep, self.compare, self.remove, self.export)):
            buttons.addWidget(button, place // 2, place % 2)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(16)
        line.addWidget(self.strip, 1)
        line.addLayout(buttons)
        line.setAlignment(buttons, Qt.AlignmentFlag.AlignTop)

    def _connect(self) -> None:
        self.keep.clicked.connect(self.keep_asked)
        self.remove.clicked.connect(self._remove)
        self.compare.clicked.connect(self._compare)
        self.export.clicked.connect(self._export)
        self.strip.removal_asked.connect(self.removal_asked)
        self.strip.context_asked.connect(self._show_menu)
        self.strip.selectionModel().selectionChanged.connect(self._offer)

    @Slot()
    def _offer(self) -> None:
        """Enable what can be done with the selected snapshots."""
        count = len(self.strip.selected())
        self.remove.setEnabled(count > 0)
        self.export.setEnabled(count > 0)
        self.compare.setEnabled(2 <= count <= MOST_COMPARED)

    @Slot()
    def _remove(self) -> None:
        self.removal_asked.emit(self.strip.selected())

    @Slot()
    def _compare(self) -> None:
        self.compare_asked.emit(self.strip.selected())

    @Slot()
    def _export(self) -> None:
        self.export_asked.emit(self.strip.selected())

    @Slot()
    def _rename(self) -> None:
        self.strip.edit_name(self.strip.currentIndex().row())

    @Slot(int, QPoint)
    def _show_menu(self, _row: int, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction("Re&name", self._rename)
        for button in (self.remove, self.compare, self.export):
            menu.addAction(button.text(), button.click).setEnabled(button.isEnabled())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)
