"""The dialog Help → About: what runs here, and where, to be copied into a report."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.tasks import Task, Tasks
from model import __version__
from model.io.places import cache_folder, data_folder, log_folder

_AT_ONCE = {"CAE Studio": __version__, "Qt": qVersion()}
_ICON_SIDE = 64
_WIDTH = 560
_TEXT = (
    "Train, explore and morph faces with a convolutional autoencoder. MIT licence. The shipped "
    "network learned from Labeled Faces in the Wild (Huang et al., 2007); the demo faces are "
    "blends of several people made by it and show nobody."
)


class AboutDialog(QDialog):
    """Shows the version at once, and what PyTorch has to say when it is loaded."""

    def __init__(self, tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("About CAE Studio")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        self._tasks = tasks
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._copy = QPushButton("&Copy")
        self._copy.setToolTip("Copy versions, device and folders to the clipboard")
        self._copy.clicked.connect(self._on_copy)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self._copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(_head())
        column.addLayout(self._form)
        column.addWidget(buttons)
        self._facts: dict[str, str] = {}
        self._show(
            {
                **_AT_ONCE,
                "Runs and photos": str(data_folder()),
                "Prepared faces": str(cache_folder()),
                "Log files": str(log_folder()),
            }
        )
        tasks.run(_about, Task.ABOUT, then=self._show)

    def text(self) -> str:
        """Return what is copied: a line for each fact."""
        return "\n".join(f"{name}: {value}" for name, value in self._facts.items())

    def done(self, result: int) -> None:
        self._tasks.drop(Task.ABOUT)
        super().done(result)

    def _show(self, facts: dict[str, str]) -> None:
        self._facts = facts
        while self._form.rowCount():
            self._form.removeRow(0)
        for name, value in facts.items():
            label = QLabel(value, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            label.setAccessibleName(name)
            self._form.addRow(name, label)
        self.adjustSize()

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())


def _head() -> QHBoxLayout:
    row, icon = QHBoxLayout(), QLabel()
    icon.setPixmap(QApplication.windowIcon().pixmap(_ICON_SIDE, _ICON_SIDE))
    row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(QLabel(_TEXT, wordWrap=True), 1)
    return row


def _about() -> dict[str, str]:
    from model.about import about  # imports torch

    return _AT_ONCE | about()
