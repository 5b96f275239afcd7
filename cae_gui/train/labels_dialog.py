"""Name, notes and tags of a run in one small window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from cae_gui.widgets.controls import Label
from cae_gui.widgets.layouts import filled
from model.runs.labels import MAX_NAME, MAX_TAG, MAX_TAGS, RunLabels, labels

_SIZE = 440, 320


class LabelsDialog(QDialog):
    """Asks for all labels of one run.

    Signals:
        chosen(Path, RunLabels): the labels that the run in this folder is to have.
    """

    chosen = Signal(object, object)

    def __init__(self, folder: Path, title: str, before: RunLabels, parent: QWidget) -> None:
        super().__init__(parent)
        self._folder = folder
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Name, notes and tags")
        self.resize(*_SIZE)
        self.name = QLineEdit(before.name, placeholderText=title, maxLength=MAX_NAME)
        self.name.setToolTip("What the run is called wherever it is shown; empty: when it began")
        self.notes = QPlainTextEdit(before.notes)
        self.notes.setTabChangesFocus(True)
        self.notes.setToolTip("What is worth knowing about this run later")
        self.tags = QLineEdit(", ".join(before.tags), maxLength=MAX_TAGS * (MAX_TAG + 2))
        self.tags.setPlaceholderText("lfw, long")
        self.tags.setToolTip("Words that several runs share, with commas between them")
        for field in (self.name, self.notes, self.tags):
            field.setAcceptDrops(False)  # a dropped picture is for the window
        self.buttons = self._make_buttons()
        self._arrange()

    def _make_buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Save | kinds.Cancel)
        buttons.accepted.connect(self._save)
        buttons.rejected.connect(self.reject)
        return buttons

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for text, field in (("&Name", self.name), ("N&otes", self.notes), ("&Tags", self.tags)):
            label = Label(text, buddy=field)
            label.setToolTip(field.toolTip())
            field.setAccessibleName(text.replace("&", ""))
            form.addRow(label, field)
        filled(QVBoxLayout(self), form, self.buttons, margins=(16, 16, 16, 16), spacing=16)

    @Slot()
    def _save(self) -> None:
        tags = self.tags.text().split(",")
        self.chosen.emit(self._folder, labels(self.name.text(), self.notes.toPlainText(), tags))
        self.accept()
