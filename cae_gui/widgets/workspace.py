"""What every workspace consists of: a stage, an inspector beside it, and a film strip below."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from cae_gui.widgets.tokens import INSPECTOR, NARROW


class Workspace(QWidget):
    """Lays out a stage, an inspector of fixed width at its right, and a strip below the stage.

    In a window less wide than ``NARROW`` the inspector lies over the stage, and Escape closes it.

    Signals:
        inspector_shown(bool): the inspector was opened or folded away.
    """

    inspector_shown = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage, self._strip = QWidget(self), QWidget(self)
        self._drawer = _Drawer(self)
        self._is_open = True
        self._is_drawer = False

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
        return self._is_open

    @property
    def is_drawer(self) -> bool:
        """Whether the inspector lies over the stage, as the window is narrow."""
        return self._is_drawer

    def show_inspector(self, shown: bool) -> None:
        """Open the inspector or fold it away."""
        if shown != self._is_open:
            self._is_open = shown
            self._lay_out()
            self.updateGeometry()
            self.inspector_shown.emit(shown)

    def _lay_out(self) -> None:
        width, height = self.width(), self.height()
        beside = INSPECTOR if self._is_open and not self._is_drawer else 0
        below = self._strip.sizeHint().height() if self._strip.isVisibleTo(self) else 0
        self._stage.setGeometry(QRect(0, 0, width - beside, height - below))
        self._strip.setGeometry(QRect(0, height - below, width - beside, below))
        self._drawer.setGeometry(QRect(width - INSPECTOR, 0, INSPECTOR, height))
        self._drawer.setVisible(self._is_open)
        self._drawer.setAutoFillBackground(self._is_drawer)
        self._drawer.raise_()

    def minimumSizeHint(self) -> QSize:
        stage, strip = self._stage.minimumSizeHint(), self._strip.minimumSizeHint()
        beside = INSPECTOR if self._is_open and not self._is_drawer else 0
        below = self._strip.sizeHint().height() if self._strip.isVisibleTo(self) else 0
        height = max(stage.height() + below, self._drawer.minimumSizeHint().height())
        return QSize(max(stage.width(), strip.width()) + beside, height)

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
            self._is_drawer = is_narrow
            self.show_inspector(not is_narrow)
        self._lay_out()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._is_drawer and self._is_open:
            self.show_inspector(False)
            self._stage.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            super().keyPressEvent(event)


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
        painter.fillRect(0, 0, 1, self.height(), self.palette().color(QPalette.ColorRole.Midlight))
        painter.end()
