"""Snapshots of edited faces: showing, naming, comparing and exporting them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QPoint, QRect, QSize, Qt, Slot
from PySide6.QtGui import QFont, QImage, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.models import Lane, Models
from cae_gui.core.tasks import Task, Tasks
from cae_gui.explore.explorer import Explorer, Snapshot
from cae_gui.explore.face_strip import FaceStrip, StripFace
from cae_gui.explore.state_pictures import StatePictures
from cae_gui.explore.tools import Tool
from cae_gui.widgets.controls import Label, as_tip
from cae_gui.widgets.face_view import FaceView
from cae_gui.widgets.images import Pixels, fitted, from_qimage
from cae_gui.widgets.layouts import filled
from model.io.files import replacing
from model.morph.animation import PROGRAM, png_info

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

Floats = NDArray[np.float32]

MOST_COMPARED = 4
MOST_NAMED = 3
"""Most directions that a comparison lists."""
LEAST_SIGMA = 0.1
"""Differences below this aren't visible, and not listed."""
EXPORT_SIDE = 192
MOST_IN_A_ROW = 20
"""Faces in a row of an exported picture: many programs limit its width to 32,767 pixels."""

_EMPTY = "“Keep” (Ctrl+D) keeps the face as it is now, to come back to it and to compare it."
_COMPARED_SIDE = 208
_EXPORT_GAP = 16
_EXPORT_LINE = 32
_EXPORT_TEXT = 16


