"""The export of films and pictures: the dialog, the file, and the message at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.models import Models
from cae_gui.morph.filming import Filming
from cae_gui.settings import FilmChoice, Settings
from cae_gui.widgets import dialogs
from cae_gui.widgets.controls import Label
from cae_gui.widgets.fields import ComboBox, CountBox
from cae_gui.widgets.message_bar import MessageBar
from model.io.files import unused
from model.morph.film import FORMATS, PICTURES, SIZES, FilmSettings, extent, why_not

Floats = NDArray[np.float32]
Write = Callable[[Path], None]
Save = Callable[[str, str, str, Write], None]
"""Asks for a file (title, proposed name, formats) and writes it in the background."""

TITLES = {
    "GIF": "Animated GIF",
    "WebP": "Animated WebP",
    "PNG": "Animated PNG",
    "PNG strip": "PNG, faces in a row",
    "PNG grid": "PNG, faces in a grid",
    "PNG frames": "PNG, a file for each face",
    "MP4": "MP4 video",
}
_MOST_PER_SECOND = 50  # the most that GIF can store
_MOST_PICTURES = 400
_FAR_TOO_MANY = 4000  # frames of a film
_TEXT_WIDTH = 320


@dataclass(frozen=True, slots=True)
class FilmOffer:
    """A film or picture that can be exported.

    ``latents_of`` returns latents (T, L) for a number of frames per second, or None while some are
    missing; ``stills_of`` returns a number of latents for a strip or a grid, without the way back.
    Both are called again after the dialog, as the model in use may have changed. ``about`` is
    written into the file as JSON. ``fixed`` faces, in ``columns``, are a picture without a pace.
    """

    title: str
    latents_of: Callable[[float], Floats | None]
    formats: Sequence[str]
    about: Mapping[str, Any]
    name: str
    fixed: int = 0
    columns: int = 0
    stills_of: Callable[[int], Floats | None] | None = None

    def count(self, choice: FilmChoice) -> int:
        """Return how many faces are exported."""
        if self.fixed:
            return self.fixed
        if choice.format in PICTURES:
            return choice.pictures
        rate, sparse = choice.frames_per_second, self.latents_of(1.0)
        if sparse is not None and len(sparse) * rate > _FAR_TOO_MANY:
            return len(sparse) * rate  # exact latents would take a third of a second
        latents = self.latents_of(rate)
        return 0 if latents is None else len(latents)

    def latents(self, choice: FilmChoice) -> Floats | None:
        """Return the latents (T, L) to export, or None while there are none."""
        if self.stills_of is not None and choice.format in PICTURES:
            return self.stills_of(choice.pictures)
        return self.latents_of(choice.frames_per_second)


class FilmDialog(QDialog):
    """Asks for format, size and pace, and shows the resulting size and duration.

    Signals:
        chosen(FilmChoice): export with these settings.
    """

    chosen = Signal(object)

    def __init__(self, offer: FilmOffer, choice: FilmChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offer = offer
        self.setWindowTitle(offer.title)
        self.format = ComboBox()
        for name in offer.formats:
            self.format.addItem(TITLES[name] if offer.fixed != 1 else "PNG", name)
        self.side = ComboBox()
        for size in SIZES:
            self.side.addItem(f"{size} × {size} pixels", size)
        self.side.setToolTip("The model makes faces of 48 × 48 pixels; larger ones are smoothed.")
        self.rate = _spin(1, _MOST_PER_SECOND)
        self.pictures = _spin(2, _MOST_PICTURES)
        self.columns = _spin(0, _MOST_PICTURES)
        self.columns.setSpecialValueText("As many as rows")
        self.estimate = Label()
        self.estimate.setWordWrap(True)
        self.estimate.setMinimumWidth(_TEXT_WIDTH)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.export = self.buttons.addButton("E&xport …", QDialogButtonBox.ButtonRole.AcceptRole)
        self._arrange()
        self._show(choice)
        self._connect()
        self._update()

    def _arrange(self) -> None:
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(8)
        self._form.addRow("&Format", self.format)
        self._form.addRow("&Size of a face", self.side)
        self._form.addRow("Frames a s&econd", self.rate)
        self._form.addRow("&Number of faces", self.pictures)
        self._form.addRow("&Columns", self.columns)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addLayout(self._form)
        column.addWidget(self.estimate)
        column.addStretch(1)
        column.addWidget(self.buttons)

    def _show(self, choice: FilmChoice) -> None:
        self.format.setCurrentIndex(max(0, self.format.findData(choice.format)))
        standard = self.side.findData(FilmChoice().size)
        found = self.side.findData(choice.size)
        self.side.setCurrentIndex(found if found >= 0 else standard)
        self.rate.setValue(choice.frames_per_second)
        self.pictures.setValue(choice.pictures)
        self.columns.setValue(choice.columns)

    def _connect(self) -> None:
        for combo in (self.format, self.side):
            combo.currentIndexChanged.connect(self._update)
        for spin in (self.rate, self.pictures, self.columns):
            spin.valueChanged.connect(self._update)
            spin.refused.connect(self._update)
        self.buttons.accepted.connect(self._on_accepted)
        self.buttons.rejected.connect(self.reject)

    def choice(self) -> FilmChoice:
        """Return the present choice."""
        return FilmChoice(
            self.format.currentData(),
            self.side.currentData(),
            self.rate.value(),
            self.pictures.value(),
            self.columns.value(),
        )

    @Slot()
    def _update(self) -> None:
        choice, is_fixed = self.choice(), self._offer.fixed > 0
        is_picture = choice.format in PICTURES
        self._form.setRowVisible(self.format, self.format.count() > 1)
        self._form.setRowVisible(self.rate, not is_fixed and not is_picture)
        self._form.setRowVisible(self.pictures, not is_fixed and is_picture)
        self._form.setRowVisible(self.columns, not is_fixed and choice.format == "PNG grid")
        columns = self._offer.columns or choice.columns
        count = self._offer.count(choice)
        settings = FilmSettings(choice.format, choice.size, columns=columns)
        refusals = [spin.refusal() for spin in self._numbers() if spin.is_marked()]
        problem = refusals[0] if refusals else why_not(settings, count)
        self.estimate.setText(problem or self._sentence(settings, count, choice.frames_per_second))
        self.export.setEnabled(not problem)
        self.adjustSize()

    def _sentence(self, settings: FilmSettings, count: int, rate: float) -> str:
        width, height = extent(settings, count)
        pixels = f"{width:,} × {height:,} pixels"
        if self._offer.fixed or settings.format in PICTURES:
            return f"{count:,} faces, {pixels}" if count > 1 else pixels
        each = " each" if settings.format == "PNG frames" else ""
        return f"{count:,} frames, {count / rate:.1f} s, {pixels}{each}"

    def _numbers(self) -> list[CountBox]:
        """Return the number boxes that apply to this format."""
        return [
            spin
            for spin in (self.rate, self.pictures, self.columns)
            if self._form.isRowVisible(spin)
        ]

    @Slot()
    def _on_accepted(self) -> None:
        for spin in self._numbers():
            spin.finish()
        if not self.export.isEnabled():
            return  # the dialog shows the reason
        choice = self.choice()
        self.accept()
        self.chosen.emit(choice)


class FilmExport(QObject):
    """Exports one film or picture at a time, and proposes the last choice again."""

    def __init__(
        self,
        filming: Filming,
        models: Models,
        settings: Settings,
        messages: MessageBar,
        save: Save,
        page: QWidget,
    ) -> None:
        super().__init__(page)
        self._filming, self._models = filming, models
        self._settings, self._messages = settings, messages
        self._save, self._page = save, page
        filming.finished.connect(self._on_finished)

    def offer(self, offer: FilmOffer) -> None:
        """Ask for settings and a file, and export."""
        path = self._filming.path
        if path is not None:
            self._messages.show_message(
                f"“{path.name}” is still being exported. Wait for it, or cancel it."
            )
            return
        dialog = FilmDialog(offer, self._settings.film, self._page.window())
        dialog.chosen.connect(partial(self._on_chosen, offer))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_chosen(self, offer: FilmOffer, choice: FilmChoice) -> None:
        self._remember(offer, choice)
        write, suffix = partial(self._export, offer, choice), FORMATS[choice.format]
        if suffix:
            kind = f"{TITLES[choice.format]} (*{suffix})"
            self._save(offer.title, offer.name + suffix, kind, write)
        else:
            self._fill_folder(offer, write)

    def _remember(self, offer: FilmOffer, choice: FilmChoice) -> None:
        if offer.fixed:  # offers fewer formats than a film
            choice = replace(choice, format=self._settings.film.format)
        self._settings.film = choice

    def _fill_folder(self, offer: FilmOffer, write: Write) -> None:
        """Ask for the name of a new folder and fill it; an existing one isn't changed."""
        place = dialogs.ask_place(self._page.window(), offer.title, self._settings.folder)
        if place is not None:
            self._settings.folder = place
            write(unused(place, offer.name))

    def _export(self, offer: FilmOffer, choice: FilmChoice, path: Path) -> None:
        model, latents = self._models.model, offer.latents(choice)
        if model is None or latents is None:
            self._messages.show_message("The model in use has just changed. Export again.")
            return
        settings = FilmSettings(
            choice.format,
            choice.size,
            choice.frames_per_second,
            offer.columns or choice.columns,
            {"model": self._models.title, **offer.about},
        )
        self._filming.begin(model, latents, path, settings)

    @Slot(object)
    def _on_finished(self, path: Path) -> None:
        self._messages.show_saved(path)


def _spin(lowest: int, highest: int) -> CountBox:
    spin = CountBox()
    spin.setRange(lowest, highest)
    spin.setGroupSeparatorShown(True)
    return spin
