"""The run on show: its curves, its progress, and its previews by epoch."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QWidget

from cae_gui.core.models import Models
from cae_gui.core.tasks import Task, Tasks
from cae_gui.train.curve_plot import CurvePlot
from cae_gui.train.lines import Lines
from cae_gui.train.runs import PreviewRead, Runs
from cae_gui.widgets.controls import ElidedLabel, Label, ProgressBar
from cae_gui.widgets.fields import Slider
from cae_gui.widgets.film_strip import FilmStrip
from cae_gui.widgets.layouts import filled
from model.config import TrainConfig, TrainPlan, planned_rates
from model.events import EpochDone
from model.face_set import FACE_SHAPE, FaceSet
from model.plots.curve_painter import CurvePainter
from model.plots.curves import CurveRequest, mse_text
from model.runs.runs import EpochRow, Run, RunError

Pixels = NDArray[np.uint8]
_STATUS_SIZE = 15
Curve = tuple[str, tuple[int, ...], tuple[float, ...]]
"""Label, epochs and test MSE of a compared run."""

PREVIEW_FACES = 10
_STEPS = 100
"""Of an epoch, where their number isn't known: rates are shares of the whole training."""
_TO_COME = "Their reconstructions appear here after each epoch."
_NONE_KEPT = "This run kept no faces."
_NO_FACES = np.empty((0, *FACE_SHAPE), np.uint8)