class SnapshotsPage(QWidget):
    """A strip of the snapshots; a click returns to one."""

    def __init__(
        self,
        models: Models,
        tasks: Tasks,
        explorer: Explorer,
        pictures: StatePictures,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._tasks = models, tasks
        self._explorer, self._pictures = explorer, pictures
        self._comparison = SnapshotComparison(self)
        self.strip = FaceStrip(named=True, editable=True)
        self.strip.setAccessibleName("Snapshots")
        self.strip.set_empty_text(_EMPTY)
        self.strip.set_tip(self._tip)
        tip = "Keep the face as it is (Ctrl+D)"
        self.keep = Tool("keep", "&Keep", tip, self.keep_face, has_word=True)
        tip = "See two to four selected snapshots large beside each other"
        self.compare = Tool("compare", "Compare …", tip, self._on_compare)
        tip = "Save the selected snapshots with their names as one picture"
        self.export = Tool("export", "Export …", tip)
        tip = "Remove the selected snapshots; undo brings them back (Del)"
        self.remove = Tool("discard", "Remove", tip, self._on_remove)
        self._arrange()
        self._connect()
        self._on_latent()
        self._show_snapshots()

    def _arrange(self) -> None:
        line = filled(QHBoxLayout(), self.compare, self.export, self.remove, spacing=4)
        buttons = QVBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.keep)
        buttons.addLayout(line)
        buttons.addStretch(1)
        filled(QHBoxLayout(self), self.strip, buttons, spacing=8, room=self.strip)

    def _connect(self) -> None:
        explorer, strip = self._explorer, self.strip
        strip.chosen.connect(explorer.show_snapshot)
        strip.renamed.connect(explorer.rename_snapshot)
        strip.removal_asked.connect(explorer.remove_snapshots)
        strip.context_asked.connect(self._show_menu)
        strip.looked_at.connect(self._on_looked_at)
        strip.selectionModel().selectionChanged.connect(self._offer)
        for changed in (explorer.snapshots_changed, self._pictures.changed):
            changed.connect(self._show_snapshots)
        explorer.latent_changed.connect(self._on_latent)

    @Slot()
    def keep_face(self) -> None:
        """Take a snapshot of the face, and select only this one, to be renamed or compared."""
        face = self._explorer.face
        if face is not None:
            self._explorer.take_snapshot(_free_name(face.name, self._explorer.snapshots))
            self.strip.select(len(self._explorer.snapshots) - 1)

    def save(self, rows: Sequence[int], path: Path) -> None:
        """Write some snapshots with their names into one picture."""
        model, kept = self._models.model, self._explorer.snapshots
        chosen = [kept[row] for row in rows]
        if model is not None and chosen:
            latents = np.stack([item.edited.latent for item in chosen])
            names = [item.name for item in chosen]
            about = {"model": self._models.title, "faces": names}
            self._tasks.export(partial(_save, model, latents, names, path, about), path)

    @Slot()
    def _show_snapshots(self) -> None:
        kept = self._explorer.snapshots
        self.strip.set_faces(
            [StripFace(item.edited, item.name, self._pictures.get(item.edited)) for item in kept]
        )
        self.strip.set_mark(self._shown())
        self._offer()

    @Slot()
    def _offer(self) -> None:
        """Enable the actions that apply to the selected snapshots."""
        selected = len(self.strip.selected())
        self.remove.setEnabled(selected > 0)
        self.export.setEnabled(selected > 0)
        self.compare.setEnabled(2 <= selected <= MOST_COMPARED)

    def _shown(self) -> int | None:
        face, kept = self._explorer.face, self._explorer.snapshots
        return next((row for row, item in enumerate(kept) if item.edited is face), None)

    def _tip(self, row: int) -> str:
        item, density = self._explorer.snapshots[row], self._explorer.density
        if density is None:
            return item.name
        share = float(density.typicality(item.edited.latent))
        return f"{item.name}\nTypicality {round(100 * share)} %"

    @Slot()
    def _on_latent(self) -> None:
        face = self._explorer.face
        self.strip.set_mark(self._shown())
        self.keep.setEnabled(face is not None)
        if face is None:  # their model is no longer in use
            self._comparison.hide()

    @Slot()
    def _on_looked_at(self) -> None:
        if self.strip.isVisible():
            kept = self._explorer.snapshots
            self._pictures.want([kept[row].edited for row in self.strip.rows_to_fill()])

    @Slot()
    def _on_remove(self) -> None:
        self._explorer.remove_snapshots(self.strip.selected())

    @Slot()
    def _on_rename(self) -> None:
        self.strip.edit_name(self.strip.currentIndex().row())

    @Slot(int, QPoint)
    def _show_menu(self, _row: int, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction("Re&name", self._on_rename)
        for each in (self.remove, self.compare, self.export):
            menu.addAction(each.text(), each.click).setEnabled(each.isEnabled())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    @Slot()
    def _on_compare(self) -> None:
        chosen = [self._explorer.snapshots[row] for row in self.strip.selected()]
        self._comparison.set_compared(compared(self._explorer, chosen))
        self._comparison.show()
        self._tasks.drop(Task.COMPARISON)
        latents = np.stack([item.edited.latent for item in chosen])
        self._models.decode(latents, then=self._on_decoded, lane=Lane.COMPARISON)

    def _on_decoded(self, faces: Pixels) -> None:
        work = partial(_differences, faces)
        then = partial(self._comparison.set_pictures, list(faces))
        self._tasks.run(work, Task.COMPARISON, then=then)


@dataclass(frozen=True, slots=True)
class Compared:
    """One snapshot: ``differences`` are directions with its distance from the first, in sigma.

    ``typicality`` is a share of the training faces, 0 to 1, or None without a density.
    """

    name: str
    typicality: float | None
    differences: Sequence[tuple[str, float]]


class SnapshotComparison(QDialog):
    """A window without modality; pictures are set after the numbers, once decoded."""

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
        """Show the numbers of two or more snapshots, relative to the first."""
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
        widest = max(_COMPARED_SIDE, *(label.sizeHint().width() for label in labels))
        for column in range(self._grid.columnCount()):  # also columns of an earlier comparison
            self._grid.setColumnMinimumWidth(column, widest if column < len(compared) else 0)
            self._grid.setColumnStretch(column, int(column < len(compared)))

    def set_pictures(self, faces: Sequence[Pixels], differences: Sequence[Pixels]) -> None:
        """Show the faces and, but for the first, their differences from it: uint8 (48, 48, 3)."""
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
        view.set_face_name(item.name)  # for dragging it from here
        view.setMinimumSize(_COMPARED_SIDE, _COMPARED_SIDE)
        self._grid.addWidget(view, 0, column)
        if item.typicality is not None:
            self._add_label(1, column, f"Typicality {round(100 * item.typicality)} %")
        return view

    def _add_map(self, column: int, name: str) -> FaceView:
        view = FaceView()
        view.set_caption("Difference")
        view.setAccessibleName(name)
        view.setToolTip(as_tip(f"{name}: the brighter, the larger"))
        view.setMinimumSize(_COMPARED_SIDE // 2, _COMPARED_SIDE // 2)
        self._grid.addWidget(view, 2, column)
        return view

    def _add_label(self, row: int, column: int, text: str) -> QLabel:
        label = Label(text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._grid.addWidget(label, row, column)
        return label


def compared(explorer: Explorer, snapshots: Sequence[Snapshot]) -> list[Compared]:
    """Return how snapshots differ: by attributes and custom directions, then principal ones."""
    latents = np.stack([item.edited.latent for item in snapshots])
    shares: list[float | None] = [None] * len(snapshots)
    if explorer.density is not None:
        shares = [float(share) for share in explorer.density.typicality(latents)]
    directions = explorer.directions
    changes: Floats = np.empty((len(snapshots), 0), np.float32)
    if directions is not None:
        coordinates = directions.coordinates(latents)
        changes = coordinates - coordinates[0]
    return [
        Compared(item.name, share, _largest(explorer, change))
        for item, share, change in zip(snapshots, shares, changes, strict=True)
    ]


def _largest(explorer: Explorer, changes: Floats) -> list[tuple[str, float]]:
    """Return the directions of the largest ``changes`` (K,), with these in sigma."""
    directions = explorer.directions
    if directions is None:
        return []
    named = [*explorer.rows_of("attribute"), *explorer.rows_of("own")]
    found: list[tuple[str, float]] = []
    for rows in (named, [*explorer.rows_of("principal")]):
        seen = (row for row in rows if abs(changes[row]) >= LEAST_SIGMA)
        ordered = sorted(seen, key=lambda row: -abs(changes[row]))
        found += [(directions[row].name, float(changes[row])) for row in ordered]
    return found[:MOST_NAMED]


def _differences_text(first: str, item: Compared) -> str:
    if not item.differences:
        return f"Hardly differs from “{first}”."
    lines = (f"{name} {change:+.1f} σ".replace("-", "−") for name, change in item.differences)
    return "\n".join((f"Differs most from “{first}” in", *lines))


def _free_name(name: str, kept: Sequence[Snapshot]) -> str:
    taken = {item.name for item in kept}
    return next(text for number in count(1) if (text := f"{name} {number}") not in taken)


def _differences(faces: Pixels) -> list[Pixels]:
    from model.plots.figures import difference_image

    return [difference_image(faces[0], face)[0] for face in faces[1:]]


def _save(
    model: FaceModel, latents: Floats, names: Sequence[str], path: Path, about: Mapping[str, Any]
) -> None:
    from model.inference import decode

    save_named_strip(list(decode(model, latents)), names, path, about)


def save_named_strip(
    faces: Sequence[Pixels], names: Sequence[str], path: Path, about: Mapping[str, Any]
) -> None:
    """Write faces uint8 (48, 48, 3) over their names as PNG on white, with ``about`` as JSON.

    May be called from any thread.

    Raises:
        OSError: the file can't be written; an older one of that name is kept.
    """
    columns = min(len(faces), MOST_IN_A_ROW)
    cell = QSize(EXPORT_SIDE + _EXPORT_GAP, EXPORT_SIDE + _EXPORT_LINE)
    rows = -(-len(faces) // columns)
    picture = QImage(
        columns * cell.width() + _EXPORT_GAP,
        rows * cell.height() + _EXPORT_GAP,
        QImage.Format.Format_RGB32,
    )
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    font = QFont()
    font.setPixelSize(_EXPORT_TEXT)
    painter.setFont(font)
    painter.setPen(Qt.GlobalColor.black)
    for number, (pixels, name) in enumerate(zip(faces, names, strict=True)):
        row, column = divmod(number, columns)
        _paint_named(painter, pixels, name, QPoint(column * cell.width(), row * cell.height()))
    painter.end()
    made = json.dumps({"program": PROGRAM, **about}, ensure_ascii=False)
    with replacing(path) as draft:
        Image.fromarray(from_qimage(picture)).save(draft, "PNG", pnginfo=png_info(made))


def _paint_named(painter: QPainter, pixels: Pixels, name: str, place: QPoint) -> None:
    corner = place + QPoint(_EXPORT_GAP, _EXPORT_GAP)
    painter.drawImage(corner, fitted(pixels, EXPORT_SIDE, EXPORT_SIDE))
    line = QRect(corner + QPoint(0, EXPORT_SIDE), QSize(EXPORT_SIDE, _EXPORT_LINE))
    text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, EXPORT_SIDE)
    painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)
