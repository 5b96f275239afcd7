"""One editor for one setting: the control that fits its kind, its limits and its help."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QLocale, QObject, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QSpinBox,
    QWidget,
)

from model.config import Setting

_WIDE_RANGE = 1000


class SettingEditor(QObject):
    """A control for a value of a setting's kind, kept in ``control``.

    Signals:
        changed: the person changed the value.
        settled: the person is done with it for now: what comes next is another change.
    """

    changed = Signal()
    settled = Signal()

    def __init__(self, setting: Setting, default: Any, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = setting.title
        self._value = default
        self.control = _control(setting, default, parent)
        self.control.setToolTip(setting.help)
        self.control.setAccessibleName(setting.title)
        self.control.setAccessibleDescription(setting.help)
        # A wheel that scrolls the form must not change what happens to be under the mouse.
        self.control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.control.installEventFilter(self)
        match self.control:
            case QCheckBox() as box:
                box.toggled.connect(self._take)
            case QComboBox() as combo:
                combo.currentIndexChanged.connect(self._take)
            case QSpinBox() | QDoubleSpinBox() as spin:
                spin.valueChanged.connect(self._take)
                spin.editingFinished.connect(self.settled)
        self.set_value(default)

    def value(self) -> Any:
        """Return the value, exactly as set unless the person has changed it since."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show a value within the setting's limits; never emits."""
        self._value = value
        blocker = QSignalBlocker(self.control)
        match self.control:
            case QCheckBox() as box:
                box.setChecked(value)
            case QComboBox() as combo:
                combo.setCurrentIndex(combo.findData(value))
            case QSpinBox() | QDoubleSpinBox() as spin:
                spin.setValue(value)
        blocker.unblock()

    @Slot()
    def _take(self) -> None:
        match self.control:
            case QCheckBox() as box:
                self._value = box.isChecked()
            case QComboBox() as combo:
                self._value = combo.currentData()
            case QSpinBox() | QDoubleSpinBox() as spin:
                self._value = spin.value()
        self.changed.emit()
        if not isinstance(self.control, QAbstractSpinBox):
            self.settled.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and not self.control.hasFocus():
            event.ignore()
            return True
        if event.type() == QEvent.Type.ShortcutOverride and _is_undo(event):
            event.ignore()  # the menu's undo knows all settings; the field's own only its text
            return True
        return super().eventFilter(watched, event)


class PlainDoubleSpinBox(QDoubleSpinBox):
    """Shows 0.02 rather than 0.020000."""

    def textFromValue(self, value: float) -> str:
        locale = self.locale()
        locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
        text = locale.toString(value, "f", self.decimals())
        return text.rstrip("0").rstrip(locale.decimalPoint())


def _is_undo(event: QEvent) -> bool:
    keys = QKeySequence.StandardKey
    return isinstance(event, QKeyEvent) and (event.matches(keys.Undo) or event.matches(keys.Redo))


def _control(setting: Setting, default: Any, parent: QWidget) -> QWidget:
    if isinstance(default, bool):
        return QCheckBox(setting.title, parent)
    if setting.choices:
        combo = QComboBox(parent)
        for choice in setting.choices:
            combo.addItem(choice.capitalize(), choice)
        return combo
    spin = _float_box(setting, parent) if isinstance(default, float) else _int_box(setting, parent)
    if setting.unit:
        spin.setSuffix(setting.unit if setting.unit == "%" else f" {setting.unit}")
    spin.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)
    return spin


def _int_box(setting: Setting, parent: QWidget) -> QSpinBox:
    spin = QSpinBox(parent)
    spin.setRange(int(setting.minimum or 0), int(_maximum(setting, 2**31 - 1)))
    if _is_wide(setting):
        spin.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    return spin


def _float_box(setting: Setting, parent: QWidget) -> QDoubleSpinBox:
    spin = PlainDoubleSpinBox(parent)
    wide = _is_wide(setting)
    # First: limits are rounded to the decimals.
    spin.setDecimals(7 if wide else 2)
    spin.setRange(setting.minimum or 0.0, _maximum(setting, 1e9))
    spin.setSingleStep(0.05)
    if wide:
        spin.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    return spin


def _maximum(setting: Setting, otherwise: float) -> float:
    return otherwise if setting.maximum is None else setting.maximum


def _is_wide(setting: Setting) -> bool:
    """Return whether the range spans magnitudes, so that a fixed step would never fit."""
    low = setting.minimum or 0
    return low > 0 and _maximum(setting, 0) / low >= _WIDE_RANGE
