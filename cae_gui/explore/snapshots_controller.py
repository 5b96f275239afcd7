"""Joins the explorer's snapshots and their page in Explore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from cae_gui.core.models import Lane
from cae_gui.core.tasks import Task
from cae_gui.explore.edited import Snapshot
from cae_gui.explore.explore_workspace import ExploreWorkspace
from cae_gui.explore.explorer import Explorer
from cae_gui.explore.face_strip_model import StripFace
from cae_gui.explore.snapshot_comparison import Compared, SnapshotComparison
from cae_gui.explore.state_pictures import StatePictures
from cae_gui.studio import Studio

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

MOST_NAMED = 3
"""Directions in which a comparison tells the difference."""
LEAST_SIGMA = 0.1
"""A smaller difference can't be seen."""


class SnapshotsController(QObject):
    """Keeps, shows, renames, removes, compares and exports snapshots."""

    def __init__(
        self, studio: Studio, view: ExploreWorkspace, pictures: StatePictures, window: QWidget
    ) -> None:
        super().__init__(window)
        self._studio, self._view, self._pictures = studio, view, pictures
        self._explorer, self._page = studio.explorer, view.snapshots
        self._comparison = SnapshotComparison(window)
        self._connect()
        self._show()

    def _connect(self) -> None:
        explorer, page = self._explorer, self._page
        self._view.snapshot_asked.connect(self._on_keep)
        page.keep_asked.connect(self._view.snapshot_asked)
        page.removal_asked.connect(explorer.remove_snapshots)
        page.compare_asked.connect(self._on_compare)
        page.strip.chosen.connect(explorer.show_snapshot)
        page.strip.renamed.connect(explorer.rename_snapshot)
        page.strip.looked_at.connect(self._on_looked_at)
        page.strip.set_tip(self._tip)
        explorer.snapshots_changed.connect(self._show)
        explorer.latent_changed.connect(self._on_latent)
        explorer.face_changed.connect(self._on_face)
        self._pictures.changed.connect(self._show)

    def save(self, rows: Sequence[int], path: Path) -> None:
        """Write some snapshots side by side with their names."""
        model, kept = self._studio.models.model, self._explorer.snapshots
        chosen = [kept[row] for row in rows]
        if model is not None and chosen:
            latents = np.stack([item.edited.latent for item in chosen])
            names = [item.name for item in chosen]
            about = {"model": self._studio.models.title, "faces": names}
            self._studio.tasks.export(partial(_save, model, latents, names, path, about), path)

    @Slot()
    def _on_keep(self) -> None:
        face = self._explorer.face
        if face is None:
            return
        self._explorer.take_snapshot(_free_name(face.name, self._explorer.snapshots))
        if self._view.isVisible():
            self._view.strip.setCurrentWidget(self._page)
            self._page.strip.edit_name(len(self._explorer.snapshots) - 1)

    @Slot()
    def _show(self) -> None:
        kept = self._explorer.snapshots
        faces = [
            StripFace(item.edited, item.name, self._pictures.get(item.edited)) for item in kept
        ]
        self._page.set_snapshots(faces, self._shown())

    @Slot()
    def _on_latent(self) -> None:
        self._page.strip.set_mark(self._shown())

    @Slot()
    def _on_face(self) -> None:
        face = self._explorer.face
        self._page.set_can_keep(face is not None)
        if face is None:  # the model that they were made with is no longer in use
            self._comparison.hide()

    @Slot()
    def _on_looked_at(self) -> None:
        if self._page.strip.isVisible():
            kept = self._explorer.snapshots
            self._pictures.want([kept[row].edited for row in self._page.strip.rows_to_fill()])

    def _shown(self) -> int | None:
        face, kept = self._explorer.face, self._explorer.snapshots
        return next((row for row, item in enumerate(kept) if item.edited is face), None)

    def _tip(self, row: int) -> str:
        item, density = self._explorer.snapshots[row], self._explorer.density
        if density is None:
            return item.name
        share = float(density.typicality(item.edited.latent))
        return f"{item.name}\nTypicality {round(100 * share)} %"

    @Slot(object)
    def _on_compare(self, rows: Sequence[int]) -> None:
        chosen = [self._explorer.snapshots[row] for row in rows]
        self._comparison.set_compared(compared(self._explorer, chosen))
        self._comparison.show()
        self._studio.tasks.drop(Task.COMPARISON)
        latents = np.stack([item.edited.latent for item in chosen])
        self._studio.models.decode(latents, then=self._on_decoded, lane=Lane.COMPARISON)

    def _on_decoded(self, faces: Pixels) -> None:
        work, then = (
            partial(_differences, faces),
            partial(self._comparison.set_pictures, list(faces)),
        )
        self._studio.tasks.run(work, Task.COMPARISON, then=then)


def compared(explorer: Explorer, snapshots: Sequence[Snapshot]) -> list[Compared]:
    """Return what sets snapshots apart: attributes and own directions first, then principal."""
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
    """Return the directions along which there is most change (K,), and how much in sigma."""
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


def _free_name(name: str, kept: Sequence[Snapshot]) -> str:
    taken = {item.name for item in kept}
    return next(text for number in count(1) if (text := f"{name} {number}") not in taken)


def _differences(faces: Pixels) -> list[Pixels]:
    from model.plots.figures import difference_image

    return [difference_image(faces[0], face)[0] for face in faces[1:]]


def _save(
    model: FaceModel, latents: Floats, names: Sequence[str], path: Path, about: Mapping[str, Any]
) -> None:
    from cae_gui.explore.named_strip import save_named_strip
    from model.inference import decode

    save_named_strip(list(decode(model, latents)), names, path, about)