class ShownRun(QObject):
    """Shows one run: of the training under way, an earlier one, or one that is followed.

    While there is none, it shows what a training would begin with. The page lays out its widgets:
    ``status``, ``bar``, ``log``, ``plot``, ``strip``, ``epochs``.
    """

    def __init__(
        self, runs: Runs, models: Models, tasks: Tasks, lines: Lines, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._runs, self._models, self._tasks, self._lines = runs, models, tasks, lines
        self._painter = CurvePainter()
        self._originals = _NO_FACES
        self._newest: tuple[int, Pixels] | None = None
        self._epochs: list[int] = []
        self._losses: dict[int, float] = {}
        self._done = 0
        self._wanted: int | None = None
        self._title = ""
        self._config: TrainConfig | None = None
        self._planned = 0
        self._ahead: tuple[FaceSet, TrainConfig] | None = None
        self._has_painted = False
        self._make_widgets()
        self.log.toggled.connect(self.plot.set_log)
        self.plot.render_wanted.connect(self._draw)
        self.epochs.chosen.connect(self._on_epoch_chosen)
        lines.changed.connect(self._show_lines)

    def _make_widgets(self) -> None:
        self.status = ElidedLabel(tips=True)
        self.status.setAccessibleName("State of the curves on show")
        font = self.status.font()
        font.setPixelSize(_STATUS_SIZE)
        self.status.setFont(font)
        self.bar = ProgressBar()
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName("Progress of the training")
        self.log = QCheckBox("&Logarithmic")
        self.log.setToolTip("The error by its orders of magnitude, in which late epochs differ")
        self.log.setChecked(True)
        self.plot = CurvePlot()
        self.strip = FilmStrip(rows=2)
        self.strip.setAccessibleName("Test faces over their reconstructions")
        self.strip.set_placeholder(_TO_COME)
        self.epochs = EpochSlider()

    def shows(self, folder: Path | None) -> bool:
        """Return whether this run is on show."""
        return folder is not None and folder == self._runs.shown

    def show_ahead(self, faces: FaceSet, config: TrainConfig) -> None:
        """Show what a training would begin with, where no run is on show: axes, lines, faces."""
        if self._runs.shown is not None or self._ahead == (faces, config):
            return
        self._ahead = faces, config
        self._expect(faces.title, config, ahead=True)
        self.set_originals(test_faces(faces, config))

    def prepare(self, faces: str, config: TrainConfig) -> None:
        """Show axes and planned learning rates of a training whose run isn't created yet."""
        self._reset()
        self._runs.show(None)
        self._expect(faces, config)

    def _expect(self, title: str, config: TrainConfig, *, ahead: bool = False) -> None:
        self._title, self._config = title, config
        self._show_lines()
        self.set_plan(TrainPlan(config.epochs), ahead=ahead)

    def set_plan(self, plan: TrainPlan, steps: int = 1, *, ahead: bool = False) -> None:
        """Show how many epochs there will be, and their learning rates.

        ``steps`` is how many an epoch has; 1 where that isn't known.
        """
        if self._config is not None:
            self._planned = plan.epochs
            self.plot.set_total_epochs(plan.epochs, ahead=ahead)
            work = partial(planned_rates, self._config, steps if steps > 1 else _STEPS, plan)
            self._tasks.run(work, Task.SCHEDULE, then=self.plot.set_planned)

    @Slot()
    def _show_lines(self) -> None:
        if self._config is not None:
            self.plot.set_references(self._lines.of(self._title, self._config))

    def begin(
        self,
        folder: Path,
        faces: str,
        config: TrainConfig,
        rows: Sequence[EpochRow | EpochDone],
        plan: TrainPlan | None = None,
    ) -> None:
        """Show another run: title of its data set, configuration, and measured epochs.

        Without a ``plan`` it goes by its configuration.
        """
        if self._runs.shown is not None or self._ahead is not None or self._config != config:
            self.prepare(faces, config)
        if plan is not None and plan != TrainPlan(config.epochs):
            self.set_plan(plan)
        self._runs.show(folder)
        self.set_rows(rows)
        if rows:
            self._runs.read_preview(folder, then=self._on_preview)

    def clear(self) -> None:
        """Show no run."""
        self._reset()
        self._runs.show(None)

    def set_progress(self, done: int, total: int) -> None:
        """Set the progress bar."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    def show_done(self) -> None:
        """Let the progress bar tell how many epochs of the run on show are done."""
        total = 0 if self._config is None else self._planned
        self.set_progress(min(self._done, total), max(total, 1))

    def set_rows(self, rows: Sequence[EpochRow | EpochDone]) -> None:
        """Show the epochs measured so far."""
        self.plot.set_history(rows)
        self._losses = {row.epoch: row.test_mse for row in rows}
        self._done = rows[-1].epoch if rows else 0
        self._offer()

    def set_originals(self, originals: Pixels | None) -> None:
        """Set the previewed faces uint8 (K, 48, 48, 3); None while they aren't known."""
        self._originals = _NO_FACES if originals is None else originals
        if self._newest is None and self._wanted is None:
            self.strip.set_frames(self._originals)

    def add_preview(self, epoch: int, pixels: Pixels) -> None:
        """Add the preview uint8 (K, 48, 48, 3) of the newest epoch, which the slider may show."""
        self._newest = (epoch, pixels)
        self._epochs = sorted({*self._epochs, epoch})
        self._offer()

    def compare(self, runs: Sequence[tuple[str, Path] | None]) -> None:
        """Draw the curves of other runs (label, folder), one per colour; None skips a colour."""
        work, show = partial(_read_curves, tuple(runs)), self.plot.set_others
        self._tasks.run(work, Task.CURVES, then=show, interim=True)

    @Slot()
    def paint_first(self) -> None:
        """Paint once in advance: importing matplotlib takes a second."""
        is_started = self._models.model is not None
        if is_started and not self._has_painted and self.plot.isVisible():
            self._has_painted = True
            work = partial(self._painter.paint, CurveRequest(width=320, height=216))
            self._tasks.run(work, Task.FIRST_PLOT)

    def _reset(self) -> None:
        self._originals, self._newest = _NO_FACES, None
        self._epochs, self._losses, self._done, self._wanted = [], {}, 0, None
        self._config = self._ahead = None
        self._tasks.drop(Task.SCHEDULE)
        self.plot.clear()
        self.epochs.set_epochs((), {})
        self.strip.set_placeholder(_TO_COME)
        self.strip.set_frames(_NO_FACES)

    def _offer(self) -> None:
        """Set the slider's epochs; it may follow the newest, or leave one that was deleted."""
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
        # Long trainings delete some of the old previews.
        self._epochs = sorted({*preview.epochs, *own})
        if not self._epochs:
            self.strip.set_placeholder(_NONE_KEPT)
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
    """A slider over the epochs with previews; at the newest one it follows new epochs.

    Signals:
        chosen(int): the user chose this epoch.
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
        """Set the epochs, ascending, and their test MSE; if at the newest, move to the new end."""
        wanted = None if self.is_at_newest() else self.epoch()
        self._epochs, self._losses = tuple(epochs), losses
        last = max(len(self._epochs) - 1, 0)
        place = last if wanted is None else min(bisect_left(self._epochs, wanted), last)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, last)
            self.slider.setPageStep(max(1, len(self._epochs) // 10))
            self.slider.setValue(place)
        self.slider.setEnabled(last > 0)
        self.slider.setVisible(bool(self._epochs))
        self._show_text()

    def epoch(self) -> int | None:
        """Return the chosen epoch, or None without epochs."""
        return self._epochs[self.slider.value()] if self._epochs else None

    def is_at_newest(self) -> bool:
        """Return whether the newest epoch is chosen."""
        return self.slider.value() == self.slider.maximum()

    def _arrange(self) -> None:
        self.text.set_tabular()
        widest = self.text.fontMetrics().horizontalAdvance("Epoch 10000  ·  test MSE 0.00000")
        self.text.setFixedWidth(widest)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setRetainSizeWhenHidden(True)
        self.slider.setSizePolicy(policy)
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


def test_faces(faces: FaceSet, config: TrainConfig) -> Pixels:
    """Return the faces that a training shows after each epoch, uint8 (K, 48, 48, 3)."""
    if len(faces.images) < 2:
        return _NO_FACES
    _, test = faces.split(config.test_percent, config.seed)
    return np.array(faces.images[test[:PREVIEW_FACES]])


def _read_curves(runs: Sequence[tuple[str, Path] | None]) -> list[Curve]:
    """Read the curves of compared runs; that of a None has no epochs."""
    return [(run[0], *_read_curve(run[1])) if run else ("", (), ()) for run in runs]


def _read_curve(folder: Path) -> tuple[tuple[int, ...], tuple[float, ...]]:
    try:
        rows = Run.open(folder).rows()
    except RunError:
        return (), ()  # deleted a moment ago
    return tuple(row.epoch for row in rows), tuple(row.test_mse for row in rows)
