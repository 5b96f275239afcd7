"""Messages and offers, which float at the bottom of what is in view."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, cast

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QDesktopServices,
    QGuiApplication,
    QIcon,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.errors import Problem
from cae_gui.widgets.controls import Label
from cae_gui.widgets.icons import Name, icon
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.tokens import RADIUS, border_of, is_dark
from cae_gui.widgets.workspace import focus_in

STAY_MS = 6_000
"""How long a message stays that asks for nothing."""
SHOW_IN_FOLDER = "Show in folder"
_KINDS = ("info", "offer", "error")
_ICON_SIDE = 20
_STRIPE = 4
_SHADOW = 8
_WIDEST, _DISTANCE = 560, 8
_MOST_ACTIONS = 4


def _nothing() -> None:
    pass


class Action(NamedTuple):
    """A button of a message: its text, and what is done after its message is gone."""

    text: str
    do: Callable[[], object] = _nothing


@dataclass(frozen=True, slots=True)
class _Message:
    text: str
    kind: str
    details: str
    actions: tuple[Action, ...]
    is_passing: bool


class MessageBar(QFrame):
    """Shows the newest message first; takes no room while it has nothing to say.

    What asks for nothing goes after six seconds, but not under the mouse or with the focus; errors
    and what has actions stay until they are answered or closed.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._messages: list[_Message] = []
        self._at = 0
        self._area: Callable[[], QRect] | None = None
        self._captions: Callable[[], Sequence[QRect]] = list
        self._controls: Callable[[], Sequence[QRect]] = list
        self._before: QWidget | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(STAY_MS)
        self._icon = Label()
        self._text = Label()
        self._buttons = [QPushButton() for _ in range(_MOST_ACTIONS)]
        self._copy = QPushButton("Copy details")
        self._step = _Stepper()
        self._close = QToolButton()
        self._row = QWidget()
        self._style_controls()
        self._arrange()
        self._connect()
        self._show_state()

    def float_over(
        self,
        host: QWidget,
        area: Callable[[], QRect],
        captions: Callable[[], Sequence[QRect]] = list,
        controls: Callable[[], Sequence[QRect]] = list,
    ) -> None:
        """Lie over ``host`` at the bottom of ``area()``, a rectangle in its coordinates.

        It lies above those ``controls()`` that it would cover there, and above the ``captions()``
        unless that is in the upper half. ``place`` must be called where these change without
        another size of the host.
        """
        self._area, self._captions, self._controls = area, captions, controls
        self.setParent(host)
        host.installEventFilter(self)
        self._show_state()

    @Slot()
    def place(self) -> None:
        """Take the place at the bottom of the area."""
        if self._area is None or self.isHidden():
            return
        room = self._area()
        width = min(_WIDEST, room.width())
        layout = self.layout()
        assert layout is not None
        layout.activate()  # or the height is that of the message before
        height = layout.totalHeightForWidth(width)
        left = room.left() + (room.width() - width) // 2
        low = QRect(left, room.bottom() + 1 - height - _DISTANCE, width, height)
        controls = self._controls()
        place, above = _above(low, [*self._captions(), *controls]), _above(low, controls)
        if place.top() <= room.center().y():
            place = above if above.top() >= room.top() else low
        self.setGeometry(place)
        self.raise_()

    def take_focus(self) -> None:
        """Give the focus to the message in view; it goes back when the message does."""
        focused = QApplication.focusWidget()
        if self._messages and focused is not None and not self.isAncestorOf(focused):
            self._before = focused
            focus_in(self if self._row.isHidden() else self._row)

    def show_message(
        self,
        text: str,
        *,
        kind: str = "info",
        details: str = "",
        actions: Sequence[Action] = (),
        is_passing: bool | None = None,
    ) -> None:
        """Show a message over the older ones, and log it; the same one again only comes to the top.

        ``is_passing`` says whether it goes by itself; None: an info without actions does.

        Raises:
            ValueError: `kind` isn't "info", "offer" or "error", or more than four actions.
        """
        if len(actions) > _MOST_ACTIONS:
            raise ValueError(f"{_MOST_ACTIONS} actions at the most, got {len(actions)}")
        if kind not in _KINDS:
            raise ValueError(f"kind is info, offer or error, not {kind!r}")
        logging.getLogger(__name__).info("%s: %s", kind, text)
        passes = kind == "info" and not actions if is_passing is None else is_passing
        message = _Message(text, kind, details, tuple(actions), passes)
        self._messages = [message, *(m for m in self._messages if m != message)]
        self._at = 0
        self._show_state()
        announcement = QAccessibleAnnouncementEvent(self._text, text)
        if kind == "error":
            politeness = QAccessible.AnnouncementPoliteness.Assertive
            announcement.setPoliteness(politeness)
        QAccessible.updateAccessibility(announcement)

    def show_saved(self, path: Path, text: str = "") -> None:
        """Say that a file was written, and offer its folder."""
        show = Action(SHOW_IN_FOLDER, _ShowFolder(path.parent))
        text = text or f"Saved as “{path.name}”."
        self.show_message(text, actions=[show], is_passing=True)

    @Slot(object)
    def show_problem(self, problem: Problem) -> None:
        """Say what failed."""
        self.show_message(problem.text, kind="error", details=problem.details)

    def clear(self) -> None:
        """Take all messages away."""
        self._messages = []
        self._show_state()

    def message(self) -> str:
        """Return the text in view, or ""."""
        return self._messages[self._at].text if self._messages else ""

    def _style_controls(self) -> None:
        self.setAccessibleName("Messages")
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        for button in (self._copy, *self._buttons):
            button.setAutoDefault(True)  # or Enter does nothing outside dialogs
        self._copy.setToolTip("Copy the details to the clipboard")
        self._close.setIcon(icon("close"))
        self._close.setAutoRaise(True)
        self._close.setToolTip("Close this message (Esc)")
        self._close.setAccessibleName("Close this message")

    def _arrange(self) -> None:
        top = QHBoxLayout()
        filled(top, self._icon, self._text, self._step, self._close, room=self._text)
        row = QHBoxLayout(self._row)
        row.addStretch(1)
        for button in (self._copy, *self._buttons):
            row.addWidget(button)
        row.setContentsMargins(0, 0, 0, 0)
        edge = _SHADOW + 8
        margins = (edge + _STRIPE, edge, edge, edge)
        filled(QVBoxLayout(self), top, self._row, margins=margins)

    def _connect(self) -> None:
        for button in self._buttons:
            button.clicked.connect(self._choose)
        self._copy.clicked.connect(self._copy_details)
        self._step.newer.clicked.connect(self._show_newer)
        self._step.older.clicked.connect(self._show_older)
        self._close.clicked.connect(self._dismiss)
        self._timer.timeout.connect(self._on_time)

    def _show_state(self) -> None:
        self._at = min(self._at, max(0, len(self._messages) - 1))
        focused = QApplication.focusWidget()
        has_focus = focused is not None and self.isAncestorOf(focused)
        self.setVisible(bool(self._messages))
        self._timer.stop()
        if self._messages:
            self._show_current(self._messages[self._at])
            self.place()
            if has_focus and not (focused and focused.isVisible() and focused.isEnabled()):
                focus_in(self if self._row.isHidden() else self._row)
        elif has_focus and self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.update()

    def _show_current(self, message: _Message) -> None:
        size = QSize(_ICON_SIDE, _ICON_SIDE)
        picture: QIcon = icon(cast(Name, message.kind))
        self._icon.setPixmap(picture.pixmap(size, self.devicePixelRatioF()))
        self._text.setText(message.text)
        self._copy.setText("Copy details")
        self._copy.setVisible(bool(message.details))
        self._step.show_place(self._at, len(self._messages))
        self._show_actions(message.actions)
        self._row.setVisible(bool(message.details or message.actions))
        if message.is_passing:
            self._timer.start()

    @Slot()
    def _on_time(self) -> None:
        """Take the message away, or wait on while someone may be reading it."""
        focused = QApplication.focusWidget()
        if self.underMouse() or (focused is not None and self.isAncestorOf(focused)):
            self._timer.start()
        else:
            self._dismiss()

    def _show_actions(self, actions: Sequence[Action]) -> None:
        for place, button in enumerate(self._buttons):
            button.setVisible(place < len(actions))
            button.setText(actions[place].text if place < len(actions) else "")

    @Slot()
    def _choose(self) -> None:
        button = self.sender()
        assert isinstance(button, QPushButton)
        action = self._messages[self._at].actions[self._buttons.index(button)]
        self._dismiss()
        action.do()

    @Slot()
    def _dismiss(self) -> None:
        del self._messages[self._at]
        self._show_state()

    @Slot()
    def _show_newer(self) -> None:
        self._at -= 1
        self._show_state()

    @Slot()
    def _show_older(self) -> None:
        self._at += 1
        self._show_state()

    @Slot()
    def _copy_details(self) -> None:
        message = self._messages[self._at]
        QGuiApplication.clipboard().setText(f"{message.text}\n\n{message.details}")
        self._copy.setText("Copied")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.place()
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._messages:
            self._show_current(self._messages[self._at])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._messages:
            self._dismiss()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        failed = bool(self._messages) and self._messages[self._at].kind == "error"
        palette, painter = self.palette(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        panel = QRectF(self.rect()).adjusted(_SHADOW, _SHADOW, -_SHADOW, -_SHADOW)
        _paint_shadow(painter, panel, 26 if is_dark(palette) else 9)
        shape = QPainterPath()
        shape.addRoundedRect(panel, RADIUS, RADIUS)
        painter.fillPath(shape, palette.color(QPalette.ColorRole.Button))
        edge = border_of(palette)
        painter.setClipPath(shape)
        color = palette.color(QPalette.ColorRole.BrightText) if failed else edge
        painter.fillRect(
            QRectF(panel.topLeft(), panel.bottomLeft()).adjusted(0, 0, _STRIPE, 0), color
        )
        painter.setClipping(False)
        painter.setPen(QPen(edge, 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(panel.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.end()


def _above(place: QRect, others: Sequence[QRect]) -> QRect:
    """Return the place moved up until it covers none of the others."""
    place = QRect(place)
    for other in sorted(others, key=QRect.bottom, reverse=True):
        if other.intersects(place):
            place.moveBottom(other.top() - 1)
    return place


def _paint_shadow(painter: QPainter, panel: QRectF, alpha: int) -> None:
    """Paint the shadow of a panel as rings, each darker where more of them lie over another."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, alpha))
    for grow in range(1, _SHADOW):
        ring = panel.adjusted(-grow, -grow + 2, grow, grow)
        painter.drawRoundedRect(ring, RADIUS + grow, RADIUS + grow)


@dataclass(frozen=True, slots=True)
class _ShowFolder:
    """Opens a folder in the file manager; equal ones don't pile up."""

    folder: Path

    def __call__(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.folder)))


class _Stepper(QWidget):
    """“1 of 3” between two arrows; hidden while there is only one message."""

    def __init__(self) -> None:
        super().__init__()
        self.newer = _arrow(Qt.ArrowType.LeftArrow, "Newer message")
        self._place = Label()
        self.older = _arrow(Qt.ArrowType.RightArrow, "Older message")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        for widget in (self.newer, self._place, self.older):
            line.addWidget(widget)

    def show_place(self, index: int, count: int) -> None:
        """Show `index` (from 0) as "1 of count"."""
        self._place.setText(f"{index + 1} of {count}")
        self.newer.setEnabled(index > 0)
        self.older.setEnabled(index + 1 < count)
        self.setVisible(count > 1)


def _arrow(direction: Qt.ArrowType, hint: str) -> QToolButton:
    button = QToolButton()
    button.setArrowType(direction)
    button.setAutoRaise(True)
    button.setToolTip(hint)
    button.setAccessibleName(hint)
    return button
