"""Some snapshots large beside each other: what sets each apart from the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QSizePolicy, QWidget

from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.images import Pixels

_SIDE = 208


@dataclass(frozen=True, slots=True)
class Compared:
    """One snapshot: ``differences`` are directions with how far it is from the first, in sigma.

    ``typicality`` is a share of the training faces, or None where it isn't known.
    """

    name: str
    typicality: float | None
    differences: Sequence[tuple[str, float]]


class SnapshotComparison(QDialog):
    """A window that stays open beside the work; the pictures are to follow the numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare snapshots")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(16, 16, 16, 16)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(8)
        self._faces: list[FaceView] = []
        self._maps: list[FaceView] = []

    def set_compared(self, compared: Sequence[Compared]) -> None:
        """Show what is known of two or more snapshots, the first one being the measure."""
        self._clear()
        self._faces = [self._add_face(column, item) for column, item in enumerate(compared)]
        first = compared[0].name
        self._add_label(2, 0, "The others are\ncompared with this one.")
        texts = [_differences_text(first, item) for item in compared[1:]]
        labels = [self._add_label(3, column, text) for column, text in enumerate(texts, 1)]
        self._maps = [
            self._add_map(column, f"Difference from “{first}”")
            for column in range(1, len(compared))
        ]
        self._grid.setRowStretch(0, 3)
        self._grid.setRowStretch(2, 2)
        widest = max(_SIDE, *(label.sizeHint().width() for label in labels))
        for column in range(self._grid.columnCount()):  # also those of an earlier comparison
            self._grid.setColumnMinimumWidth(column, widest if column < len(compared) else 0)
            self._grid.setColumnStretch(column, int(column < len(compared)))

    def set_pictures(self, faces: Sequence[Pixels], differences: Sequence[Pixels]) -> None:
        """Show the faces uint8 (48, 48, 3), and where each but the first differs from the first."""
        for view, pixels in zip((*self._faces, *self._maps), (*faces, *differences), strict=True):
            view.set_image(pixels)

    def _clear(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _add_face(self, column: int, item: Compared) -> FaceView:
        view = FaceView()
        view.set_caption(item.name)
        view.set_face_name(item.name)  # it can be dragged from here as well
        view.setMinimumSize(_SIDE, _SIDE)
        self._grid.addWidget(view, 0, column)
        if item.typicality is not None:
            self._add_label(1, column, f"Typicality {round(100 * item.typicality)} %")
        return view

    def _add_map(self, column: int, name: str) -> FaceView:
        view = FaceView()
        view.set_caption("Difference")
        view.setAccessibleName(name)
        view.setToolTip(f"{name}: the brighter, the larger")
        view.setMinimumSize(_SIDE // 2, _SIDE // 2)
        self._grid.addWidget(view, 2, column)
        return view

    def _add_label(self, row: int, column: int, text: str) -> QLabel:
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._grid.addWidget(label, row, column)
        return label


def _differences_text(first: str, item: Compared) -> str:
    if not item.differences:
        return f"Hardly differs from “{first}”."
    lines = (f"{name} {change:+.1f} σ".replace("-", "−") for name, change in item.differences)
    return "\n".join((f"Differs most from “{first}” in", *lines))
