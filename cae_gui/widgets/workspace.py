"""What every workspace consists of: a stage, an inspector beside it, and a film strip below."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QHideEvent,
    QImage,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QStyle, QVBoxLayout, QWidget

from cae_gui.widgets.face_view import FaceView, largest_picture
from cae_gui.widgets.tokens import INSPECTOR, NARROW

_LARGE_SHARE = 3


class Workspace(QWidget):
    """Lays out a stage, an inspector of fixed width beside it, and a strip below the stage.

    In a window less wide than ``NARROW`` the inspector is a drawer: closed at first, it closes on
    Escape. It lies beside the stage where that has room enough, and else over it; then it closes
    when the focus goes to what it covers. Whether it is open in a wide window is kept meanwhile.

    Tab goes through the stage, the strip and the inspector, in this order.

    Signals:
        inspector_shown(bool): the inspector was opened or folded away.
        laid_out(): the stage has another place or size.
    """

    inspector_shown = Signal(bool)
    laid_out = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage, self._strip = QWidget(self), QWidget(self)
        self._drawer = _Drawer(self)
        self._is_drawer = False
        self._is_beside = True  # in a wide window
        self._is_pulled = False  # in a narrow one
        self._is_watching = False

    def arrange(self, stage: QWidget, inspector: QWidget, strip: QWidget | None = None) -> None:
        """Take the three parts; ``strip`` None leaves its room to the stage. Called once."""
        self._stage.deleteLater()
        self._strip.deleteLater()
        self._stage, self._strip = stage, strip or QWidget()
        for part in (self._stage, self._strip):
            part.setParent(self)
        self._strip.setVisible(strip is not None)
        self._drawer.hold(inspector)
        self._lay_out()

    @property
    def has_inspector(self) -> bool:
        """Whether the inspector is open."""
        return self._is_pulled if self._is_drawer else self._is_beside

    @property
    def is_drawer(self) -> bool:
        """Whether the inspector is a drawer, as the window is narrow."""
        return self._is_drawer

    def stage_rect(self) -> QRect:
        """Return the place of the stage, in this widget's coordinates."""
        return self._stage.geometry()

    def captions(self) -> list[QRect]:
        """Return where the captions of pictures on the stage are, in this widget's coordinates."""
        views = [view for view in self._stage.findChildren(FaceView) if view.isVisible()]
        rects = [view.caption_rect().translated(view.mapTo(self, QPoint(0, 0))) for view in views]
        return [rect for rect in rects if not rect.isEmpty()]

    def controls(self) -> list[QRect]:
        """Return where what can be used on the stage is, in this widget's coordinates.

        Large pictures aren't among it: enough of them stays in view beside a message.
        """
        most = self._stage.height() // _LARGE_SHARE
        by_keys = Qt.FocusPolicy.TabFocus
        found = [
            part
            for part in self._stage.findChildren(QWidget)
            if part.isVisible() and part.focusPolicy() & by_keys and part.height() <= most
        ]
        return [QRect(part.mapTo(self, QPoint(0, 0)), part.size()) for part in found]

    def picture(self) -> QImage | None:
        """Return what Edit → Copy picture copies, or None where there is nothing."""
        return largest_picture(self._stage)

    def show_inspector(self, shown: bool) -> None:
        """Open the inspector or fold it away; a drawer that opens takes the focus."""
        if shown == self.has_inspector:
            return
        if not shown and self._has_focus_in(self._drawer):
            focus_in(self._stage)
        if self._is_drawer:
            self._is_pulled = shown
        else:
            self._is_beside = shown
        self._change()

    def _change(self) -> None:
        self._lay_out()
        self.updateGeometry()
        if self._is_drawer and self._is_pulled and self.isVisible():
            focus_in(self._drawer)  # before others react: the focus elsewhere would close it
        self._watch_focus(self._is_drawer and self._is_pulled)
        self.inspector_shown.emit(self.has_inspector)

    def _has_focus_in(self, part: QWidget) -> bool:
        focused = QApplication.focusWidget()
        return focused is not None and part.isAncestorOf(focused)

    def _watch_focus(self, watched: bool) -> None:
        application = QApplication.instance()
        if watched != self._is_watching and isinstance(application, QApplication):
            self._is_watching = watched
            changed = application.focusChanged
            (changed.connect if watched else changed.disconnect)(self._on_focus)

    @Slot(QWidget, QWidget)
    def _on_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Close the drawer where the focus has gone to what it covers."""
        if now is None or not self.isAncestorOf(now) or self._drawer.isAncestorOf(now):
            return
        if QRect(now.mapTo(self, QPoint(0, 0)), now.size()).intersects(self._drawer.geometry()):
            self.show_inspector(False)

    def _lay_out(self) -> None:
        width, height = self.width(), self.height()
        has_room = not self._is_drawer or width - INSPECTOR >= self._least_width()
        beside = INSPECTOR if self.has_inspector and has_room else 0
        below = self._strip.sizeHint().height() if self._strip.isVisibleTo(self) else 0
        direction = self.layoutDirection()  # from right to left, the inspector is at the left
        stage = QRect(0, 0, width - beside, height - below)
        strip = QRect(0, height - below, width - beside, below)
        drawer = QRect(width - INSPECTOR, 0, INSPECTOR, height)
        was = self._stage.geometry()
        for part, rect in ((self._stage, stage), (self._strip, strip), (self._drawer, drawer)):
            part.setGeometry(QStyle.visualRect(direction, self.rect(), rect))
        self._drawer.setVisible(self.has_inspector)
        self._drawer.setAutoFillBackground(self._is_drawer)
        self._drawer.raise_()
        if was != self._stage.geometry():
            self.laid_out.emit()

    def _least_width(self) -> int:
        """Return the width that stage and strip need."""
        return max(self._stage.minimumSizeHint().width(), self._strip.minimumSizeHint().width())

    def minimumSizeHint(self) -> QSize:
        """Return the least size in a window as wide as it is now, also while not in view.

        That of an open drawer beside the stage, too: for it the gallery gives way.
        """
        is_wide = self.window().width() >= NARROW
        beside = INSPECTOR if (self._is_beside if is_wide else self._is_pulled) else 0
        below = self._strip.sizeHint().height() if self._strip.isVisibleTo(self) else 0
        height = self._stage.minimumSizeHint().height() + below
        height = max(height, self._drawer.minimumSizeHint().height())
        return QSize(self._least_width() + beside, height)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint().expandedTo(QSize(INSPECTOR * 3, INSPECTOR * 2))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._lay_out()
            self.updateGeometry()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.window().width() < NARROW
        if is_narrow != self._is_drawer:
            was_shown = self.has_inspector
            self._is_drawer, self._is_pulled = is_narrow, False
            if was_shown != self.has_inspector:
                self._change()
        self._lay_out()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._is_drawer and not event.spontaneous():
            self.show_inspector(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._is_drawer and self._is_pulled:
            self.show_inspector(False)
        else:
            super().keyPressEvent(event)


def focus_in(part: QWidget | None) -> None:
    """Give the focus to the first widget of a part, or the part itself, that takes it by Tab."""
    if part is None:
        return
    widget: QWidget | None = part
    while widget is not None:
        takes = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isEnabled()
        if takes and (widget is part or part.isAncestorOf(widget)) and widget.isVisible():
            widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
        widget = widget.nextInFocusChain()
        if widget is part:
            part.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return


class _Drawer(QFrame):
    """Holds the inspector, with a line at its left edge."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setBackgroundRole(QPalette.ColorRole.Window)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 0, 0, 0)

    def hold(self, inspector: QWidget) -> None:
        """Show this inspector."""
        self._column.addWidget(inspector)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        line = QStyle.visualRect(self.layoutDirection(), self.rect(), QRect(0, 0, 1, self.height()))
        painter.fillRect(line, self.palette().color(QPalette.ColorRole.Midlight))
        painter.end()
