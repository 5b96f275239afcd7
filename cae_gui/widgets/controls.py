"""Small parts of a page: labels, a button, a progress bar, and where a context menu opens."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QEnterEvent,
    QFont,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtGui import Qt as TextQt
from PySide6.QtWidgets import QAbstractItemView, QLabel, QProgressBar, QPushButton, QWidget

from cae_gui.widgets.tokens import RADIUS

ColorRole = QPalette.ColorRole

_NARROWEST = 64
_PADDING = QSize(24, 14)
_LIGHTER, _DARKER = 106, 112
"""Per cent of the ground's brightness under the mouse and while it is pressed."""


def as_tip(text: str) -> str:
    """Return a tip that shows the text letter by letter, also where Qt would take it for HTML."""
    if not TextQt.mightBeRichText(text):
        return text
    return f'<p style="white-space: pre-wrap">{escape(text)}</p>'


def in_menu(text: str) -> str:
    """Return the text of an action, a button or a tab that shows each “&”."""
    return text.replace("&", "&&")


class Label(QLabel):
    """A text that is shown letter by letter: names of files may look like HTML.

    Its key, the letter behind an “&”, gives ``buddy`` the focus.
    """

    def __init__(self, *arguments: Any, buddy: QWidget | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.setTextFormat(Qt.TextFormat.PlainText)
        if buddy is not None:
            self.setBuddy(buddy)

    def setToolTip(self, text: str) -> None:
        super().setToolTip(as_tip(text))

    def set_tabular(self) -> None:
        """Give all digits the same width, so that a changing number stands still."""
        font = self.font()
        font.setFeature(QFont.Tag("tnum"), 1)
        self.setFont(font)


class ElidedLabel(Label):
    """One line of text, cut off where there is no room; with ``tips``, its tip is the whole text.

    Unlike QLabel, which never learns the text, it asks for no new layout with each one, never
    makes its window wider, and is as high when it is empty.
    """

    def __init__(
        self,
        parent: QWidget | None = None,
        role: QPalette.ColorRole = ColorRole.WindowText,
        *,
        tips: bool = False,
    ) -> None:
        super().__init__(parent)
        self._role, self._tips = role, tips
        self._text = ""

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        if text != self._text:
            self._text = text
            if self._tips:
                self.setToolTip(text)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(_NARROWEST, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = painter.fontMetrics()
        text = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().color(self._role))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()


class SectionLabel(Label):
    """The title of a part of a page: a text in bold."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        font = self.font()
        font.setWeight(font.Weight.DemiBold)
        self.setFont(font)


class ProgressBar(QProgressBar):
    """A bar without a text, whose new value waits for the next painting of the window.

    QProgressBar paints itself before ``setValue`` returns: 2 to 10 ms each time, while a picture
    that follows a slider waits.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setTextVisible(False)

    def setValue(self, value: int) -> None:
        if value != self.value():
            self.setUpdatesEnabled(False)
            super().setValue(value)
            self.setUpdatesEnabled(True)


class PrimaryButton(QPushButton):
    """The button that a page is there for: filled with the accent colour, in bold.

    It paints itself: a style sheet for it makes Qt polish every widget of the application again
    when the colours change, which takes 0.3 s.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._is_under_mouse = False
        font = self.font()
        font.setWeight(font.Weight.DemiBold)
        self.setFont(font)

    def sizeHint(self) -> QSize:
        """The text with room around it."""
        text = self.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, self.text())
        return text + _PADDING

    def minimumSizeHint(self) -> QSize:
        """Its text is never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint ground, ring of the focus and text."""
        palette, painter = self.palette(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = palette.color(ColorRole.Highlight if self.isEnabled() else ColorRole.Midlight)
        if self.isDown():
            ground = ground.darker(_DARKER)
        elif self._is_under_mouse and self.isEnabled():
            ground = ground.lighter(_LIGHTER)
        painter.setBrush(ground)
        ring = QPen(palette.color(ColorRole.WindowText), 2.0)
        painter.setPen(ring if self.hasFocus() else Qt.PenStyle.NoPen)
        inset = 1.0 if self.hasFocus() else 0.0
        rect = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        role = ColorRole.HighlightedText if self.isEnabled() else ColorRole.PlaceholderText
        painter.setPen(palette.color(role))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextShowMnemonic
        painter.drawText(self.rect(), int(flags), self.text())

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that a click would press it."""
        self._is_under_mouse = True
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Show that it wouldn't any more."""
        self._is_under_mouse = False
        super().leaveEvent(event)


def button(text: str, clicked: Callable[[], object], tip: str = "") -> QPushButton:
    """Return a button that calls ``clicked``, a method of a QObject."""
    made = QPushButton(text)
    made.setToolTip(tip)
    made.clicked.connect(clicked)
    return made


def context_place(view: QAbstractItemView, event: QContextMenuEvent) -> tuple[QModelIndex, QPoint]:
    """Return the item that a menu is wanted for, and where on the screen, by mouse or key."""
    if event.reason() == QContextMenuEvent.Reason.Keyboard:
        index = view.currentIndex()
        return index, view.viewport().mapToGlobal(view.visualRect(index).center())
    return view.indexAt(event.pos()), event.globalPos()
