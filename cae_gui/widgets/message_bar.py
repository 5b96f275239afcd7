"""Messages and offers over the workspace."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStyle,
    QToolButton,
    QWidget,
)

from cae_gui.core.errors import Problem
from cae_gui.widgets.controls import Label

_ICONS = {
    "info": QStyle.StandardPixmap.SP_MessageBoxInformation,
    "offer": QStyle.StandardPixmap.SP_MessageBoxQuestion,
    "error": QStyle.StandardPixmap.SP_MessageBoxWarning,
}
_ICON_SIDE = 24
_STRIPE = 4
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


class MessageBar(QFrame):
    """Shows the newest message first; takes no room while it has nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._messages: list[_Message] = []
        self._at = 0
        self._icon = Label()
        self._text = Label()
        self._buttons = [QPushButton() for _ in range(_MOST_ACTIONS)]
        self._copy = QPushButton("Copy details")
        self._step = _Stepper()
        self._close = QToolButton()
        self._style_controls()
        self._arrange()
        self._connect()
        self._show_state()

    def show_message(
        self,
        text: str,
        *,
        kind: str = "info",
        details: str = "",
        actions: Sequence[Action] = (),
    ) -> None:
        """Show a message over the older ones, and log it; the same one again only comes to the top.

        Raises:
            ValueError: `kind` isn't "info", "offer" or "error", or more than four actions.
        """
        if len(actions) > _MOST_ACTIONS:
            raise ValueError(f"{_MOST_ACTIONS} actions at the most, got {len(actions)}")
        if kind not in _ICONS:
            raise ValueError(f"kind is info, offer or error, not {kind!r}")
        logging.getLogger(__name__).info("%s: %s", kind, text)
        message = _Message(text, kind, details, tuple(actions))
        self._messages = [message, *(m for m in self._messages if m != message)]
        self._at = 0
        self._show_state()
        QAccessible.updateAccessibility(QAccessibleEvent(self._text, QAccessible.Event.Alert))

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
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.setAccessibleName("Messages")
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._copy.setToolTip("Copy the details to the clipboard")
        self._close.setText("\N{MULTIPLICATION SIGN}")
        self._close.setAutoRaise(True)
        self._close.setToolTip("Close this message")
        self._close.setAccessibleName("Close this message")

    def _arrange(self) -> None:
        line = QHBoxLayout(self)
        line.setContentsMargins(8 + _STRIPE, 8, 8, 8)
        line.setSpacing(8)
        line.addWidget(self._icon)
        line.addWidget(self._text, 1)
        for widget in (*self._buttons, self._copy, self._step, self._close):
            line.addWidget(widget)

    def _connect(self) -> None:
        for button in self._buttons:
            button.clicked.connect(self._choose)
        self._copy.clicked.connect(self._copy_details)
        self._step.newer.clicked.connect(self._show_newer)
        self._step.older.clicked.connect(self._show_older)
        self._close.clicked.connect(self._dismiss)

    def _show_state(self) -> None:
        self._at = min(self._at, max(0, len(self._messages) - 1))
        self.setVisible(bool(self._messages))
        if self._messages:
            self._show_current(self._messages[self._at])
        self.update()

    def _show_current(self, message: _Message) -> None:
        icon = self.style().standardIcon(_ICONS[message.kind])
        self._icon.setPixmap(icon.pixmap(QSize(_ICON_SIDE, _ICON_SIDE), self.devicePixelRatioF()))
        self._text.setText(message.text)
        self._copy.setText("Copy details")
        self._copy.setVisible(bool(message.details))
        self._step.show_place(self._at, len(self._messages))
        self._show_actions(message.actions)

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

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        failed = bool(self._messages) and self._messages[self._at].kind == "error"
        role = QPalette.ColorRole.BrightText if failed else QPalette.ColorRole.Highlight
        painter = QPainter(self)
        painter.fillRect(0, 0, _STRIPE, self.height(), self.palette().color(role))
        painter.end()


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
