"""The run on show: its curves, its progress, and the same test faces epoch by epoch."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QWidget

from cae_gui.core.models import Models
from cae_gui.core.tasks import Task, Tasks
from cae_gui.train.curve_plot import CurvePlot
from cae_gui.train.runs import PreviewRead, Runs
from cae_gui.widgets.controls import ElidedLabel, Label, ProgressBar
from cae_gui.widgets.fields import Slider
from cae_gui.widgets.film_strip import FilmStrip
from cae_gui.widgets.layouts import filled
from model.data.lfw import TITLE as LFW_TITLE
from model.events import EpochDone
from model.face_set import FACE_SHAPE
from model.plots.curve_painter import CurvePainter
from model.plots.curves import CurveRequest, mse_text
from model.runs.runs import EpochRow, Run, RunError

if TYPE_CHECKING:
    from model.config import TrainConfig
    from model.plots.curves import Points

Pixels = NDArray[np.uint8]
Curve = tuple[str, tuple[int, ...], tuple[float, ...]]
"""Label, epochs and test MSE of a run to compare with."""

REFERENCES = {LFW_TITLE: (("Published network 0.00156", 0.00156),)}
"""Lines to beat, by the title of the data set that they were measured on."""
_NO_FACES = np.empty((0, *FACE_SHAPE), np.uint8)


class ShownRun(QObject):
    """Shows one run at a time: the training under way, an earlier one or one that is followed.

    A page lays out its widgets: ``status``, ``bar``, ``log``, ``plot``, ``strip`` and ``epochs``.
    """

    def __init__(self, runs: Runs, models: Models, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._runs, self._models, self._tasks = runs, models, tasks
        self._painter = CurvePainter()
        self._originals = _NO_FACES
        self._newest: tuple[int, Pixels] | None = None
        self._epochs: list[int] = []
        self._losses: dict[int, float] = {}
        self._wanted: int | None = None
        self._config: TrainConfig | None = None
        self._has_painted = False
        self._make_widgets()
        self.log.toggled.connect(self.plot.set_log)
        self.plot.render_wanted.connect(self._draw)
        self.epochs.chosen.connect(self._on_epoch_chosen)

    def _make_widgets(self) -> None:
        self.status = ElidedLabel(tips=True)
        self.status.setAccessibleName("State of the curves on show")
        self.bar = ProgressBar()
        self.bar.setFixedHeight(8)
        self.bar.setAccessibleName("Progress of the training")
        self.log = QCheckBox("Lo&garithmic")
        self.log.setChecked(True)
        self.plot = CurvePlot()
        self.strip = FilmStrip()
        self.strip.set_placeholder(
            "Ten test faces over their reconstructions appear here after the first epoch."
        )
        self.epochs = EpochSlider()

    def shows(self, folder: Path | None) -> bool:
        """Return whether this run is on show."""
        return folder is not None and folder == self._runs.shown

    def prepare(self, faces: str, config: TrainConfig) -> None:
        """Show the axes and the planned learning rates of a training that has no folder yet."""
        self._reset()
        self._runs.show(None)
        self._config = config
        self.plot.set_total_epochs(config.epochs)
        self.plot.set_references(REFERENCES.get(faces, ()))
        work = partial(_planned_rates, config)
        self._tasks.run(work, Task.SCHEDULE, then=self.plot.set_planned)

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
            self._runs.read_preview(folder, then=self._on_preview)

    def clear(self) -> None:
        """Show nothing."""
        self._reset()
        self._runs.show(None)

    def set_progress(self, done: int, total: int) -> None:
        """Move the bar."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    def set_rows(self, rows: Sequence[EpochRow | EpochDone]) -> None:
        """Show the epochs measured so far."""
        self.plot.set_history(rows)
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

    def compare(self, runs: Sequence[tuple[str, Path] | None]) -> None:
        """Draw the curves of other runs (label, folder) by their colours; None leaves one free."""
        work, show = partial(_read_curves, tuple(runs)), self.plot.set_others
        self._tasks.run(work, Task.CURVES, then=show, interim=True)

    @Slot()
    def paint_first(self) -> None:
        """Paint once before a plot is wanted: importing matplotlib takes a second."""
        is_started = self._models.model is not None
        if is_started and not self._has_painted and self.plot.isVisible():
            self._has_painted = True
            work = partial(self._painter.paint, CurveRequest(width=320, height=216))
            self._tasks.run(work, Task.FIRST_PLOT)

    def _reset(self) -> None:
        self._originals, self._newest = _NO_FACES, None
        self._epochs, self._losses, self._wanted, self._config = [], {}, None, None
        self._tasks.drop(Task.SCHEDULE)
        self.plot.clear()
        self.epochs.set_epochs((), {})
        self.strip.set_frames(_NO_FACES)

    def _offer(self) -> None:
        """Offer the epochs; the slider may go along with the newest, or leave one that is gone."""
        self.epochs.set_epochs(self._epochs, self._losses)
        epoch = self.epochs.epoch()
        if epoch is not None and epoch != self._wanted:
            self._on_epoch_chosen(epoch)

    def _show(self, pixels: Pixels) -> None:
        self.strip.set_frames(self._originals[: len(pixels)], pixels[: len(self._originals)])

    @Slot(int)
    def _on_epoch_chosen(self, epoch: int) -> None:
        self._wanted = epoch
        if self._newest is not None and epoch == self._newest[0]:
            self._show(self._newest[1])
        elif self._runs.shown is not None:
            self._runs.read_preview(self._runs.shown, epoch, then=self._on_preview)

    def _on_preview(self, preview: PreviewRead) -> None:
        if not self.shows(preview.folder):
            return
        own = [self._newest[0]] if self._newest else []
        # Long trainings keep fewer and fewer of the old ones.
        self._epochs = sorted({*preview.epochs, *own})
        if self._wanted is None and preview.pixels is not None:
            self._wanted = preview.epoch
        self._offer()
        if preview.pixels is not None and self.epochs.epoch() == preview.epoch:
            self._show(preview.pixels)

    @Slot(object)
    def _draw(self, request: CurveRequest) -> None:
        work, plot = partial(self._painter.paint, request), self.plot
        self._tasks.run(work, Task.PLOT, then=plot.show_image, failed=plot.drop_request)


