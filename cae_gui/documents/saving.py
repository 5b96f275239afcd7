"""Saving: dialogs, and what is said about what was written; the folder is remembered."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from cae_gui.widgets import dialogs
from model.documents.session_file import SUFFIX as SESSION_SUFFIX
from model.io.files import as_file_name, unused
from model.latents.custom_directions import SUFFIX as DIRECTIONS_SUFFIX

if TYPE_CHECKING:
    from cae_gui.core.models import Models
    from cae_gui.core.tasks import Tasks
    from cae_gui.documents.session_files import SessionFiles
    from cae_gui.settings import Settings
    from cae_gui.widgets.message_bar import MessageBar

FIGURE = "Picture (*.png);;Vector graphic (*.svg);;PDF (*.pdf)"
TABLE = "Table (*.csv)"
PICTURE = "Picture (*.png)"
DIRECTIONS = f"Directions (*{DIRECTIONS_SUFFIX})"


class Saving(QObject):
    """Asks where to save, and has it written in the background.

    ``shown_run`` returns the folder of the run whose curves are on show, if any.
    """

    def __init__(
        self,
        window: QWidget,
        messages: MessageBar,
        settings: Settings,
        *,
        models: Models,
        sessions: SessionFiles,
        tasks: Tasks,
        shown_run: Callable[[], Path | None],
    ) -> None:
        super().__init__(window)
        self._window, self._messages, self._settings = window, messages, settings
        self._models, self._sessions, self._tasks = models, sessions, tasks
        self._shown_run = shown_run
        models.saved.connect(self._on_model_saved)
        tasks.exported.connect(self._on_exported)

    @Slot()
    def save_model(self) -> None:
        """Ask for a file and write the model in use."""
        formats = "Model (*.safetensors)"
        self.save("Save the model", "model.safetensors", formats, self._models.save)

    @Slot()
    def save_session(self) -> None:
        """Ask for a file and write the faces, edits, snapshots, directions and key frames."""
        name, write = f"session{SESSION_SUFFIX}", self._sessions.save
        self.save("Save the session", name, f"Session (*{SESSION_SUFFIX})", write)

    def save(self, title: str, name: str, formats: str, write: Callable[[Path], None]) -> None:
        """Ask where to save, proposing a name, and have it written."""
        path = dialogs.ask_save(self._window, title, self._settings.folder / name, formats)
        if path is not None:
            self._settings.folder = path.parent
            write(path)

    def save_folder(self, title: str, name: str, write: Callable[[Path], object]) -> None:
        """Ask for a place and have a new folder written there, of a free name like this one."""
        place = dialogs.ask_place(self._window, title, self._settings.folder)
        if place is not None:
            self._settings.folder = place
            write(unused(place, as_file_name(name)))

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

        Runs are given by name and folder.
        """
        formats = f"{FIGURE};;{TABLE}" if len(runs) == 1 else FIGURE
        name = f"{_file_name(runs[0][0])}.png" if len(runs) == 1 else "curves.png"
        self.save("Export the runs", name, formats, partial(self._write_runs, runs))

    def save_table(self, rows: Sequence[Sequence[object]]) -> None:
        """Ask for a file and write rows of texts and numbers, the titles first."""
        self.save("Save the table of runs", "runs.csv", TABLE, partial(self._write_table, rows))

    def _write_table(self, rows: Sequence[Sequence[object]], path: Path) -> None:
        self._tasks.export(partial(_export_table, rows, path), path)

    def _write_runs(self, runs: Sequence[tuple[str, Path]], path: Path) -> None:
        self._tasks.export(partial(_export, runs, path), path)

    @Slot(object)
    def _on_model_saved(self, path: Path) -> None:
        self._settings.add_recent_model(path)
        self._messages.show_saved(path, f"The model was saved as “{path.name}”.")

    @Slot(object)
    def _on_exported(self, path: Path) -> None:
        self._messages.show_saved(path)


def _file_name(name: str) -> str:
    """Return a name without signs that a disk or a dialog takes for something else."""
    return re.sub(r'[<>:"/\\|?*\x00-\x1f]', "-", name).strip(" .") or "curves"


def _export(runs: Sequence[tuple[str, Path]], path: Path) -> None:
    from model.runs.run_export import export_csv, save_curves
    from model.runs.runs import Run

    opened = [(name, Run.open(folder)) for name, folder in runs]
    if path.suffix.lower() == ".csv":
        export_csv(opened[0][1], path)
    else:
        save_curves([(name, run.rows()) for name, run in opened], path)


def _export_table(rows: Sequence[Sequence[object]], path: Path) -> None:
    from model.runs.epoch_rows import write_table

    write_table(rows, path)
