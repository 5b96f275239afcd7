"""Shows one run in the plot and the preview strip: the training, an earlier or a followed one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from cae_gui.core.tasks import Task
from cae_gui.studio import Studio
from cae_gui.train.runs import PreviewRead
from cae_gui.train.train_workspace import TrainWorkspace
from model.data.lfw import TITLE as LFW_TITLE
from model.events import EpochDone
from model.face_set import FACE_SHAPE
from model.plots.curve_painter import CurvePainter
from model.plots.curves import CurveRequest
from model.runs.runs import EpochRow

if TYPE_CHECKING:
    from model.config import TrainConfig
    from model.plots.curves import Points

Pixels = NDArray[np.uint8]

REFERENCES = {LFW_TITLE: (("Published network 0.00156", 0.00156),)}
"""Lines to beat, by the title of the data set that they were measured on."""
_NO_FACES = np.empty((0, *FACE_SHAPE), np.uint8)


class ShownRun(QObject):
    """Owns what the plot, the strip and the slider below it show, whoever provides it."""

    def __init__(self, studio: Studio, view: TrainWorkspace, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._runs, self._view = studio, studio.runs, view
        self._painter = CurvePainter()
        self._originals = _NO_FACES
        self._newest: tuple[int, Pixels] | None = None
        self._epochs: list[int] = []
        self._losses: dict[int, float] = {}
        self._wanted: int | None = None
        self._config: TrainConfig | None = None
        self._has_painted = False
        view.came_into_view.connect(self._paint_first)
        studio.selection.reconstructed.connect(self._paint_first)
        view.plot.render_wanted.connect(self._on_render_wanted)
        view.epochs.chosen.connect(self._on_epoch_chosen)
        self._runs.preview_read.connect(self._on_preview)

    def shows(self, folder: Path | None) -> bool:
        """Return whether this run is on show."""
        return folder is not None and folder == self._runs.shown

    def prepare(self, faces: str, config: TrainConfig) -> None:
        """Show the axes and the planned learning rates of a training that has no folder yet."""
        self._reset()
        self._runs.show(None)
        self._config = config
        self._view.plot.set_total_epochs(config.epochs)
        self._view.plot.set_references(REFERENCES.get(faces, ()))
        work, show = partial(_planned_rates, config), self._view.plot.set_planned
        self._studio.tasks.run(work, Task.SCHEDULE, then=show)

    def begin(
        self,
        folder: Path,
        faces: str,
        config: TrainConfig,
        rows: Sequence[EpochRow | EpochDone],
    ) -> None:
        """Show another run: the title of its faces, what was planned, the epochs measured."""
        if self._runs.shown is not None or self._config != config:
            self.prepare(faces, config)
        self._runs.show(folder)
        self.set_rows(rows)
        if rows:
            self._runs.read_preview(folder)

    def clear(self) -> None:
        """Show nothing."""
        self._reset()
        self._runs.show(None)

    def set_rows(self, rows: Sequence[EpochRow | EpochDone]) -> None:
        """Show the epochs measured so far."""
        self._view.plot.set_history(rows)
        self._losses = {row.epoch: row.test_mse for row in rows}
        self._offer()

    def set_originals(self, originals: Pixels | None) -> None:
        """Set the faces (K, 48, 48, 3) that the previews show."""
        self._originals = _NO_FACES if originals is None else originals

    def add_preview(self, epoch: int, pixels: Pixels) -> None:
        """Take the preview of the newest epoch; it is shown unless the person looks back."""
        self._newest = (epoch, pixels)
        self._epochs = sorted({*self._epochs, epoch})
        self._offer()

    def _reset(self) -> None:
        self._originals, self._newest = _NO_FACES, None
        self._epochs, self._losses, self._wanted, self._config = [], {}, None, None
        self._studio.tasks.drop(Task.SCHEDULE)
        self._view.plot.clear()
        self._view.epochs.set_epochs((), {})
        self._view.strip.set_frames(_NO_FACES)

    def _offer(self) -> None:
        """Offer the epochs; the slider may go along with the newest, or leave one that is gone."""
        self._view.epochs.set_epochs(self._epochs, self._losses)
        epoch = self._view.epochs.epoch()
        if epoch is not None and epoch != self._wanted:
            self._on_epoch_chosen(epoch)

    def _show(self, pixels: Pixels) -> None:
        self._view.set_preview(self._originals[: len(pixels)], pixels[: len(self._originals)])

    @Slot(int)
    def _on_epoch_chosen(self, epoch: int) -> None:
        self._wanted = epoch
        if self._newest is not None and epoch == self._newest[0]:
            self._show(self._newest[1])
        elif self._runs.shown is not None:
            self._runs.read_preview(self._runs.shown, epoch)

    @Slot(object)
    def _on_preview(self, preview: PreviewRead) -> None:
        if not self.shows(preview.folder):
            return
        own = [self._newest[0]] if self._newest else []
        # Long trainings keep fewer and fewer of the old ones.
        self._epochs = sorted({*preview.epochs, *own})
        if self._wanted is None and preview.pixels is not None:
            self._wanted = preview.epoch
        self._offer()
        if preview.pixels is not None and self._view.epochs.epoch() == preview.epoch:
            self._show(preview.pixels)

    @Slot()
    def _paint_first(self) -> None:
        """Paint once for nobody before a plot is wanted: importing matplotlib takes a second."""
        is_started = self._studio.models.model is not None
        if is_started and not self._has_painted and self._view.isVisible():
            self._has_painted = True
            work = partial(self._painter.paint, CurveRequest(width=320, height=216))
            self._studio.tasks.run(work, Task.FIRST_PLOT)

    @Slot(object)
    def _on_render_wanted(self, request: Any) -> None:
        work, plot = partial(self._painter.paint, request), self._view.plot
        self._studio.tasks.run(work, Task.PLOT, then=plot.show_image, failed=plot.drop_request)


def _planned_rates(config: TrainConfig) -> Points:
    from model.training.schedule import planned_rates

    return planned_rates(config)
