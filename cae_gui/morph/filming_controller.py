"""Exports films and pictures: what they are to be like, where they go, and that they are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from cae_gui.documents.files import Files
from cae_gui.morph.film_choice import FilmChoice
from cae_gui.morph.film_dialog import TITLES, FilmDialog, FilmOffer
from cae_gui.settings import Settings
from cae_gui.studio import Studio
from cae_gui.widgets.message_bar import MessageBar
from model.morph.film import FORMATS, FilmSettings

Floats = NDArray[np.float32]


class FilmingController(QObject):
    """Does one export at a time; what was chosen is proposed again the next time."""

    def __init__(
        self,
        studio: Studio,
        files: Files,
        messages: MessageBar,
        settings: Settings,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._studio, self._files, self._messages = studio, files, messages
        self._settings, self._window = settings, window
        self._offer: FilmOffer | None = None
        self._choice = FilmChoice()
        studio.filming.finished.connect(studio.tasks.exported)

    def offer(
        self,
        title: str,
        latents_of: Callable[[float], Floats | None],
        formats: Sequence[str],
        about: Mapping[str, Any],
        name: str,
        *,
        fixed: int = 0,
        columns: int = 0,
        stills_of: Callable[[int], Floats | None] | None = None,
    ) -> None:
        """Ask how and where to export, and do it.

        ``latents_of`` returns latents (T, L) at so many frames a second, or None while there are
        none, ``stills_of`` so many for a strip or a grid; they are asked again at the end, as
        another model may be in use by then. ``fixed`` faces, in ``columns``, don't depend on the
        pace. ``about`` goes into the file.
        """
        if self._is_free():
            self._offer = FilmOffer(
                title, latents_of, formats, about, name, fixed, columns, stills_of
            )
            dialog = FilmDialog(self._offer, self._settings.film, self._window)
            dialog.chosen.connect(self._on_chosen)
            dialog.finished.connect(dialog.deleteLater)
            dialog.open()

    def _is_free(self) -> bool:
        path = self._studio.filming.path
        if path is not None:
            self._messages.show_message(
                f"“{path.name}” is still being exported. Wait for it, or cancel it."
            )
        return path is None

    def _remember(self, choice: FilmChoice) -> None:
        assert self._offer is not None
        if self._offer.fixed:  # offers fewer formats than a film
            choice = replace(choice, format=self._settings.film.format)
        self._settings.film = choice

    @Slot(object)
    def _on_chosen(self, choice: FilmChoice) -> None:
        assert self._offer is not None
        self._choice = choice
        self._remember(choice)
        title, name, suffix = self._offer.title, self._offer.name, FORMATS[choice.format]
        if suffix:
            kind = f"{TITLES[choice.format]} (*{suffix})"
            self._files.save(title, name + suffix, kind, self._export)
        else:
            self._files.save_folder(title, name, self._export)

    def _export(self, path: Path) -> None:
        assert self._offer is not None
        offer, choice, models = self._offer, self._choice, self._studio.models
        latents = offer.latents(choice)
        if models.model is None or latents is None:
            self._messages.show_message("The model in use has just changed. Export again.")
            return
        settings = FilmSettings(
            choice.format,
            choice.size,
            choice.frames_per_second,
            offer.columns or choice.columns,
            {"model": models.title, **offer.about},
        )
        self._studio.filming.begin(models.model, latents, path, settings)
