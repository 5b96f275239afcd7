"""The settings of a training as a form, made from the configuration's own field metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from typing import Any, cast

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPalette, QUndoStack
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QFormLayout,
    QLabel,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.undo import Step
from cae_gui.widgets.controls import Label
from cae_gui.widgets.fields import ComboBox, CountBox, NumberBox
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.numbers import counted
from cae_gui.widgets.tokens import CONTROL
from model.config import LEARNING_RATES, PRESETS, ConfigError, Setting, TrainConfig, setting_of

Values = Mapping[str, Any]
"""Values of all settings by name."""

_CUSTOM = "Custom"
_PRESETS_HELP = "Settings that go well together. Changing one makes them your own."
_FIRST = ("epochs", "batch_size", "latent_dim")
# Letters of the menus, of the workspaces, and of what is around the form.
_RESERVED = frozenset("fdvhtrem" + "sukbwlinqa")
_DETAIL = Qt.ItemDataRole.UserRole
_PRESET_GAP = 8
_ENDED_EARLY = (
    "The linear schedule gains most in its last epochs. Where it runs out of patience before, the "
    "rate falls to zero within a tenth of the epochs done, and the rest of that gain is lost."
)
_Index = QModelIndex | QPersistentModelIndex
_WIDE_RANGE = 1000
"""Above this ratio of maximum to minimum, a number box steps in proportion to the value."""


class ConfigForm(QWidget):
    """A preset, the three most important settings, and the others in a fold.

    Every change is a step of ``undo_stack``, whose ``indexChanged`` reports it; typing into one
    field is a single step.

    Signals:
        checked(): ``error`` has changed.
    """

    checked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._letters = set(_RESERVED)
        self._presets = self._make_presets()  # first, as Tab goes in the order of making
        self._editors = {
            item.name: SettingEditor(setting_of(TrainConfig, item.name), item.default, self)
            for item in fields(TrainConfig)
            if setting_of(TrainConfig, item.name).in_window
        }
        self._fold = self._make_fold()
        self._more = QWidget(self)
        self._error = Label(self, wordWrap=True)
        self._error.setForegroundRole(QPalette.ColorRole.BrightText)
        self._error.hide()
        self._note = Label(_ENDED_EARLY, self, wordWrap=True)
        self._note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        first, rest = self._make_forms()
        self._forms = (first, rest)
        column = filled(QVBoxLayout(self), first, self._fold, self._more)
        column.setAlignment(self._fold, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self._more.hide()
        for name, editor in self._editors.items():
            editor.changed.connect(partial(self._edited, name))
            if isinstance(editor.control, CountBox | NumberBox):
                editor.control.editingFinished.connect(self._settle)
                editor.control.refused.connect(self._on_refused)
        self.undo_stack = QUndoStack(self)
        self._number = 0
        self._edited_name = ""
        self._shown = self._values()
        self.set_preset_times({})
        self._refresh()

    def config(self) -> TrainConfig:
        """Return the settings as shown.

        Raises:
            ConfigError: they contradict each other.
        """
        return TrainConfig(**self._values())

    def set_config(self, config: TrainConfig, text: str = "Settings") -> None:
        """Show settings; if they differ from those shown, that is an undo step with this text."""
        self._show_values({name: getattr(config, name) for name in self._editors})
        self._push(text)

    def error(self) -> str:
        """Return a sentence about the setting that is invalid, or ""."""
        for name, editor in self._editors.items():
            if editor.refusal():
                return f"{editor.title} ({name}): {editor.refusal()}"
        try:
            self.config()
        except ConfigError as error:
            return f"{error}."
        return ""

    def finish(self) -> None:
        """Commit what is being typed; what can't be read becomes an error."""
        for editor in self._editors.values():
            editor.finish()

    def set_preset_times(self, times: Mapping[str, str]) -> None:
        """Show epochs and estimated durations, by the names of presets; some may be missing."""
        details = {
            name: ", ".join(filter(None, (counted(preset.epochs, "epoch"), times.get(name, ""))))
            for name, preset in PRESETS.items()
        }
        for row, (name, detail) in enumerate(details.items()):
            self._presets.setItemData(row, detail, _DETAIL)
            spoken = f"{name}: {detail}"
            self._presets.setItemData(row, spoken, Qt.ItemDataRole.AccessibleTextRole)
        known = [f"{name}: {detail}" for name, detail in details.items()]
        self._presets.setToolTip("\n".join([_PRESETS_HELP, *known]))
        view = self._presets.view()
        view.setMinimumWidth(view.sizeHintForColumn(0) + 2 * view.frameWidth())

    def _make_presets(self) -> ComboBox:
        combo = ComboBox(self)
        combo.addItems(list(PRESETS))
        combo.setItemDelegate(_PresetDelegate(combo))
        combo.setAccessibleName("Preset")
        combo.setToolTip(_PRESETS_HELP)
        combo.activated.connect(self._choose_preset)
        return combo

    def _make_fold(self) -> QToolButton:
        button = QToolButton(self)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setArrowType(Qt.ArrowType.RightArrow)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.toggled.connect(self._unfold)
        return button

    def _make_forms(self) -> tuple[QFormLayout, QFormLayout]:
        first, rest = QFormLayout(), QFormLayout(self._more)
        rest.setContentsMargins(0, 0, 0, 0)
        for form in (first, rest):
            form.setHorizontalSpacing(16)
            form.setVerticalSpacing(8)
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._labels: list[QLabel] = []
        self._add_row(first, self._with_mnemonic("Preset"), self._presets)
        for name in _FIRST:
            self._add_setting(first, name)
        self._fold.setText("More settings")
        for name in (name for name in self._editors if name not in _FIRST):
            self._add_setting(rest, name)
            if name == "patience":
                rest.addRow(self._note)
        # Align the fields of both forms.
        width = max(label.sizeHint().width() for label in self._labels)
        for label in self._labels:
            label.setMinimumWidth(width)
        return first, rest

    def _add_setting(self, form: QFormLayout, name: str) -> None:
        title = setting_of(TrainConfig, name).title
        # The others are reached by Tab: there are too few letters for all.
        text = self._with_mnemonic(title) if name in _FIRST else title
        self._add_row(form, text, self._editors[name].control)

    def _add_row(self, form: QFormLayout, text: str, control: QWidget) -> None:
        if isinstance(control, QCheckBox):
            control.setText(text)
            form.addRow("", control)
            return
        label = Label(text, self)
        label.setBuddy(control)
        label.setToolTip(control.toolTip())
        label.setMinimumHeight(CONTROL)  # so that it lies in the middle of the field's height
        form.addRow(label, control)
        self._labels.append(label)

    def _with_mnemonic(self, title: str) -> str:
        """Underline a letter that no other control uses: the first of a word, else any."""
        starts = [at for at, _ in enumerate(title) if at == 0 or title[at - 1] == " "]
        for at in (*starts, *range(len(title))):
            letter = title[at].lower()
            if letter.isalpha() and letter not in self._letters:
                self._letters.add(letter)
                return f"{title[:at]}&{title[at:]}"
        return title

    def _values(self) -> Values:
        return {name: editor.value() for name, editor in self._editors.items()}

    def _show_values(self, values: Values) -> None:
        for name, value in values.items():
            self._editors[name].set_value(value)
        self._refresh()

    def _push(self, text: str, number: int = -1) -> None:
        """Push an undo step for the present values; steps of the same number are merged."""
        before, self._shown = self._shown, self._values()
        if before != self._shown:
            step = Step(text, self._return_to, before, self._shown, merge_id=number, is_made=True)
            self.undo_stack.push(step)

    def _return_to(self, values: Values) -> None:
        changed = [name for name, value in values.items() if value != self._shown[name]]
        self._shown = values
        self._show_values(values)
        self._settle()
        if not any(name in _FIRST for name in changed):
            self._fold.setChecked(True)  # so that the undone change is visible

    def _edited(self, name: str) -> None:
        if name != self._edited_name:
            self._edited_name = name
            self._settle()
        self._match_rate()
        self._refresh()
        self._push(self._editors[name].title, self._number)
        if not isinstance(self._editors[name].control, QAbstractSpinBox):
            self._settle()  # typed digits are merged until the field loses the focus

    @Slot()
    def _on_refused(self) -> None:
        self._refresh()
        self.checked.emit()

    @Slot()
    def _settle(self) -> None:
        self._number += 1

    def _match_rate(self) -> None:
        """Set the default learning rate of another optimizer, unless the user has chosen a rate."""
        before, optimizer = self._shown["optimizer"], self._editors["optimizer"].value()
        rate = self._editors["learning_rate"]
        if before != optimizer and rate.value() == LEARNING_RATES[before]:
            rate.set_value(LEARNING_RATES[optimizer])

    @Slot(int)
    def _choose_preset(self, _index: int) -> None:
        name = self._presets.currentText()
        if name in PRESETS:
            self.set_config(PRESETS[name], f"Preset “{name}”")

    @Slot(bool)
    def _unfold(self, unfolded: bool) -> None:
        self._more.setVisible(unfolded)
        self._fold.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)

    def _refresh(self) -> None:
        error = self.error()
        self._show_error(error)
        config = None if error else self.config()
        patient = config is not None and config.patience > 0 and config.schedule == "linear"
        self._forms[1].setRowVisible(self._note, patient)
        name = next((name for name, preset in PRESETS.items() if preset == config), _CUSTOM)
        blocker = QSignalBlocker(self._presets)
        # “Custom” can't be chosen, so it is listed only while it applies.
        if self._presets.findText(_CUSTOM) >= 0:
            self._presets.removeItem(self._presets.findText(_CUSTOM))
        if name == _CUSTOM:
            self._presets.addItem(_CUSTOM)
        self._presets.setCurrentText(name)
        blocker.unblock()

    def _show_error(self, error: str) -> None:
        """Show the sentence under the field that it names, else under the first form."""
        for form in self._forms:
            if form.indexOf(self._error) >= 0:
                form.takeRow(self._error)  # takeRow, unlike removeRow, keeps the label
        self._error.setText(error)
        self._error.hide()
        if not error:
            return
        name = next((name for name in self._editors if f"({name})" in error), _FIRST[-1])
        if name not in _FIRST:
            self._fold.setChecked(True)
        form = self._forms[0 if name in _FIRST else 1]
        place = form.getWidgetPosition(self._editors[name].control)
        row, _role = cast("tuple[int, QFormLayout.ItemRole]", place)
        form.insertRow(row + 1, self._error)
        self._error.show()


