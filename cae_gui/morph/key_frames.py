"""The faces of a path in a row, with the ways between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from cae_gui.morph.key_frame_card import KeyFrameCard
from cae_gui.morph.segment_editor import SegmentEditor
from cae_gui.widgets.face_mime import MIME_TYPE, face_from_mime

_FEWEST = 2


@dataclass(frozen=True, slots=True, eq=False)
class FrameItem:
    """A face, uint8 (48, 48, 3) or not decoded yet, and the way from it."""

    name: str
    pixels: NDArray[np.uint8] | None
    seconds: float
    ease: str
    spherical: bool


def letter_of(index: int) -> str:
    """Return the name of a place: A to Z, then 27 and on."""
    return chr(ord("A") + index) if index < 26 else str(index + 1)


class KeyFrames(QScrollArea):
    """Cards and segment editors in turn, and at the end a card that takes a further face.

    Signals, places counted from 0:
        taken(int): put the selected face there; beyond the last: add it.
        face_put(int, str, object): put this face there; beyond the last: add it.
        inserted(int, str, object): put this face between others.
        moved(int, int), removed(int), menu_asked(int, QPoint): a card's.
        seconds_changed(int, float), ease_changed(int, str), spherical_changed(int, bool).
    """

    taken = Signal(int)
    face_put = Signal(int, str, object)
    inserted = Signal(int, str, object)
    moved = Signal(int, int)
    removed = Signal(int)
    menu_asked = Signal(int, QPoint)
    seconds_changed = Signal(int, float)
    ease_changed = Signal(int, str)
    spherical_changed = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[KeyFrameCard] = []
        self.segments: list[SegmentEditor] = []
        self._count = 0
        self._keeps_end = False
        self._line = QHBoxLayout()
        self._line.setSpacing(8)
        self.plus = KeyFrameCard()
        self.plus.set_placeholder("Add a face")
        self.plus.set_face("", "", None)
        self._mark = QFrame()
        self._build()
        self._join(self.plus)
        self.horizontalScrollBar().rangeChanged.connect(self._on_range)
        self.set_frames((), loop=False)

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

    def set_frames(self, items: Sequence[FrameItem], *, loop: bool) -> None:
        """Show these faces, and empty places for the first two."""
        # Who adds a face at the end wants to add the next one there.
        self._keeps_end = len(items) > self._count and self._is_at_end()
        self._count = len(items)
        self._have(max(_FEWEST, self._count), loop)
        for index, card in enumerate(self.cards):
            letter = letter_of(index)
            item = items[index] if index < len(items) else None
            card.set_placeholder(f"Drop face {letter} here" if item is None else "")
            card.set_face(letter, item.name if item else "", item.pixels if item else None)
            card.set_removable(len(items) > _FEWEST)
        for index, segment in enumerate(self.segments):
            segment.set_ends(letter_of(index), letter_of((index + 1) % len(self.cards)))
            segment.setEnabled(index < len(items))
            if index < len(items):
                item = items[index]
                segment.set_segment(item.seconds, item.ease, spherical=item.spherical)
        self.plus.index = max(_FEWEST, self._count)
        self.plus.setVisible(self._count >= _FEWEST)

    def count(self) -> int:
        """Return the number of faces."""
        return self._count

    @Slot(int)
    def remove(self, index: int) -> None:
        """Ask to remove a face; the next one then has the focus."""
        self.removed.emit(index)
        self._focus(min(index, self._count - 1))

    def shift(self, index: int, step: int) -> None:
        """Ask to move a face some places on; the focus goes with it."""
        self._on_moved(index, index + step)

    def _have(self, count: int, loop: bool) -> None:
        """Make or remove cards and segments: one segment less than cards, unless it is a loop."""
        while len(self.cards) < count:
            card, segment = KeyFrameCard(), SegmentEditor()
            card.index = segment.index = len(self.cards)
            self._join(card)
            segment.seconds_changed.connect(self.seconds_changed)
            segment.ease_changed.connect(self.ease_changed)
            segment.spherical_changed.connect(self.spherical_changed)
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
        """Let Tab go along the row; it would go through what is new last of all."""
        last: QWidget = self
        for card, segment in zip(self.cards, self.segments, strict=True):
            for widget in (card, segment.seconds, segment.ease, segment.way):
                self.setTabOrder(last, widget)
                last = widget
        self.setTabOrder(last, self.plus)

    def _join(self, card: KeyFrameCard) -> None:
        card.taken.connect(self.taken)
        card.face_put.connect(self.face_put)
        card.moved.connect(self._on_moved)
        card.removed.connect(self.remove)
        card.left.connect(self._on_left)
        card.menu_asked.connect(self.menu_asked)

    def _is_at_end(self) -> bool:
        bar = self.horizontalScrollBar()
        return bar.value() == bar.maximum()

    def _focus(self, index: int) -> None:
        cards = [*self.cards, self.plus]
        if 0 <= index < len(cards):
            cards[index].setFocus(Qt.FocusReason.OtherFocusReason)
            self.ensureWidgetVisible(cards[index])

    def _gap_at(self, x: int) -> int:
        """Return the place in the row that a face dropped there gets."""
        return sum(card.geometry().center().x() < x for card in self.cards[: self._count])

    def _show_mark(self, index: int) -> None:
        cards = [*self.cards[: self._count], self.plus]
        gap = self._line.spacing() // 2
        x = cards[index].x() - gap - 1
        self._mark.setGeometry(x, cards[0].y(), 2, cards[0].height())
        self._mark.show()
        self._mark.raise_()

    @Slot(int, int)
    def _on_moved(self, index: int, target: int) -> None:
        target = min(target, self._count - 1)
        if target >= 0 and index < self._count and target != index:
            self.moved.emit(index, target)
            self._focus(target)

    @Slot(int, int)
    def _on_range(self, _minimum: int, maximum: int) -> None:
        if self._keeps_end:
            self._keeps_end = False
            self.horizontalScrollBar().setValue(maximum)

    @Slot(int, int)
    def _on_left(self, index: int, step: int) -> None:
        self._focus(index + step)

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
            self._on_moved(source.index, index - (index > source.index))
        elif face is not None:
            event.acceptProposedAction()
            self.inserted.emit(index, *face)

    def _row_x(self, event: QDropEvent) -> int:
        point = event.position().toPoint()
        return self._row.mapFrom(self, point).x()
