"""The dialogs of sweeps: one asks what to train, the other shows what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.tasks import Task, Tasks
from cae_gui.train.runs import Runs
from cae_gui.widgets.controls import Label, PrimaryButton, as_tip
from cae_gui.widgets.fields import ComboBox
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.numbers import counted
from cae_gui.widgets.tokens import CONTROL, is_dark
from model.config import ConfigError, TrainConfig, setting_of
from model.plots.curves import mse_text
from model.runs.sweep import (
    Swept,
    run_name,
    save_sweep,
    sweep_configs,
    sweep_request,
    sweep_runs,
    sweep_tags,
    swept,
)
from model.runs.wording import value_text

_ABOUT = (
    "Puts a training into the queue for each value of a setting, or for each pair of values of "
    "two. All else is as in the form."
)
_FIRST, _NONE = "learning_rate", "None"
_NOTHING = "A sweep that was trained appears here: its curves, and the best error by setting."
_LOOK_AGAIN_MS = 200
"""How long after the last change of its size the picture is drawn again."""


class SweepDialog(QDialog):
    """Asks for one setting or two, and the values of each.

    ``refusal_of`` says why a configuration can't be trained, or "", and ``time_of`` how long
    several take in all, or "", those that weren't measured as long as the form's.

    Signals:
        chosen(list): put the trainings of these ``Swept`` into the queue.
    """

    chosen = Signal(list)

    def __init__(
        self,
        refusal_of: Callable[[TrainConfig], str],
        time_of: Callable[[Sequence[TrainConfig], TrainConfig], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._base, self._refusal_of, self._time_of = TrainConfig(), refusal_of, time_of
        self.setWindowTitle("Sweep")
        about = Label(_ABOUT, wordWrap=True)
        self.settings, self.values = (ComboBox(), ComboBox()), (QLineEdit(), QLineEdit())
        for line in self.values:
            line.setAcceptDrops(False)  # a dropped picture is for the window
        form = QFormLayout(horizontalSpacing=16, verticalSpacing=8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        titles = ("&First setting", "V&alues"), ("&Second setting", "Va&lues")
        for (setting, values), combo, line in zip(titles, self.settings, self.values, strict=True):
            for title, field in ((setting, combo), (values, line)):
                label = Label(title, buddy=field)
                label.setMinimumHeight(CONTROL)  # so that it lies in the middle of the field's
                form.addRow(label, field)
            combo.setAccessibleName(setting.replace("&", ""))
            line.setAccessibleName(f"Values of the {combo.accessibleName().lower()}")
        self.result_text = Label(wordWrap=True)
        self.result_text.setMinimumHeight(2 * self.result_text.fontMetrics().height())
        self.add = PrimaryButton("Add to &queue")
        self.add.setDefault(True)
        self.cancel = QPushButton("Cancel", autoDefault=False)
        row = filled(QHBoxLayout(), self.cancel, self.add, room=self.add)
        items = about, form, self.result_text, row
        filled(QVBoxLayout(self), *items, margins=(16, 16, 16, 16), spacing=16)
        self.setMinimumWidth(400)
        self._fill()
        for combo, line in zip(self.settings, self.values, strict=True):
            combo.currentIndexChanged.connect(partial(self._propose, combo, line))
            line.textChanged.connect(self.check)
        self.add.clicked.connect(self._accept)
        self.cancel.clicked.connect(self.reject)

    def ask(self, base: TrainConfig) -> None:
        """Open for settings like these."""
        self._base = base
        for combo, line in zip(self.settings, self.values, strict=True):
            self._propose(combo, line)
        self.show()
        self.values[0].setFocus(Qt.FocusReason.OtherFocusReason)
        self.values[0].selectAll()

    def _fill(self) -> None:
        self.settings[1].addItem(_NONE, "")
        for item in fields(TrainConfig):
            setting = setting_of(TrainConfig, item.name)
            if setting.in_window:
                for combo in self.settings:
                    combo.addItem(setting.title, item.name)
        self.settings[0].setCurrentIndex(self.settings[0].findData(_FIRST))

    def _propose(self, combo: ComboBox, line: QLineEdit, _index: int = 0) -> None:
        name = combo.currentData()
        line.setEnabled(bool(name))
        line.setToolTip(as_tip(setting_of(TrainConfig, name).help if name else ""))
        line.setText(_proposal(name, self._base) if name else "")
        self.check()

    def _swept(self) -> list[Swept]:
        """Return the settings with their values.

        Raises:
            ConfigError: a value is none, or the form's other settings don't go with one.
        """
        pairs = zip(self.settings, self.values, strict=True)
        settings = [
            swept(combo.currentData(), line.text()) for combo, line in pairs if combo.currentData()
        ]
        for config in sweep_configs(self._base, settings):
            if refused := self._refusal_of(config):
                raise ConfigError(refused)
        return settings

    @Slot()
    def check(self) -> None:
        """Say how many trainings that makes, or what is wrong."""
        try:
            configs = sweep_configs(self._base, self._swept())
        except ConfigError as error:
            text, role = str(error), QPalette.ColorRole.BrightText
        else:
            time = self._time_of(configs, self._base)
            text = counted(len(configs), "training") + (f", {time} in all." if time else ".")
            role = QPalette.ColorRole.WindowText
        self.result_text.setText(text)
        self.result_text.setForegroundRole(role)
        self.add.setEnabled(role == QPalette.ColorRole.WindowText)

    @Slot()
    def _accept(self) -> None:
        settings = self._swept()
        self.accept()
        self.chosen.emit(settings)


def _proposal(name: str, base: TrainConfig) -> str:
    """Return values to begin with: all of a choice, or half, once and twice the form's number."""
    setting, value = setting_of(TrainConfig, name), getattr(base, name)
    if isinstance(value, bool):
        return "yes, no"
    if setting.choices:
        return ", ".join(setting.choices)
    low, high = setting.minimum or 0, setting.maximum or value * 2
    numbers = [value / 2, value, value * 2] if value else [0, 1, 2]
    if isinstance(value, int):
        numbers = [round(number) for number in numbers]
    elif not value:
        numbers = [0.0, 0.1, 0.2]
    kept = dict.fromkeys(number for number in numbers if low <= number <= high)
    return ", ".join(value_text(number) for number in kept)


