"""The row of a path's key frames and the segments between them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, QSize, Qt, Signal, Slot
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
from cae_gui.morph.morpher import Morpher, Segment
from cae_gui.widgets.controls import as_tip
from cae_gui.widgets.face_mime import MIME_TYPE, face_from_mime
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.fields import ComboBox, NumberBox
from cae_gui.widgets.images import Pixels
from model.morph.key_frames import EASES

LONGEST_S = 60.0
SHORTEST_S = 0.1
SIDE = 88
_WIDTH = 112  # for the name under it
_REMOVE = 20
_HINT = (
    "Drop a face here, or click to take the selected one. Drag it, or Ctrl and an arrow key: "
    "another place in the row."
)
_ADD_HINT = "Drop a face here, or click to add the selected one."
_FEWEST = 2


def letter_of(index: int) -> str:
    """Return the label of a key frame: A to Z, then numbers from 27."""
    return chr(ord("A") + index) if index < 26 else str(index + 1)


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
        self.set_caption(": ".join(part for part in (letter, name) if part) or " ")
        self.setToolTip(f"{name}\n{_HINT}".strip() if letter else _ADD_HINT)
        if not letter:
            self.setAccessibleName("Add a face")
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
        self._frames.show_menu(self.index, place)

    def dropEvent(self, event: QDropEvent) -> None:
        other = event.source()
        if isinstance(other, KeyFrameCard) and other.parent() is self.parent():
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


class SegmentEditor(QWidget):
    """Edits a segment's duration, easing, and kind of interpolation."""

    def __init__(self, morpher: Morpher, index: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._morpher, self._index = morpher, index
        self.seconds = NumberBox(decimals=3, least=1)
        self.seconds.setRange(SHORTEST_S, LONGEST_S)
        self.seconds.setSingleStep(0.5)
        self.seconds.setSuffix(" s")
        self.seconds.setKeyboardTracking(False)  # no 1 s and 12 s while 12.5 s is typed
        self.ease = ComboBox()
        for name in EASES:
            self.ease.addItem(name.capitalize(), name)
        self.way = ComboBox()
        self.way.addItems(["Straight", "Great arc"])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        for control in (self.seconds, self.ease, self.way):
            column.addWidget(control)
        self.seconds.valueChanged.connect(partial(morpher.set_seconds, index))
        self.ease.currentIndexChanged.connect(self._on_ease)
        self.way.currentIndexChanged.connect(self._on_spherical)

    def set_segment(self, segment: Segment) -> None:
        """Show a segment, without emitting signals."""
        # A number being typed stays while another segment changes.
        if round(segment.seconds, self.seconds.decimals()) != self.seconds.value():
            with QSignalBlocker(self.seconds):
                self.seconds.setValue(segment.seconds)
        with QSignalBlocker(self.ease):
            self.ease.setCurrentIndex(self.ease.findData(segment.ease))
        with QSignalBlocker(self.way):
            self.way.setCurrentIndex(int(segment.spherical))

    def set_ends(self, first: str, second: str) -> None:
        """Set the labels of the key frames at its ends."""
        way = f"from {first} to {second}"
        for control, what, tip in (
            (self.seconds, "Seconds", f"How long the way {way} takes"),
            (self.ease, "Ease", f"How evenly it goes {way}"),
            (self.way, "Way", f"Linear or spherical interpolation {way}"),
        ):
            control.setAccessibleName(f"{what} {way}")
            control.setToolTip(as_tip(tip))

    @Slot(int)
    def _on_ease(self, _index: int) -> None:
        self._morpher.set_ease(self._index, self.ease.currentData())

    @Slot(int)
    def _on_spherical(self, index: int) -> None:
        self._morpher.set_spherical(self._index, index == 1)


class KeyFrames(QScrollArea):
    """Key frames and segment editors in turn, and an empty card for another face.

    Indexes start at 0; a face put at the index after the last is appended.

    Signals:
        edited_wanted(int): put the face edited in Explore at this index.
    """

    edited_wanted = Signal(int)

    def __init__(
        self, morpher: Morpher, selection: Selection, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # as the path slider's
        self.morpher, self._selection = morpher, selection
        self.cards: list[KeyFrameCard] = []
        self.segments: list[SegmentEditor] = []
        self._count = 0
        self._keeps_end = False
        self._line = QHBoxLayout()
        self._line.setSpacing(8)
        self.plus = KeyFrameCard(self, _FEWEST)
        self.plus.set_placeholder("Add a face")
        self.plus.set_face("", "", None)
        self._mark = QFrame()
        self._build()
        self.horizontalScrollBar().rangeChanged.connect(self._on_range)
        self.horizontalScrollBar().valueChanged.connect(self._on_scrolled)
        morpher.changed.connect(self._on_changed)
        self._on_changed()

    def _build(self) -> None:
        self._row = QWidget()
        outer = QHBoxLayout(self._row)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addStretch(1)
        outer.addLayout(self._line)
        outer.setAlignment(self._line, Qt.AlignmentFlag.AlignTop)
        outer.addStretch(1)
        self._line.addWidget(self.plus)
        self._mark.setParent(self._row)
        self._mark.setAutoFillBackground(True)
        self._mark.setBackgroundRole(self.palette().ColorRole.Highlight)
        self._mark.hide()
        self.setWidget(self._row)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAcceptDrops(True)
        self.setAccessibleName("Faces of the path")
        self.viewport().setAutoFillBackground(False)
        self._row.setAutoFillBackground(False)

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
            self.ensureWidgetVisible(cards[index])

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
        self._set_counts(max(_FEWEST, self._count), state.loop)
        for index, card in enumerate(self.cards):
            letter, is_there = letter_of(index), index < self._count
            face = state.faces[index] if is_there else MorphFace("")
            card.set_placeholder("" if is_there else f"Drop face {letter} here")
            card.set_face(letter, face.name, self.morpher.pixels(face))
            card.set_removable(self._count > _FEWEST)
        for index, segment in enumerate(self.segments):
            segment.set_ends(letter_of(index), letter_of((index + 1) % len(self.cards)))
            segment.setEnabled(index < self._count)
            if index < self._count:
                segment.set_segment(state.segments[index])
        self.plus.index = max(_FEWEST, self._count)
        self.plus.setVisible(self._count >= _FEWEST)

    def _set_counts(self, count: int, loop: bool) -> None:
        """Set the numbers of cards and of segments: one fewer than cards, unless it is a loop."""
        while len(self.cards) < count:
            index = len(self.cards)
            card, segment = KeyFrameCard(self, index), SegmentEditor(self.morpher, index)
            place = self._line.count() - 1
            self._line.insertWidget(place, card)
            self._line.insertWidget(place + 1, segment, 0, Qt.AlignmentFlag.AlignTop)
            self.cards.append(card)
            self.segments.append(segment)
            self._order_tabs()
        while len(self.cards) > count:
            for widget in (self.cards.pop(), self.segments.pop()):
                self._line.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
        for segment in self.segments:
            segment.setVisible(loop or segment is not self.segments[-1])

    def _order_tabs(self) -> None:
        """Set the Tab order along the row; new widgets would be last."""
        last: QWidget = self
        for card, segment in zip(self.cards, self.segments, strict=True):
            for widget in (card, segment.seconds, segment.ease, segment.way):
                self.setTabOrder(last, widget)
                last = widget
        self.setTabOrder(last, self.plus)

    def _is_at_end(self) -> bool:
        bar = self.horizontalScrollBar()
        return bar.value() == bar.maximum()

    def _gap_at(self, x: int) -> int:
        """Return the index for a face dropped at ``x``, in px."""
        return sum(card.geometry().center().x() < x for card in self.cards[: self._count])

    def _show_mark(self, index: int) -> None:
        cards = [*self.cards[: self._count], self.plus]
        gap = self._line.spacing() // 2
        x = cards[index].x() - gap - 1
        self._mark.setGeometry(x, cards[0].y(), 2, cards[0].height())
        self._mark.show()
        self._mark.raise_()

    @Slot(int, int)
    def _on_range(self, _minimum: int, maximum: int) -> None:
        if self._keeps_end:  # a card and a segment may change the range twice
            self.horizontalScrollBar().setValue(maximum)

    @Slot(int)
    def _on_scrolled(self, _value: int) -> None:
        self._keeps_end = self._keeps_end and self._is_at_end()

    def sizeHint(self) -> QSize:
        return QSize(480, self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        bar = self.horizontalScrollBar().sizeHint().height()
        return QSize(240, self.plus.sizeHint().height() + bar)

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
        point = event.position().toPoint()
        return self._row.mapFrom(self, point).x()
