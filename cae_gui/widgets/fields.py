"""Fields, lists and sliders: numbers are taken as typed or refused; the wheel needs the focus.

All of the window's are of these classes. A filter of the whole application would need Python's
lock for each event of each widget, which a training thread may hold for a millisecond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLocale, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QStatusTipEvent,
    QValidator,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QSlider,
    QSpinBox,
    QTabBar,
    QTabWidget,
    QWidget,
)

from cae_gui.widgets.controls import as_tip
from cae_gui.widgets.numbers import read_number

if TYPE_CHECKING:
    _Widget = QWidget
    _Spin = QAbstractSpinBox
else:
    _Widget = _Spin = object

DECIMALS = 15
"""Decimals of a number that are kept where a field sets no others."""
_SHORTEST = QLocale.FloatingPointPrecisionOption.FloatingPointShortest


class QuietWheel(_Widget):
    """Leaves the wheel to what is around, unless the user has given it the focus."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Qt would give it the focus at the first turn of the wheel.
        if self.focusPolicy() == Qt.FocusPolicy.WheelFocus:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change nothing without the focus; what is around scrolls."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ComboBox(QuietWheel, QComboBox):
    """A list to choose from."""


class Slider(QuietWheel, QSlider):
    """A slider."""


class TabBar(QuietWheel, QTabBar):
    """The tabs of ``Tabs``."""


class Tabs(QTabWidget):
    """Pages with tabs."""

    def __init__(self, parent: QWidget | None = None, **options: Any) -> None:
        super().__init__(parent)
        self.setTabBar(TabBar(self))
        for name, value in options.items():
            self.setProperty(name, value)


class SearchField(QLineEdit):
    """Takes words to look for; Escape clears it."""

    def __init__(self, placeholder: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(name)
        self.setClearButtonEnabled(True)
        # A dropped picture is for the window; the field would insert its path as text.
        self.setAcceptDrops(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class _NumberField(QuietWheel, _Spin):
    """Takes the number that is typed, or shows that it can't; never another.

    What can't be taken stays in the field, framed, with a sentence as tip and in the status bar.
    """

    refused: Any
    if TYPE_CHECKING:

        def value(self) -> Any: ...
        def minimum(self) -> Any: ...
        def maximum(self) -> Any: ...
        def prefix(self) -> str: ...
        def suffix(self) -> str: ...

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._refused: str | None = None
        self._why, self._tip = "", ""
        self._settled = 0.0  # the value before what is being typed
        self._is_marked = False
        super().__init__(*arguments, **options)
        self.editingFinished.connect(self._mark)
        self.lineEdit().textChanged.connect(self._on_text)

    def refusal(self) -> str:
        """Return the sentence that says why the text can't be taken, or nothing."""
        return self._why if self._refused is not None else ""

    def is_marked(self) -> bool:
        """Return whether it shows that the text was refused: it waits until typing has ended."""
        return self._is_marked

    def finish(self) -> None:
        """Show at once where the text was refused."""
        self.interpretText()
        self._mark()

    def validate(self, text: str, position: int) -> Any:
        """Let everything be typed and pasted: what would be swallowed makes another number."""
        return QValidator.State.Acceptable, text, position

    def fixup(self, text: str) -> str:
        """Correct nothing."""
        return text

    def setValue(self, value: Any) -> None:
        """Show a value, in the place of what was refused."""
        self._refused = None
        super().setValue(value)  # type: ignore[misc]
        self._settled = self.value()
        self._unmark()

    def stepBy(self, steps: int) -> None:
        """Step from the last value that was taken."""
        if self._refused is not None:
            self.setValue(self.value())
        super().stepBy(steps)
        self._settled = self.value()
        self._unmark()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape brings the last value back where the text was refused."""
        if event.key() == Qt.Key.Key_Escape and self._refused is not None:
            self.setValue(self.value())
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame what was refused."""
        super().paintEvent(event)
        if self._is_marked:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.BrightText), 2.0))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)
            painter.end()

    def _taken(self, text: str) -> float | None:
        """Return the number of a text, or None after noting why it can't be taken."""
        text = self._bare(text)
        if text == self.specialValueText() != "":
            number: float | None = self.minimum()
        else:
            number = read_number(text, self.locale())
        self._why = self._why_not(text, number)
        self._refused = text if self._why else None
        return None if self._why else number

    def _bare(self, text: str) -> str:
        """Return the text without the field's unit, also where that was pasted along."""
        text = text.strip()
        for part in filter(None, (self.suffix().strip(),)):
            while text.endswith(part):
                text = text.removesuffix(part).rstrip()
        prefix = self.prefix().strip()
        return text.removeprefix(prefix).strip() if prefix else text

    def _why_not(self, text: str, number: float | None) -> str:
        if not text:
            return "Type a number."
        if number is None:
            return f"“{text}” can't be read as one number."
        if not self.minimum() <= number <= self.maximum():
            low, high = self._plain(self.minimum()), self._plain(self.maximum())
            return f"“{text}” is out of range: it goes from {low} to {high}."
        return self._too_fine(text, number)

    def _too_fine(self, text: str, number: float) -> str:
        raise NotImplementedError

    def _plain(self, number: float) -> str:
        locale = self.locale()
        locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
        return str(locale.toString(float(number), "f", _SHORTEST.value))

    def _shown(self, value: float) -> str | None:
        """Return the refused text, where it stands for this value."""
        return self._refused if value == self.value() else None

    @Slot()
    def _mark(self) -> None:
        if self._refused is None:
            self._settled = self.value()
        if self._refused is None or self._is_marked:
            return
        self._is_marked, self._tip = True, self.toolTip()
        self.setToolTip(as_tip(self._why))
        self.setAccessibleDescription(self._why)
        QApplication.sendEvent(self, QStatusTipEvent(self._why))
        self.update()
        self.refused.emit()

    def _unmark(self) -> None:
        if not self._is_marked:
            return
        self._is_marked = False
        self.setToolTip(self._tip)
        self.setAccessibleDescription(self._tip)
        QApplication.sendEvent(self, QStatusTipEvent(""))
        self.update()
        self.refused.emit()

    @Slot()
    def _on_text(self) -> None:
        if self._refused is None or self._bare(self.text()) != self._refused:
            self._unmark()  # it is being corrected