class _Drawn(NamedTuple):
    """The picture of a sweep, None before an epoch was measured, and a sentence."""

    image: QImage | None
    text: str


class SweepComparison(QDialog):
    """Shows a sweep in one picture, beside others that have a tag in common.

    ``export`` is the button that asks where to write the picture, which ``write`` does.
    """

    def __init__(self, runs: Runs, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs, self._tasks = runs, tasks
        self.setWindowTitle("Compare a sweep")
        self.resize(1000, 560)
        self.tag = ComboBox()
        self.tag.setAccessibleName("Sweep")
        self.tag.setToolTip("The tag that the runs have in common")
        self.picture = _Picture()
        self.text = Label(wordWrap=True)
        self.export = QPushButton("E&xport …")
        self.export.setToolTip("Save the picture as PNG, SVG or PDF")
        row = filled(QHBoxLayout(), self.text, self.export, room=self.text)
        items = self.tag, self.picture, row
        filled(QVBoxLayout(self), *items, margins=(16, 16, 16, 16), room=self.picture)
        self._timer = QTimer(self, singleShot=True, interval=_LOOK_AGAIN_MS)
        self._timer.timeout.connect(self._draw)
        self.tag.currentIndexChanged.connect(self._draw)
        runs.listed.connect(self._on_listed)
        self._on_listed()

    def tags(self) -> list[str]:
        """Return the tags that can be compared, those of the newest run first."""
        return [self.tag.itemText(row) for row in range(self.tag.count())]

    def show_sweep(self, tag: str = "") -> None:
        """Open, with this tag where runs have it."""
        self._runs.refresh()
        if (row := self.tag.findText(tag)) >= 0:
            self.tag.setCurrentIndex(row)
        self.show()

    def write(self, path: Path) -> None:
        """Write the picture in the background."""
        tag = self.tag.currentText()
        self._tasks.export(lambda: save_sweep(sweep_runs(tag), path), path)

    @Slot()
    def _on_listed(self) -> None:
        tags = sweep_tags(listed.run for listed in self._runs.items)
        if tags != self.tags():
            chosen = self.tag.currentText()
            self.tag.blockSignals(True)
            self.tag.clear()
            self.tag.addItems(tags)
            self.tag.setCurrentIndex(max(self.tag.findText(chosen), 0) if tags else -1)
            self.tag.blockSignals(False)
        self.tag.setEnabled(bool(tags))
        self._draw()

    @Slot()
    def _draw(self) -> None:
        if not self.isVisible():
            return
        tag, palette, scale = self.tag.currentText(), self.palette(), self.devicePixelRatioF()
        size = self.picture.size() * scale
        look = {
            "width": max(size.width(), 1),
            "height": max(size.height(), 1),
            "scale": scale,
            "dark": is_dark(palette),
            "foreground": palette.color(QPalette.ColorRole.Text).name(),
            "background": palette.color(QPalette.ColorRole.Base).name(),
            "accent": palette.color(QPalette.ColorRole.Highlight).name(),
        }
        self._tasks.run(partial(_drawn, tag, look), Task.SWEEP, then=self._show)

    def _show(self, drawn: _Drawn) -> None:
        self.picture.set_image(drawn.image, drawn.text)
        self.text.setText(drawn.text)
        self.export.setEnabled(drawn.image is not None)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._timer.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._timer.start()


class _Picture(QWidget):
    """Paints a picture in device pixels, scaled while a new size is being drawn."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self.setMinimumSize(480, 240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Curves of the sweep, and the best error by setting")

    def sizeHint(self) -> QSize:
        return QSize(960, 440)

    def set_image(self, image: QImage | None, text: str) -> None:
        """Show a picture, or none; ``text`` describes it."""
        self._image = image
        self.setAccessibleDescription(text)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().base())
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.rect(), self._image)
        painter.end()


def _drawn(tag: str, look: dict[str, Any]) -> _Drawn:
    from model.plots.sweep_chart import sweep_image

    runs = sweep_runs(tag) if tag else []
    measured = [(one.best, one.run) for one in runs if one.best is not None]
    if not measured:
        return _Drawn(None, _NOTHING)
    rgba = sweep_image(sweep_request(runs, **look))
    height, width, channels = rgba.shape
    image = QImage(rgba.data, width, height, width * channels, QImage.Format.Format_RGBA8888)
    row, run = min(measured, key=lambda pair: pair[0].test_mse)
    text = (
        f"{len(measured)} of {counted(len(runs), 'run')} measured. Best test MSE "
        f"{mse_text(row.test_mse)}, by “{run_name(run)}” in epoch {row.epoch}."
    )
    return _Drawn(image.convertToFormat(QImage.Format.Format_RGB32), text)
