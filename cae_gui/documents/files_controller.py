"""Opening and saving: dialogs, dropped and pasted files, and what was said about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QObject, Signal, Slot
from PySide6.QtWidgets import QApplication, QWidget

from cae_gui.documents.dropped import Dropped, dropped
from cae_gui.settings import Settings
from cae_gui.studio import Studio
from cae_gui.train.run_model import RunItem
from cae_gui.widgets import dialogs
from cae_gui.widgets.message_bar import MessageBar
from model.documents.session_file import SUFFIX as SESSION_SUFFIX
from model.io.files import is_folder

MODEL_SUFFIXES = {".safetensors", ".pth", ".pt"}
DIRECTIONS_SUFFIX = ".directions"
OPENED_ALONE = {*MODEL_SUFFIXES, DIRECTIONS_SUFFIX, SESSION_SUFFIX}
SESSIONS = f"Sessions (*{SESSION_SUFFIX})"
DIRECTIONS = "Directions (*.directions *.cae-session)"
MODELS = "Models (*.safetensors *.pth *.pt)"
FIGURE = "Picture (*.png);;Vector graphic (*.svg);;PDF (*.pdf)"
TABLE = "Table (*.csv)"
PICTURE = "Picture (*.png)"


class FilesController(QObject):
    """Takes files in and writes files out; the folder of the last dialog is remembered.

    Signals:
        session_opened(Path): a session file is to be opened.
    """

    session_opened = Signal(object)

    def __init__(
        self, studio: Studio, messages: MessageBar, settings: Settings, window: QWidget
    ) -> None:
        super().__init__(window)
        self._studio, self._messages, self._settings = studio, messages, settings
        self._window = window
        studio.tasks.exported.connect(self._on_exported)
        studio.models.saved.connect(self._on_model_saved)

    @Slot()
    def open_model(self) -> None:
        """Ask for a model file and open it."""
        path = dialogs.ask_open(self._window, "Open a model", self._settings.folder, MODELS)
        if path is not None:
            self.open_path(path)

    @Slot()
    def save_model(self) -> None:
        """Ask for a file and write the model in use."""
        formats = "Model (*.safetensors)"
        self.save("Save the model", "model.safetensors", formats, self._studio.models.save)

    @Slot()
    def open_session(self) -> None:
        """Ask for a session file and open it."""
        path = dialogs.ask_open(self._window, "Open a session", self._settings.folder, SESSIONS)
        if path is not None:
            self.open_path(path)

    @Slot()
    def save_session(self) -> None:
        """Ask for a file and write the faces, edits, snapshots, directions and key frames."""
        name, write = f"session{SESSION_SUFFIX}", self._studio.session_files.save
        self.save("Save the session", name, f"Session (*{SESSION_SUFFIX})", write)

    @Slot()
    def open_directions(self) -> None:
        """Ask for a file with somebody's own directions and bring them in."""
        title, folder = "Import directions", self._settings.folder
        path = dialogs.ask_open(self._window, title, folder, DIRECTIONS)
        if path is not None:
            self._settings.folder = path.parent
            self._studio.own.bring(path)

    @Slot()
    def open_photos(self) -> None:
        """Ask for photos and add them."""
        paths = dialogs.ask_photos(self._window, self._settings.folder)
        if paths:
            self._settings.folder = paths[0].parent
            self._take(Dropped(paths, []))

    @Slot()
    def open_folder(self) -> None:
        """Ask for a folder of faces and show it."""
        folder = dialogs.ask_folder(self._window, self._settings.folder)
        if folder is not None:
            self._settings.folder = folder
            self._studio.faces.choose(str(folder))

    @Slot()
    def paste(self) -> None:
        """Add what is on the clipboard."""
        if not self.take(QApplication.clipboard().mimeData()):
            self._messages.show_message("There is no picture on the clipboard.")

    def open_path(self, path: Path) -> None:
        """Open a model file, a folder of images, or a photo."""
        self._settings.folder = path.parent
        if path.suffix.lower() in MODEL_SUFFIXES:
            self._studio.models.open(path)
        elif path.suffix.lower() == SESSION_SUFFIX:
            self.session_opened.emit(path)
        elif path.suffix.lower() == DIRECTIONS_SUFFIX:
            self._studio.own.bring(path)
        elif is_folder(path):
            self._studio.faces.choose(str(path))
        else:
            self._studio.photos.add([(path, path.name)])

    def take(self, mime: QMimeData) -> bool:
        """Open what was dropped or pasted; return whether there was anything."""
        content = dropped(mime)
        self._take(content)
        return not content.is_empty

    def save(self, title: str, name: str, formats: str, write: Callable[[Path], None]) -> None:
        """Ask where to save, proposing a name, and have it written."""
        path = dialogs.ask_save(self._window, title, self._settings.folder / name, formats)
        if path is not None:
            self._settings.folder = path.parent
            write(path)

    def save_folder(self, title: str, name: str, write: Callable[[Path], None]) -> None:
        """Ask where a folder is to be made, and have it filled; one that is there is left alone."""
        place = dialogs.ask_place(self._window, title, self._settings.folder)
        if place is not None:
            self._settings.folder = place
            write(_unused(place, name))

    def choose_run(self, take: Callable[[Path], None]) -> None:
        """Ask for the folder of a run and hand it over."""
        folder = dialogs.ask_run_folder(self._window, self._settings.folder)
        if folder is not None:
            self._settings.folder = folder.parent
            take(folder)

    @Slot()
    def save_curves(self) -> None:
        """Ask for a file and write the curves on show as a figure."""
        folder = self._studio.runs.shown
        if folder is None:
            self._messages.show_message("There are no curves yet. Start a training or open a run.")
        else:
            write = partial(self._write_runs, [("", folder)])
            self.save("Save the curves", "curves.png", FIGURE, write)

    @Slot(object)
    def export_runs(self, items: Sequence[RunItem]) -> None:
        """Ask for a file and write the epochs of a run as a table, or curves as a figure."""
        formats = f"{FIGURE};;{TABLE}" if len(items) == 1 else FIGURE
        runs = [(item.title, item.folder) for item in items]
        self.save("Export the runs", "curves.png", formats, partial(self._write_runs, runs))

    def _write_runs(self, runs: Sequence[tuple[str, Path]], path: Path) -> None:
        self._studio.tasks.export(partial(_export, runs, path), path)

    def _take(self, content: Dropped) -> None:
        photos: list[tuple[Any, str]] = []
        for path in content.paths:
            if path.suffix.lower() in OPENED_ALONE or is_folder(path):
                self.open_path(path)
            else:
                photos.append((path, path.name))
        photos.extend((picture, content.name) for picture in content.pictures)
        if photos:
            self._studio.photos.add(photos)
        if content.refused:
            self._messages.show_message(content.refused, kind="error")

    @Slot(object)
    def _on_model_saved(self, path: Path) -> None:
        self._settings.add_recent_model(path)
        self._messages.show_message(f"The model was saved as “{path.name}”.")

    @Slot(object)
    def _on_exported(self, path: Path) -> None:
        self._messages.show_message(f"Saved as “{path.name}”.")


def _unused(place: Path, name: str) -> Path:
    names = (f"{name} {number}" for number in count(2))
    return next(place / each for each in chain([name], names) if not (place / each).exists())


def _export(runs: Sequence[tuple[str, Path]], path: Path) -> None:
    from model.runs.run_export import export_csv, save_curves
    from model.runs.runs import Run

    opened = [(name, Run.open(folder)) for name, folder in runs]
    if path.suffix.lower() == ".csv":
        export_csv(opened[0][1], path)
    else:
        save_curves([(name, run.rows()) for name, run in opened], path)