class NumberBox(_NumberField, QDoubleSpinBox):
    """A number with decimals: 0.02 rather than 0.020000, with ``least`` decimals at the least.

    Signals:
        refused(): a text was refused for good, or no longer is.
    """

    refused = Signal()

    def __init__(
        self, parent: QWidget | None = None, *, decimals: int = DECIMALS, least: int = 0
    ) -> None:
        self._least = least
        super().__init__(parent)
        self.setDecimals(decimals)

    def valueFromText(self, text: str) -> float:
        """Return the number of a text, or the earlier value where it can't be taken."""
        number = self._taken(text)
        return self._settled if number is None else number

    def textFromValue(self, value: float) -> str:
        """Return all decimals that a value has; or what stands in the field and was refused."""
        text = self._shown(value)
        if text is not None:
            return text
        text = self._plain(round(value, self.decimals()))
        _, point, decimals = text.partition(self.locale().decimalPoint())
        zeros = self.locale().zeroDigit() * (self._least - len(decimals))
        return text if not zeros else text + ("" if point else self.locale().decimalPoint()) + zeros

    def _too_fine(self, text: str, number: float) -> str:
        if round(number, self.decimals()) != number:
            return f"“{text}” has too many decimals: {self.decimals()} are kept."
        return ""


class CountBox(_NumberField, QSpinBox):
    """A whole number.

    Signals:
        refused(): a text was refused for good, or no longer is.
    """

    refused = Signal()

    def valueFromText(self, text: str) -> int:
        """Return the number of a text, or the earlier value where it can't be taken."""
        number = self._taken(text)
        return int(self._settled if number is None else number)

    def textFromValue(self, value: int) -> str:
        """Return the number; or what stands in the field and was refused."""
        text = self._shown(value)
        return super().textFromValue(value) if text is None else text

    def _too_fine(self, text: str, number: float) -> str:
        return "" if number == int(number) else f"“{text}” isn't a whole number."
