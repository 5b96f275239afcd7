"""A widget that faces are dropped on, and a layout of four around a square."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import (
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from cae_gui.core.selection import Selection
from cae_gui.morph.mix import MorphFace
from cae_gui.widgets.face_mime import Face, faces_from_mime
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.tokens import SMALL

_GAP = 8


class FaceWell(FaceView):
    """Takes dropped faces or, by click or Enter, the selected one.

    ``put`` is called with the index of the well and the faces.
    """

    def __init__(
        self,
        index: int,
        hint: str,
        selection: Selection,
        put: Callable[[int, list[MorphFace]], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, droppable=True)
        self.letter = chr(ord("A") + index)
        self._index, self._hint, self._selection, self._put = index, hint, selection, put
        self.label = NameLabel(self.letter)
        """Its letter and the names of its faces, to be placed beside it."""
        self.set_placeholder(f"Drop face {self.letter} here")
        self.set_names(())
        self.clicked.connect(self._on_clicked)

    def set_names(self, names: tuple[str, ...]) -> None:
        """Set the names of its faces."""
        text = names[0] if len(names) == 1 else f"mean of {len(names):,} faces"
        self.set_face_name(text if names else "")
        self.label.set_name(text if names else "")
        self.setAccessibleName(f"{self.letter}: {text}" if names else self.letter)
        self.setToolTip(f"{text}\n{self._hint}" if names else self._hint)

    def with_label(self, side: int) -> QWidget:
        """Return a widget with this one, ``side`` px wide, over its label."""
        self.setFixedSize(side, side)
        holder = QWidget()
        filled(QVBoxLayout(holder), self, self.label, spacing=0)
        holder.setFixedSize(side, side + self.label.sizeHint().height())
        return holder

    @Slot()
    def _on_clicked(self) -> None:
        if self._selection.face is not None:
            self._put(self._index, [MorphFace.of(self._selection.face)])

    def take(self, faces: Sequence[Face]) -> None:
        """Replace its faces."""
        self._put(self._index, [MorphFace(*face) for face in faces])

    def dropEvent(self, event: QDropEvent) -> None:
        faces = faces_from_mime(event.mimeData())
        super().dropEvent(event)
        if faces:
            self.take(faces)


class NameLabel(QWidget):
    """A letter and, below it, a name on two lines at the most."""

    def __init__(self, letter: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._letter, self._name = letter, ""
        font = self.font()
        font.setPixelSize(SMALL)
        self.setFont(font)

    def set_name(self, name: str) -> None:
        """Set the name."""
        self._name = name
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(64, 3 * self.fontMetrics().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        metrics, rect = painter.fontMetrics(), QRectF(self.rect())
        plain, bold = painter.font(), painter.font()
        bold.setWeight(bold.Weight.DemiBold)
        option = QTextOption(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        painter.setFont(bold)
        painter.drawText(rect, self._letter, option)
        painter.setFont(plain)
        most = 2 * self.width() - metrics.height()
        text = metrics.elidedText(self._name, Qt.TextElideMode.ElideMiddle, most)
        painter.drawText(rect.adjusted(0, metrics.height(), 0, 0), text, option)
        painter.end()


class CornerBoard(QWidget):
    """Lays out a square as large as possible, and four fixed widgets beside its corners."""

    def __init__(
        self, square: QWidget, corners: Sequence[QWidget], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._square, self._corners = square, tuple(corners)
        for widget in (corners[0], corners[1], square, corners[2], corners[3]):
            widget.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def _beside(self) -> int:
        return 2 * (self._corners[0].width() + _GAP)

    def minimumSizeHint(self) -> QSize:
        side = max(self._square.minimumSizeHint().width(), 2 * self._corners[0].height())
        return QSize(side + self._beside(), side)

    def sizeHint(self) -> QSize:
        side = self._square.sizeHint().width()
        return QSize(side + self._beside(), side)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        side = min(self.width() - self._beside(), self.height())
        left = (self.width() - side) // 2
        top = (self.height() - side) // 2
        self._square.setGeometry(left, top, side, side)
        for place, corner in enumerate(self._corners):
            x = left + side + _GAP if place % 2 else left - _GAP - corner.width()
            y = top + side - corner.height() if place // 2 else top
            corner.move(x, y)