class EpochSlider(QWidget):
    """One step a preview; it stays at the newest one unless the person goes back.

    Signals:
        chosen(int): the person went to this epoch.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._epochs: tuple[int, ...] = ()
        self._losses: Mapping[int, float] = {}
        self.slider = Slider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Epoch of the faces shown")
        self.slider.setToolTip("How the faces looked after an earlier epoch; End: the newest")
        self.text = Label()
        self._arrange()
        self.slider.valueChanged.connect(self._on_moved)
        self.set_epochs((), {})

    def set_epochs(self, epochs: Sequence[int], losses: Mapping[int, float]) -> None:
        """Offer these epochs, ascending, with their test MSE; goes along if at the newest."""
        wanted = None if self.is_at_newest() else self.epoch()
        self._epochs, self._losses = tuple(epochs), losses
        last = max(len(self._epochs) - 1, 0)
        place = last if wanted is None else min(bisect_left(self._epochs, wanted), last)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, last)
            self.slider.setPageStep(max(1, len(self._epochs) // 10))
            self.slider.setValue(place)
        self.slider.setEnabled(last > 0)
        self._show_text()

    def epoch(self) -> int | None:
        """Return the epoch chosen, or None where there is none."""
        return self._epochs[self.slider.value()] if self._epochs else None

    def is_at_newest(self) -> bool:
        """Return whether the newest epoch is chosen, which is so until the person goes back."""
        return self.slider.value() == self.slider.maximum()

    def _arrange(self) -> None:
        self.text.set_tabular()
        widest = self.text.fontMetrics().horizontalAdvance("Epoch 10000  ·  test MSE 0.00000")
        self.text.setFixedWidth(widest)
        self.slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        items = self.slider, self.text
        filled(QHBoxLayout(self), *items, margins=(4, 0, 4, 0), room=self.slider)

    def _show_text(self) -> None:
        epoch = self.epoch()
        if epoch is None:
            self.text.clear()
            return
        loss = self._losses.get(epoch)
        measured = "" if loss is None else f"  ·  test MSE {mse_text(loss)}"
        self.text.setText(f"Epoch {epoch}{measured}")
        self.slider.setAccessibleDescription(self.text.text())

    @Slot()
    def _on_moved(self) -> None:
        self._show_text()
        epoch = self.epoch()
        if epoch is not None:
            self.chosen.emit(epoch)


def _planned_rates(config: TrainConfig) -> Points:
    from model.config import planned_rates

    return planned_rates(config)


def _read_curves(runs: Sequence[tuple[str, Path] | None]) -> list[Curve]:
    """Return the curves of runs to compare with; a gap has no epochs."""
    return [(run[0], *_read_curve(run[1])) if run else ("", (), ()) for run in runs]


def _read_curve(folder: Path) -> tuple[tuple[int, ...], tuple[float, ...]]:
    try:
        rows = Run.open(folder).rows()
    except RunError:
        return (), ()  # deleted a moment ago
    return tuple(row.epoch for row in rows), tuple(row.test_mse for row in rows)
