"""The form of a preset: its name, and what the edit consists of."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from cae_gui.widgets.controls import Label, PrimaryButton, SectionLabel
from cae_gui.widgets.layouts import filled
from model.latents.presets import Preset

MOST_LETTERS = 100
_ABOUT = (
    "A preset keeps the whole edit. Its slider adds it to any face: at 100 % as it is now. "
    "It holds for this model only."
)


class PresetForm(QWidget):
    """Names a preset. Enter in the name is ``save``, and Escape is ``cancel``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = SectionLabel()
        self._name = QLineEdit(maxLength=MOST_LETTERS)
        self._name.setPlaceholderText("Its name, such as “Older, smiling”")
        self._name.setAccessibleName("Name of the preset")
        self._name.setAcceptDrops(False)  # a dropped picture is for the window
        self._parts = Label(wordWrap=True)
        self._error = Label(wordWrap=True)
        self._error.setForegroundRole(QPalette.ColorRole.BrightText)
        self.save = PrimaryButton("Save preset")
        self.cancel = QPushButton("Cancel")
        buttons = filled(QHBoxLayout(), self.cancel, self.save)
        buttons.insertStretch(0, 1)
        about = Label(_ABOUT, wordWrap=True)
        rows = self._title, self._name, self._parts, about, self._error, buttons
        column = filled(QVBoxLayout(self), *rows, margins=(16, 8, 16, 8))
        column.insertStretch(4, 1)
        self._name.textEdited.connect(self._on_name)
        self._name.returnPressed.connect(self.save.click)

    def open(self, preset: Preset, *, is_new: bool) -> None:
        """Fill the form, and put the cursor into the name, its text selected."""
        self._title.setText("New preset" if is_new else f"Rename “{preset.name}”")
        self._name.setText(preset.name)
        self._parts.setText(preset.text)
        self._parts.setVisible(bool(preset.parts))
        self.set_error("")
        self._name.setFocus(Qt.FocusReason.OtherFocusReason)
        self._name.selectAll()

    def name(self) -> str:
        """Return the name, stripped of surrounding spaces."""
        return " ".join(self._name.text().split())

    def set_error(self, text: str) -> None:
        """Show why the preset can't be saved, with the cursor in its name; "" hides it."""
        self._error.setText(text)
        self._error.setVisible(bool(text))
        if text:
            self._name.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _on_name(self) -> None:
        self.set_error("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.cancel.click()
        else:
            super().keyPressEvent(event)
