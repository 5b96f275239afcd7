"""The strip under the face: the film with its key frames, and a place for another face."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.selection import Selection
from cae_gui.morph.mix import MorphFace
from cae_gui.morph.morpher import Morpher
from cae_gui.morph.path_slider import EDGE, LARGEST, SMALLEST, PathSlider
from cae_gui.morph.segments import letter_of
from cae_gui.widgets.face_mime import MIME_TYPE, face_from_mime
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.images import Pixels
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.theme import palette_of
from cae_gui.widgets.tokens import FILM

_REMOVE = 20
_PLUS_TOP = 4
_HINT = (
    "Drop a face here, or click to take the selected one. Drag it, or Ctrl and an arrow key: "
    "another place in the row."
)
_ADD_HINT = "Drop a face here, or click to add the selected one."
_FEWEST = 2


class KeyFrameCard(FaceView):
    """A key frame, which can be dragged; an empty card takes another face."""

    def __init__(self, frames: KeyFrames, index: int) -> None:
        super().__init__(droppable=True)
        self.index = index
        self._frames = frames
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
        """Show a key frame; ``letter`` is "" for the empty card at the end."""
        if pixels is not self._shown:  # drawing a dozen faces takes 10 ms
            self._shown = pixels
            self.set_image(pixels)
        self.set_face_name(name)
        self.setToolTip(f"{name}\n{_HINT}".strip() if letter else _ADD_HINT)
        parts = (part for part in (letter, name) if part)
        self.setAccessibleName(": ".join(parts) or "Add a face")
        self.remove_button.setAccessibleName(f"Remove {letter}: {name}")

    def set_removable(self, removable: bool) -> None:
        """Set whether it shows a remove button under the mouse or with the focus."""
        self._removable = removable
        self._show_button()

    def _show_button(self) -> None:
        self.remove_button.setVisible(self._removable and (self.underMouse() or self.hasFocus()))

    @Slot()
    def _take(self) -> None:
        self._frames.put_selected(self.index)

    @Slot()
    def _remove(self) -> None:
        if self._removable:
            self._frames.remove(self.index)

    @Slot(str, object)
    def _on_dropped(self, name: str, pixels: Pixels) -> None:
        self._frames.morpher.put(self.index, MorphFace(name, pixels))

    def sizeHint(self) -> QSize:
        return QSize(LARGEST + 2 * EDGE, LARGEST + 2 * EDGE)

    def minimumSizeHint(self) -> QSize:
        return QSize(SMALLEST, SMALLEST)

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
        self._frames.show_card(self)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show_button()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        place = event.globalPos() if by_mouse else self.mapToGlobal(self.rect().center())
        self._frames.show_menu(self.index, place)

    def dropEvent(self, event: QDropEvent) -> None:
        other = event.source()
        if isinstance(other, KeyFrameCard) and other in self._frames.cards:
            self._set_drop_hover(False)
            event.acceptProposedAction()
            self._frames.move_face(other.index, self.index)
        elif face_from_mime(event.mimeData()) is not None:
            super().dropEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {int(Qt.Key.Key_Left): -1, int(Qt.Key.Key_Right): 1}
        if event.key() in steps:
            place = self.index + steps[event.key()]
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._frames.move_face(self.index, place)
            else:
                self._frames.give_focus(place)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._remove()
        elif event.key() == Qt.Key.Key_Space:
            event.ignore()  # Space plays the path
        else:
            super().keyPressEvent(event)


class KeyFrames(QWidget):
    """The film strip, with the key frames at their times and an empty card for another face.

    Indexes start at 0; a face put at the index after the last is appended. The empty card keeps
    its place, so that several faces can be added by clicks there.

    Signals:
        edited_wanted(int): put the face edited in Explore at this index.
    """

    edited_wanted = Signal(int)

    def __init__(
        self, morpher: Morpher, selection: Selection, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # as time goes
        self.morpher, self._selection = morpher, selection
        self.cards: list[KeyFrameCard] = []
        self._count = 0
        self._keeps_end = False
        self._row = QWidget()
        # Not the cards' parent: while it is disabled, these aren't.
        self.slider = PathSlider(self._row)
        self._scroll = QScrollArea()
        self._mark = QFrame(self._row)
        self.plus = KeyFrameCard(self, 0)
        self.plus.set_placeholder("Add a face")
        self.plus.set_face("", "", None)
        self._build()
        bar = self._scroll.horizontalScrollBar()
        bar.rangeChanged.connect(self._on_range)
        bar.valueChanged.connect(self._on_scrolled)
        self.slider.laid_out.connect(self._place_cards)
        self.slider.moved.connect(self._on_moved)
        morpher.changed.connect(self._on_changed)
        self._on_changed()

    def _build(self) -> None:
        scroll = self._scroll
        filled(QVBoxLayout(self._row), self.slider)
        scroll.setWidget(self._row)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.viewport().setAutoFillBackground(False)
        self._row.setAutoFillBackground(False)
        self.plus.setFixedSize(self.plus.sizeHint())
        end = QWidget()
        column = filled(QVBoxLayout(end), self.plus, margins=(0, _PLUS_TOP, 0, 0))
        column.addStretch(1)
        filled(QHBoxLayout(self), scroll, end, margins=(8, 0, 8, 0), room=scroll)
        self._mark.setAutoFillBackground(True)
        self._mark.setBackgroundRole(self.palette().ColorRole.Highlight)
        self._mark.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAcceptDrops(True)
        self.setAccessibleName("Faces of the path")

    def count(self) -> int:
        """Return the number of key frames."""
        return self._count

    def put_selected(self, index: int) -> None:
        """Put the selected face at an index, or append it."""
        if self._selection.face is not None:
            self.morpher.put(index, MorphFace.of(self._selection.face))

    def remove(self, index: int) -> None:
        """Remove a key frame, and give the next one the focus."""
        self.morpher.remove(index)
        self.give_focus(min(index, self._count - 1))

    def move_face(self, index: int, target: int) -> None:
        """Move a key frame to the index ``target``, with the focus."""
        target = min(target, self._count - 1)
        if target >= 0 and index < self._count and target != index:
            self.morpher.move(index, target)
            self.give_focus(target)

    def give_focus(self, index: int) -> None:
        """Give the card at an index the focus, if there is one."""
        cards = [*self.cards, self.plus]
        if 0 <= index < len(cards):
            cards[index].setFocus(Qt.FocusReason.OtherFocusReason)

    def show_card(self, card: KeyFrameCard) -> None:
        """Scroll to a card."""
        if card in self.cards:
            self._scroll.ensureWidgetVisible(card)

    def show_menu(self, index: int, place: QPoint) -> None:
        """Open the context menu of a card at a global position."""
        menu = QMenu(self)
        is_there = index < self._count
        verb = "Use" if is_there else "Add"
        menu.addAction(f"{verb} the &selected face", partial(self.put_selected, index))
        edited = f"{verb} the &edited face from Explore"
        menu.addAction(edited, partial(self.edited_wanted.emit, index))
        if is_there:
            menu.addSeparator()
            left = menu.addAction("Move &left", partial(self.move_face, index, index - 1))
            left.setEnabled(index > 0)
            right = menu.addAction("Move &right", partial(self.move_face, index, index + 1))
            right.setEnabled(index + 1 < self._count)
            remove = menu.addAction("Re&move", partial(self.remove, index))
            remove.setEnabled(self._count > _FEWEST)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    @Slot()
    def _on_changed(self) -> None:
        """Show the key frames, and empty cards until there are two."""
        state = self.morpher.state
        # Keep the end in view: further faces are likely to be appended.
        self._keeps_end = len(state.faces) > self._count and self._is_at_end()
        self._count = len(state.faces)
        self._set_count(max(_FEWEST, self._count))
        names = []
        for index, card in enumerate(self.cards):
            letter, is_there = letter_of(index), index < self._count
            face = state.faces[index] if is_there else MorphFace("")
            card.set_placeholder("" if is_there else letter)
            card.set_face(letter, face.name, self.morpher.pixels(face))
            card.set_removable(self._count > _FEWEST)
            names.append(face.name)
        letters = [letter_of(index) for index in range(len(self.cards))]
        again = letters[:1] if state.loop and self._count >= _FEWEST else []
        self.slider.set_marks(self.morpher.times, letters + again, names)
        self._place_cards()
        self.plus.index = self._count

    def _set_count(self, count: int) -> None:
        while len(self.cards) < count:
            card = KeyFrameCard(self, len(self.cards))
            card.setParent(self._row)
            card.setPalette(palette_of("dark"))  # the film is dark in both schemes
            QWidget.setTabOrder(self.cards[-1] if self.cards else self.slider, card)
            card.show()
            self.cards.append(card)
        QWidget.setTabOrder(self.cards[-1], self.plus)
        while len(self.cards) > count:
            card = self.cards.pop()
            card.hide()
            card.deleteLater()

    @Slot()
    def _place_cards(self) -> None:
        for index, card in enumerate(self.cards):
            card.setGeometry(self.slider.mark_rect(index))
        self.slider.raise_head()

    def _is_at_end(self) -> bool:
        bar = self._scroll.horizontalScrollBar()
        return bar.value() == bar.maximum()

    def _gap_at(self, x: int) -> int:
        """Return the index for a face dropped at ``x``, in px."""
        return sum(self.slider.mark_x(index) < x for index in range(self._count))

    def _show_mark(self, index: int) -> None:
        marks = [self.slider.mark_rect(at) for at in range(self._count)]
        before = marks[index - 1].right() if index else marks[0].left() - 2 * EDGE
        after = marks[index].left() if index < len(marks) else before + 2 * EDGE
        x = max(0, min((before + after) // 2, self.slider.width() - 3))
        self._mark.setGeometry(x, marks[0].y(), 3, marks[0].height())
        self._mark.show()
        self._mark.raise_()

    @Slot(int, int)
    def _on_range(self, _minimum: int, maximum: int) -> None:
        if self._keeps_end:
            self._scroll.horizontalScrollBar().setValue(maximum)

    @Slot(int)
    def _on_scrolled(self, _value: int) -> None:
        self._keeps_end = self._keeps_end and self._is_at_end()

    @Slot(float)
    def _on_moved(self, seconds: float) -> None:
        """Keep the playhead in view where not all of the strip has room."""
        if self._scroll.horizontalScrollBar().maximum():
            self._scroll.ensureVisible(round(self.slider.x_at(seconds)), 0, LARGEST, 0)

    def sizeHint(self) -> QSize:
        return QSize(480, FILM)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, FILM)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(MIME_TYPE) and self._count >= _FEWEST:
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.acceptProposedAction()
        self._show_mark(self._gap_at(self._row_x(event)))

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._mark.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._mark.hide()
        index, source = self._gap_at(self._row_x(event)), event.source()
        face = face_from_mime(event.mimeData())
        if isinstance(source, KeyFrameCard) and source in self.cards:
            event.acceptProposedAction()
            self.move_face(source.index, index - (index > source.index))
        elif face is not None:
            event.acceptProposedAction()
            self.morpher.insert(index, MorphFace(*face))

    def _row_x(self, event: QDropEvent) -> int:
        return self._row.mapFrom(self, event.position().toPoint()).x()
