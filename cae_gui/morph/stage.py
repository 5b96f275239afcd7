"""What the tabs of Morph have in common: the dark well of the face, its menu, and the inspector."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cae_gui.widgets.controls import PrimaryButton, SectionLabel
from cae_gui.widgets.empty_state import EmptyState
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.theme import palette_of
from cae_gui.widgets.tokens import PRIMARY, RADIUS, WELL


class DarkWell(QWidget):
    """A dark ground, in both schemes, behind what is laid out on it."""

    def __init__(self, layout: QLayout, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        palette = palette_of("dark")
        palette.setColor(QPalette.ColorRole.Window, QColor(WELL))
        self.setPalette(palette)
        self.setLayout(layout)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().window())
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        painter.end()


class Stage(QStackedWidget):
    """Shows what is there, or, while there is nothing, a sentence and a button for what to do."""

    def __init__(
        self,
        content: QWidget,
        sentence: str,
        offer: str,
        clicked: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.empty = EmptyState("morph", sentence, offer)
        self.empty.button.clicked.connect(clicked)
        self.addWidget(content)
        self.addWidget(self.empty)

    def show_empty(self, empty: bool) -> None:
        """Show the sentence and the button, or what is there."""
        self.setCurrentIndex(int(empty))


class LargeFace(FaceView):
    """The face that a tab is there for; its actions are its context menu."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)  # of a film, else its ground is painted for each frame
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)


def face_actions(
    parent: QObject,
    face: LargeFace,
    *,
    save: Callable[[], object],
    edit: Callable[[], object],
    export: Callable[[], object] | None = None,
) -> list[QAction]:
    """Return what can be done with a large face, as its context menu."""
    made = []
    for text, work in (
        ("&Copy picture", face.copy),
        ("Save pict&ure …", save),
        ("Edit &in Explore", edit),
        ("E&xport …", export),
    ):
        if work is not None:
            action = QAction(text, parent)
            action.triggered.connect(lambda _checked=False, work=work: work())
            made.append(action)
    face.addActions(made)
    return made


def inspector(primary: PrimaryButton, *parts: QWidget | QLayout) -> QWidget:
    """Return the parts below each other, which scroll, over the main button, which doesn't."""
    content, scroll, holder = QWidget(), QScrollArea(), QWidget()
    column = filled(QVBoxLayout(content), margins=(16, 16, 16, 8))
    for number, part in enumerate(parts):
        if number and isinstance(part, SectionLabel):
            column.addSpacing(8)
        filled(column, part, margins=(16, 16, 16, 8))
    column.addStretch(1)
    scroll.setWidget(content)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    for widget in (scroll.viewport(), content):
        widget.setAutoFillBackground(False)
    primary.setMinimumHeight(PRIMARY)
    foot = filled(QVBoxLayout(), primary, margins=(16, 8, 16, 16))
    filled(QVBoxLayout(holder), scroll, foot, spacing=0, room=scroll)
    return holder
