"""What hands do with any widget, whatever it is there for: mouse, keys, drags, dialogs."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, cast
from unittest import mock

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QDrag, QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QMessageBox,
    QSlider,
    QTabWidget,
    QWidget,
)

NEVER = ("Download", "Try again", "Quit", "Show the log")
"""What reaches beyond this process, or ends it."""
KEYS = (
    *(Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Tab),
    *(Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Space, Qt.Key.Key_Escape),
    *(Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Delete, Qt.Key.Key_A, Qt.Key.Key_Return),
)
MODIFIERS = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
LEFT = Qt.MouseButton.LeftButton
COPY = Qt.DropAction.CopyAction
WHEEL_STEP = 120


class Hands:
    """Do things to widgets of a window that are visible; ``chance`` decides what and where."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self.chance = random.Random()

    def visible(self, kind: type[Any]) -> Sequence[Any]:
        """Return widgets in an order that is the same in every process."""
        return visible(self._window, kind)

    def press(self) -> None:
        """Click a button of any kind."""
        press(self._window, self.chance)

    def move_slider(self) -> None:
        """Move a slider to several places."""
        sliders = [item for item in self.visible(QSlider) if item.isEnabled()]
        if sliders:
            slider = self.chance.choice(sliders)
            for _ in range(self.chance.randint(1, 12)):
                slider.setValue(self.chance.randint(slider.minimum(), slider.maximum()))
                QApplication.processEvents()  # as between two moves of a mouse

    def set_value(self) -> None:
        """Step a number, or choose an entry of a list."""
        set_value(self._window, self.chance)

    def switch(self) -> None:
        """Bring another page to the front, of the window or of anything in it."""
        pages = self.chance.choice(self.visible(QTabWidget))
        pages.setCurrentIndex(self.chance.randrange(pages.count()))

    def press_keys(self) -> None:
        """Press keys, where the focus is or after putting it somewhere."""
        if self.chance.random() < 0.5:
            policy = Qt.FocusPolicy.NoFocus
            takers = [one for one in self.visible(QWidget) if one.focusPolicy() != policy]
            self.chance.choice(takers).setFocus()
        widget = QApplication.focusWidget() or self._window
        for key in self.chance.choices(KEYS, k=self.chance.randint(1, 6)):
            QTest.keyClick(widget, key)

    def use_mouse(self) -> None:
        """Click, double-click, drag, turn the wheel or ask for the menu on any widget."""
        buttons = [one for one in self.visible(QAbstractButton) if not is_allowed(one.text())]
        widgets = self.visible(QWidget)
        # What lies over others is what a hand finds there.
        covered = {one.parentWidget() for one in widgets} | set(buttons)
        inner = [one for one in widgets if one.isEnabled() and one not in covered]
        self.use_mouse_on(self.chance.choice(inner))

    def use_mouse_on(self, widget: QWidget) -> None:
        """Do one of these on a widget."""
        deeds = (self._click, self._double_click, self._drag, self._drag, self._wheel, self._menu)
        self.chance.choice(deeds)(widget)

    def _place(self, widget: QWidget) -> QPoint:
        width, height = max(1, widget.width()), max(1, widget.height())
        return QPoint(self.chance.randrange(width), self.chance.randrange(height))

    def _click(self, widget: QWidget) -> None:
        QTest.mouseClick(widget, LEFT, self.chance.choice(MODIFIERS), self._place(widget))

    def _double_click(self, widget: QWidget) -> None:
        place = self._place(widget)
        QTest.mouseClick(widget, LEFT, pos=place)
        QTest.mouseDClick(widget, LEFT, pos=place)

    def _drag(self, widget: QWidget) -> None:
        places = [self._place(widget) for _ in range(self.chance.randint(2, 8))]
        QTest.mousePress(widget, LEFT, self.chance.choice(MODIFIERS), places[0])
        for place in places[1:]:
            QTest.mouseMove(widget, place)
            QApplication.processEvents()
        QTest.mouseRelease(widget, LEFT, pos=places[-1])

    def _wheel(self, widget: QWidget) -> None:
        place = QPointF(self._place(widget))
        turn = QPoint(0, self.chance.choice((-WHEEL_STEP, WHEEL_STEP, 3 * WHEEL_STEP)))
        event = QWheelEvent(
            place,
            widget.mapToGlobal(place),
            QPoint(),
            turn,
            Qt.MouseButton.NoButton,
            self.chance.choice(MODIFIERS),
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)

    def _menu(self, widget: QWidget) -> None:
        place = self._place(widget)
        reason = QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(widget, QContextMenuEvent(reason, place, widget.mapToGlobal(place)))

    def drop_somewhere(self, mime: QMimeData) -> None:
        """Carry something over a widget that may take it, and let it go there or not."""
        takers = [one for one in self.visible(QWidget) if one.acceptDrops()]
        widget = self.chance.choice(takers or [self._window])
        place, nothing = QPointF(self._place(widget)), Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(place.toPoint(), COPY, mime, LEFT, nothing)
        QApplication.sendEvent(widget, enter)
        if enter.isAccepted() and self.chance.random() < 0.8:
            QApplication.sendEvent(widget, QDropEvent(place, COPY, mime, LEFT, nothing))
        else:
            QApplication.sendEvent(widget, QEvent(QEvent.Type.DragLeave))

    def replaced_drags(self) -> AbstractContextManager[Any]:
        """Return a context that ends drags from the window; without a mouse they wouldn't end."""

        def end(drag: QDrag, *_actions: object) -> Qt.DropAction:
            self.drop_somewhere(drag.mimeData())
            drag.deleteLater()  # as Qt does
            return COPY

        return cast(AbstractContextManager[Any], mock.patch.object(QDrag, "exec", end))


def answer(widget: QWidget, chance: random.Random) -> None:
    """End a dialog or a menu that is open: by one of its buttons, with other values, or not."""
    if isinstance(widget, QMessageBox) and chance.random() < 0.7:
        chance.choice(widget.buttons()).click()
    elif isinstance(widget, QDialog) and chance.random() < 0.6:
        set_value(widget, chance)
        press(widget, chance)
    elif isinstance(widget, QDialog):
        widget.reject()
    else:
        widget.close()


def press(widget: QWidget, chance: random.Random) -> None:
    """Click a button of any kind below a widget."""
    buttons = visible(widget, QAbstractButton)
    possible = [item for item in buttons if item.isEnabled() and is_allowed(item.text())]
    if possible:
        chance.choice(possible).click()


def set_value(widget: QWidget, chance: random.Random) -> None:
    """Step a number below a widget, or choose an entry of a list."""
    kinds: Sequence[Callable[[], None]] = [
        *(lambda one=one: one.stepBy(chance.choice((-10, -1, 1, 10)))
          for one in visible(widget, QAbstractSpinBox) if one.isEnabled()),
        *(lambda one=one: _choose(one, chance.randrange(one.count()))
          for one in visible(widget, QComboBox) if one.isEnabled() and one.count()),
    ]  # fmt: skip
    if kinds:
        chance.choice(kinds)()


def _choose(box: QComboBox, index: int) -> None:
    box.setCurrentIndex(index)
    box.activated.emit(index)


def visible(window: QWidget, kind: type[Any]) -> Sequence[Any]:
    """Return widgets below another in an order that is the same in every process."""
    return [item for item in window.findChildren(kind) if item.isVisible()]


def is_allowed(text: str) -> bool:
    """Tell whether a button or an entry of a menu may be used."""
    return not text.replace("&", "").startswith(NEVER)
