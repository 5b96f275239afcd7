"""Opening and saving: dialogs, dropped and pasted files, and what is said about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData, QObject, Slot
from PySide6.QtWidgets import QApplication, QWidget

from cae_gui.documents.dropped import Dropped, dropped
from cae_gui.documents.kinds import MODEL_SUFFIXES, kind_of
from cae_gui.widgets import dialogs
from model.documents.session_file import SUFFIX as SESSION_SUFFIX
from model.documents.unsaved import last_session
from model.io.files import is_folder, readable
from model.latents.custom_directions import SUFFIX as DIRECTIONS_SUFFIX

if TYPE_CHECKING:
    from cae_gui.core.faces import Faces
    from cae_gui.core.models import Models
    from cae_gui.core.tasks import Tasks
    from cae_gui.documents.sessions import Sessions
    from cae_gui.explore.custom_directions import CustomDirections
    from cae_gui.settings import Settings
    from cae_gui.widgets.message_bar import MessageBar

SESSIONS = f"{dialogs.filter_of('Sessions', [SESSION_SUFFIX])};;{dialogs.ALL}"
DIRECTIONS = (
    f"{dialogs.filter_of('Directions', [DIRECTIONS_SUFFIX, SESSION_SUFFIX])};;{dialogs.ALL}"
)
MODELS = f"{dialogs.filter_of('Models', MODEL_SUFFIXES)};;{dialogs.ALL}"
FIGURE = "Picture (*.png);;Vector graphic (*.svg);;PDF (*.pdf)"
TABLE = "Table (*.csv)"
PICTURE = "Picture (*.png)"


class Files(QObject):
    """Takes files in and writes files out; the folder of the last dialog is remembered.

    ``add_photos`` takes photos, each with its name: files, their bytes, or pixels uint8 (H, W, 3).
    ``shown_run`` returns the folder of the run whose curves are on show, if any.
    """

    def __init__(
        self,
        window: QWidget,
        messages: MessageBar,
        settings: Settings,
        sessions: Sessions,
        *,
        models: Models,
        faces: Faces,
        tasks: Tasks,
        own: CustomDirections,
        add_photos: Callable[[Sequence[tuple[Any, str]]], object],
        shown_run: Callable[[], Path | None],
    ) -> None:
        super().__init__(window)
        self._window, self._messages, self._settings = window, messages, settings
        self._sessions, self._models, self._faces = sessions, models, faces
        self._tasks, self._own = tasks, own
        self._add_photos, self._shown_run = add_photos, shown_run
        sessions.model_wanted.connect(self.open_model)
        models.saved.connect(self._on_model_saved)
        tasks.exported.connect(self._on_exported)

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
        self.save("Save the model", "model.safetensors", formats, self._models.save)

    @Slot()
    def open_session(self) -> None:
        """Ask for a session file and open it."""
        path = dialogs.ask_open(self._window, "Open a session", self._settings.folder, SESSIONS)
        if path is not None:
            self.open_path(path)

    @Slot()
    def open_last_session(self) -> None:
        """Open the work that was there when a window was closed last."""
        if last_session().exists():
            self._sessions.open(last_session())
        else:
            self._messages.show_message("No work was left open when a window was closed last.")

    @Slot()
    def save_session(self) -> None:
        """Ask for a file and write the faces, edits, snapshots, directions and key frames."""
        name, write = f"session{SESSION_SUFFIX}", self._sessions.files.save
        self.save("Save the session", name, f"Session (*{SESSION_SUFFIX})", write)

    @Slot()
    def open_directions(self) -> None:
        """Ask for a file with custom directions and bring them in."""
        title, folder = "Import directions", self._settings.folder
        path = dialogs.ask_open(self._window, title, folder, DIRECTIONS)
        if path is not None:
            self._settings.folder = path.parent
            self._own.bring(path)

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
            self._faces.choose(str(folder))

    @Slot()
    def paste(self) -> None:
        """Add what is on the clipboard."""
        if not self.take(QApplication.clipboard().mimeData()):
            self._messages.show_message("There is no picture on the clipboard.")

    def open_path(self, path: Path) -> None:
        """Open a model, a session, directions, a folder of images, or a photo."""
        self._settings.folder = path.parent
        if is_folder(path):
            self._faces.choose(str(path))
            return
        kind = kind_of(path)
        if kind == "model":
            self._models.open(path)
        elif kind == "session":
            self._sessions.open(path)
        elif kind == "directions":
            self._own.bring(path)
        else:
            self._add_photos([(path, readable(path.name))])

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

    def choose_run(self, take: Callable[[Path], None]) -> None:
        """Ask for the folder of a run and hand it over."""
        folder = dialogs.ask_run_folder(self._window, self._settings.folder)
        if folder is not None:
            self._settings.folder = folder.parent
            take(folder)

    @Slot()
    def save_curves(self) -> None:
        """Ask for a file and write the curves on show as a figure."""
        folder = self._shown_run()
        if folder is None:
            self._messages.show_message("There are no curves yet. Start a training or open a run.")
        else:
            write = partial(self._write_runs, [("", folder)])
            self.save("Save the curves", "curves.png", FIGURE, write)

    def export_runs(self, runs: Sequence[tuple[str, Path]]) -> None:
        """Ask for a file and write the epochs of a run as a table, or curves as a figure.

        Runs are given by title and folder.
        """
        formats = f"{FIGURE};;{TABLE}" if len(runs) == 1 else FIGURE
        self.save("Export the runs", "curves.png", formats, partial(self._write_runs, runs))

    def _write_runs(self, runs: Sequence[tuple[str, Path]], path: Path) -> None:
        self._tasks.export(partial(_export, runs, path), path)

    def _take(self, content: Dropped) -> None:
        photos: list[tuple[Any, str]] = []
        for path in content.paths:
            if is_folder(path) or kind_of(path) != "photo":
                self.open_path(path)
            else:
                photos.append((path, readable(path.name)))
        photos.extend((picture, content.name) for picture in content.pictures)
        if photos:
            self._add_photos(photos)
        if content.refused:
            self._messages.show_message(content.refused, kind="error")

    @Slot(object)
    def _on_model_saved(self, path: Path) -> None:
        self._settings.add_recent_model(path)
        self._messages.show_message(f"The model was saved as “{path.name}”.")

    @Slot(object)
    def _on_exported(self, path: Path) -> None:
        self._messages.show_message(f"Saved as “{path.name}”.")


def _export(runs: Sequence[tuple[str, Path]], path: Path) -> None:
    from model.runs.run_export import export_csv, save_curves
    from model.runs.runs import Run

    opened = [(name, Run.open(folder)) for name, folder in runs]
    if path.suffix.lower() == ".csv":
        export_csv(opened[0][1], path)
    else:
        save_curves([(name, run.rows()) for name, run in opened], path)
