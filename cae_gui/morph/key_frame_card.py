"""One face of a path: it takes a dropped face, moves along the row, and can be removed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QDropEvent,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from cae_gui.widgets.face_mime import face_from_mime
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.images import Pixels

SIDE = 88
_WIDTH = 112  # for the name under it
_REMOVE = 20
_HINT = (
    "Drop a face here, or click to take the selected one. Drag it, or Ctrl and an arrow key: "
    "another place in the row."
)
_ADD_HINT = "Drop a face here, or click to add the selected one."


class KeyFrameCard(FaceView):
    """A small face that can be dragged; an empty one takes a further face.

    Signals, the first argument being the card's place in the row:
        taken(int): by click or Enter: put the selected face here.
        face_put(int, str, object): a face was dropped here: name and uint8 (48, 48, 3) pixels.
        moved(int, int): another card was dropped here, or Ctrl and an arrow key: from, to.
        removed(int): by its button or Delete.
        left(int, int): an arrow key: the card so many places on is to have the focus.
        menu_asked(int, QPoint): by the right button or the menu key; a place on the screen.
    """

    taken = Signal(int)
    face_put = Signal(int, str, object)
    moved = Signal(int, int)
    removed = Signal(int)
    left = Signal(int, int)
    menu_asked = Signal(int, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, droppable=True)
        self.index = 0
        self._removable = False
        self._shown: Pixels | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.remove_button = QToolButton(self)
        self.remove_button.setText("×")
        self.remove_button.setToolTip("Remove this face from the path (Delete)")
        self.remove_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.remove_button.setFixedSize(_REMOVE, _REMOVE)
        self.remove_button.hide()
        self.remove_button.clicked.connect(self._remove)
        self.clicked.connect(self._take)
        self.face_dropped.connect(self._on_dropped)

    def set_face(self, letter: str, name: str, pixels: Pixels | None) -> None:
        """Show a face; "" as the letter is for the card that takes a further one."""
        if pixels is not self._shown:  # drawing a dozen faces anew at each edit takes 10 ms
            self._shown = pixels
            self.set_image(pixels)
        self.set_face_name(name)
        self.set_caption(": ".join(part for part in (letter, name) if part) or " ")
        self.setToolTip(f"{name}\n{_HINT}".strip() if letter else _ADD_HINT)
        if not letter:
            self.setAccessibleName("Add a face")
        self.remove_button.setAccessibleName(f"Remove {letter}: {name}")

    def set_removable(self, removable: bool) -> None:
        """Offer to remove it, while the mouse or the focus is here."""
        self._removable = removable
        self._show_button()

    def _show_button(self) -> None:
        self.remove_button.setVisible(self._removable and (self.underMouse() or self.hasFocus()))

    @Slot()
    def _take(self) -> None:
        self.taken.emit(self.index)

    @Slot()
    def _remove(self) -> None:
        if self._removable:
            self.removed.emit(self.index)

    @Slot(str, object)
    def _on_dropped(self, name: str, pixels: object) -> None:
        self.face_put.emit(self.index, name, pixels)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, SIDE + super().minimumSizeHint().height() - 64)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.remove_button.move(self.picture_rect().topRight() - QPoint(_REMOVE + 3, -4))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._show_button()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._show_button()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._show_button()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show_button()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        place = event.globalPos() if by_mouse else self.mapToGlobal(self.rect().center())
        self.menu_asked.emit(self.index, place)

    def dropEvent(self, event: QDropEvent) -> None:
        other = event.source()
        if isinstance(other, KeyFrameCard) and other.parent() is self.parent():
            self._set_drop_hover(False)
            event.acceptProposedAction()
            self.moved.emit(other.index, self.index)
        elif face_from_mime(event.mimeData()) is not None:
            super().dropEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {int(Qt.Key.Key_Left): -1, int(Qt.Key.Key_Right): 1}
        if event.key() in steps:
            step = steps[event.key()]
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self.moved.emit(self.index, self.index + step)
            else:
                self.left.emit(self.index, step)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._remove()
        elif event.key() == Qt.Key.Key_Space:
            event.ignore()  # plays, as everywhere around it
        else:
            super().keyPressEvent(event)
