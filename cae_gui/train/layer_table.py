"""The layers of a network as a table, with the total of its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QColor, QGuiApplication, QKeySequence, QPalette, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.models import Models
from cae_gui.core.tasks import Task, Tasks
from cae_gui.widgets.controls import Label
from cae_gui.widgets.layouts import filled

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

Row = tuple[int, str, tuple[int, ...], int]
_HEADERS = ("Part", "No.", "Layer", "Output", "Parameters")
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class LayersDialog(QDialog):
    """A window with the layers of the model in use."""

    def __init__(self, models: Models, tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self._models, self._tasks = models, tasks
        self.setWindowTitle("Layers of the network")
        self.resize(640, 720)
        self._table = LayerTable()
        QVBoxLayout(self).addWidget(self._table)

    @Slot()
    def show_layers(self) -> None:
        """List the layers of the model in use and open; does nothing without a model."""
        model = self._models.model
        if model is not None:
            self._tasks.run(partial(_layers, model), Task.LAYERS, then=self._show)

    def _show(self, layers: tuple[Sequence[Row], int]) -> None:
        self._table.set_rows(*layers)
        self.show()


class LayerTable(QWidget):
    """Lists number, layer, output shape and parameters; Ctrl+C copies the rows as text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bottleneck = range(0)
        self._table = self._make_table()
        self.total = Label(self)
        self.total.setAlignment(_RIGHT)
        self.total.setAccessibleName("Total")
        filled(QVBoxLayout(self), self._table, self.total)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.copy)
        self.set_rows([], 0)

    def set_rows(self, rows: Sequence[Row], latent_dim: int) -> None:
        """Show layers (number, layer, output shape, parameters) in order, encoder first."""
        inside = [at for at, row in enumerate(rows) if _is_latent(row[2], latent_dim)]
        self._bottleneck = range(inside[0], inside[-1] + 1) if inside else range(0)
        self._table.clearSelection()
        # In a visible table each new cell would measure its whole column: 75 ms for all.
        self._fit_columns(False)
        self._table.setRowCount(len(rows))
        for at, (number, layer, shape, parameters) in enumerate(rows):
            texts = (str(number), layer, shape_text(shape), f"{parameters:,}" if parameters else "")
            for column, text in enumerate((self._part_starting(at), *texts)):
                item = QTableWidgetItem(text)
                item.setTextAlignment(_LEFT if column in (0, 2) else _RIGHT)
                self._table.setItem(at, column, item)
        self.total.setText(f"{sum(row[3] for row in rows):,} parameters")
        self._tint()
        self._fit_columns(True)

    def text(self) -> str:
        """Return the header and the selected rows, or all rows if none is, separated by tabs."""
        chosen = sorted({index.row() for index in self._table.selectedIndexes()})
        rows = chosen or range(self._table.rowCount())
        return "\n".join(["\t".join(_HEADERS), *("\t".join(self._row_texts(row)) for row in rows)])

    @Slot()
    def copy(self) -> None:
        """Copy ``text()`` to the clipboard."""
        QGuiApplication.clipboard().setText(self.text())

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(_HEADERS), self)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setAccessibleName("Layers of the network")
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(24)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        for column in range(len(_HEADERS)):
            item = QTableWidgetItem(_HEADERS[column])
            item.setTextAlignment(_LEFT if column in (0, 2) else _RIGHT)
            table.setHorizontalHeaderItem(column, item)
        return table

    def _fit_columns(self, fit: bool) -> None:
        """Fit columns to their texts, the layers' column to the remaining width; or fix all."""
        mode, header = QHeaderView.ResizeMode, self._table.horizontalHeader()
        header.setSectionResizeMode(mode.ResizeToContents if fit else mode.Fixed)
        if fit:
            header.setSectionResizeMode(2, mode.Stretch)

    def _part_starting(self, row: int) -> str:
        """Return the name of the network's part that begins in a row, else ""."""
        if row == self._bottleneck.start and self._bottleneck:
            return "Bottleneck"
        if row == 0:
            return "Encoder"
        return "Decoder" if row == self._bottleneck.stop and self._bottleneck else ""

    def _row_texts(self, row: int) -> list[str]:
        items = (self._table.item(row, column) for column in range(len(_HEADERS)))
        return [item.text() if item else "" for item in items]

    def _tint(self) -> None:
        palette = self.palette()
        accent = QColor(palette.color(QPalette.ColorRole.Highlight))
        accent.setAlphaF(0.14)
        for row in range(self._table.rowCount()):
            color = accent if row in self._bottleneck else palette.color(QPalette.ColorRole.Base)
            for column in range(len(_HEADERS)):
                item = self._table.item(row, column)
                if item is not None:
                    item.setBackground(color)

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as text: 32 × 48 × 48."""
    return " × ".join(str(length) for length in shape)


def _is_latent(shape: tuple[int, ...], latent_dim: int) -> bool:
    return shape in ((latent_dim,), (latent_dim, 1, 1))


def _layers(model: FaceModel) -> tuple[Sequence[Row], int]:
    from model.network import layer_table

    return layer_table(model.network), model.network.latent_dim
