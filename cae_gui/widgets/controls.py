"""Small widgets of a page: labels, buttons, a progress bar; positions of context menus."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QEnterEvent,
    QFont,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtGui import Qt as TextQt
from PySide6.QtWidgets import QAbstractItemView, QLabel, QMenu, QProgressBar, QPushButton, QWidget

from cae_gui.widgets.tokens import PRIMARY, RADIUS

ColorRole = QPalette.ColorRole

_NARROWEST = 64
_PADDING = QSize(24, 14)
_LIGHTER, _DARKER = 106, 112
"""Brightness of the background under the mouse and while pressed, in per cent."""


def as_tip(text: str) -> str:
    """Return a tooltip that shows the text literally, also where Qt would take it for HTML."""
    if not TextQt.mightBeRichText(text):
        return text
    return f'<p style="white-space: pre-wrap">{escape(text)}</p>'


def in_menu(text: str) -> str:
    """Return the text with each “&” escaped, for an action, a button or a tab."""
    return text.replace("&", "&&")


class Label(QLabel):
    """A label of plain text: names of files may look like HTML.

    Its mnemonic, the letter after an “&”, gives ``buddy`` the focus.
    """

    def __init__(self, *arguments: Any, buddy: QWidget | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.setTextFormat(Qt.TextFormat.PlainText)
        if buddy is not None:
            self.setBuddy(buddy)

    def setToolTip(self, text: str) -> None:
        super().setToolTip(as_tip(text))

    def set_tabular(self) -> None:
        """Use digits of equal width, so that changing numbers don't move."""
        font = self.font()
        font.setFeature(QFont.Tag("tnum"), 1)
        self.setFont(font)


class ElidedLabel(Label):
    """One line of text, elided where there is no room; with ``tips`` the tooltip is the whole text.

    It paints the text itself. Unlike with QLabel, a new text needs no new layout, never widens the
    window, and an empty one keeps the height.
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
        flags = self.alignment() | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), int(flags), text)
        painter.end()


class SectionLabel(Label):
    """The title of a part of a page, in bold."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        font = self.font()
        font.setWeight(font.Weight.DemiBold)
        self.setFont(font)


class ProgressBar(QProgressBar):
    """A bar without text, which shows a new value at the next paint event.

    QProgressBar repaints within ``setValue``, which takes 2 to 10 ms and delays pictures.
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
    """The main button of a page: filled with the accent colour, in bold.

    It paints itself: a style sheet for it makes Qt polish every widget of the application again
    when the colours change, which takes 0.3 s.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setAutoDefault(True)  # or Enter does nothing outside dialogs
        self._is_under_mouse = False
        font = self.font()
        font.setWeight(font.Weight.DemiBold)
        self.setFont(font)
        self.setMinimumHeight(PRIMARY)

    def sizeHint(self) -> QSize:
        """Return the size of the text with padding."""
        text = self.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, self.text())
        return text + _PADDING

    def minimumSizeHint(self) -> QSize:
        """Return ``sizeHint()``: the text is never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint background, focus ring and text."""
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
        """Repaint with the hover colour."""
        self._is_under_mouse = True
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Repaint without the hover colour."""
        self._is_under_mouse = False
        super().leaveEvent(event)


def button(text: str, clicked: Callable[[], object], tip: str = "") -> QPushButton:
    """Return a button that calls ``clicked``, a method of a QObject, when clicked."""
    made = QPushButton(text)
    made.setToolTip(tip)
    made.clicked.connect(clicked)
    return made


def context_place(view: QAbstractItemView, event: QContextMenuEvent) -> tuple[QModelIndex, QPoint]:
    """Return the item and the global position for a context menu, by mouse or key."""
    if event.reason() == QContextMenuEvent.Reason.Keyboard:
        index = view.currentIndex()
        return index, view.viewport().mapToGlobal(view.visualRect(index).center())
    return view.indexAt(event.pos()), event.globalPos()


def menu_action(menu: QMenu, text: str, work: Callable[[], object], tip: str) -> QAction:
    """Add an entry to a menu that shows tips, and return it."""
    action = menu.addAction(text)
    action.setToolTip(tip)
    action.triggered.connect(lambda _checked: work())
    return action