class _PresetDelegate(QStyledItemDelegate):
    """Paints a preset's name, and at the right how long it takes."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        hint, detail = super().sizeHint(option, index), index.data(_DETAIL) or ""
        width = hint.width() + option.fontMetrics.horizontalAdvance(detail) + 3 * _PRESET_GAP
        return QSize(width, max(hint.height(), CONTROL))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        chosen = option.state & QStyle.StateFlag.State_Selected
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.PlaceholderText
        painter.save()
        painter.setPen(option.palette.color(role))
        area = option.rect.adjusted(0, 0, -_PRESET_GAP, 0)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, int(flags), index.data(_DETAIL) or "")
        painter.restore()


class SettingEditor(QObject):
    """Makes the ``control`` for one setting, by the setting's type, and reads its value.

    Signals:
        changed(): the user changed the value.
    """

    changed = Signal()

    def __init__(self, setting: Setting, default: Any, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = setting.title
        self._value = default
        self.control = _control(setting, default, parent)
        self.control.setToolTip(setting.help)
        self.control.setAccessibleName(setting.title)
        self.control.setAccessibleDescription(setting.help)
        self.control.installEventFilter(self)
        match self.control:
            case QCheckBox() as box:
                box.toggled.connect(self._take)
            case ComboBox() as combo:
                combo.currentIndexChanged.connect(self._take)
            case CountBox() | NumberBox() as spin:
                spin.valueChanged.connect(self._take)
        self.set_value(default)

    def value(self) -> Any:
        """Return the value, exactly as it was set unless the user has changed it."""
        return self._value

    def refusal(self) -> str:
        """Return a sentence that says why the typed text is no valid value, or ""."""
        control = self.control
        if isinstance(control, CountBox | NumberBox) and control.is_marked():
            return control.refusal()
        return ""

    def finish(self) -> None:
        """Commit what is being typed."""
        if isinstance(self.control, CountBox | NumberBox):
            self.control.finish()

    def set_value(self, value: Any) -> None:
        """Show a value within the setting's limits, without emitting ``changed``."""
        self._value = value
        blocker = QSignalBlocker(self.control)
        match self.control:
            case QCheckBox() as box:
                box.setChecked(value)
            case ComboBox() as combo:
                combo.setCurrentIndex(combo.findData(value))
            case CountBox() | NumberBox() as spin:
                spin.setValue(value)
        blocker.unblock()

    @Slot()
    def _take(self) -> None:
        match self.control:
            case QCheckBox() as box:
                self._value = box.isChecked()
            case ComboBox() as combo:
                self._value = combo.currentData()
            case CountBox() | NumberBox() as spin:
                self._value = spin.value()
        self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and _is_undo(event):
            event.ignore()  # undo is the form's, not that of the field's text
            return True
        return super().eventFilter(watched, event)


def _is_undo(event: QEvent) -> bool:
    keys = QKeySequence.StandardKey
    return isinstance(event, QKeyEvent) and (event.matches(keys.Undo) or event.matches(keys.Redo))


def _control(setting: Setting, default: Any, parent: QWidget) -> QWidget:
    if isinstance(default, bool):
        return QCheckBox(setting.title, parent)
    if setting.choices:
        combo = ComboBox(parent)
        for choice in setting.choices:
            combo.addItem(choice.capitalize(), choice)
        return combo
    is_float = isinstance(default, float)
    low, high = setting.minimum or 0, setting.maximum or (1e9 if is_float else 2**31 - 1)
    spin: CountBox | NumberBox
    if is_float:
        spin = NumberBox(parent)
        spin.setRange(low, high)
        spin.setSingleStep(0.05)
    else:
        spin = CountBox(parent)
        spin.setRange(int(low), int(high))
    if low > 0 and high / low >= _WIDE_RANGE:  # a fixed step would suit only a part of it
        spin.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    if setting.unit:
        spin.setSuffix(setting.unit if setting.unit == "%" else f" {setting.unit}")
    return spin
