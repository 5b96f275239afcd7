"""The dialogs: each function asks one thing and returns the answer. Tests replace them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

PHOTOS = (
    "Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff *.avif *.heic);;All files (*)"
)

MOST_NAMED = 8
"""Runs that a question lists by name."""


def ask_open(parent: QWidget, title: str, folder: Path, formats: str) -> Path | None:
    """Ask for one existing file."""
    name, _ = QFileDialog.getOpenFileName(parent, title, str(folder), formats)
    return Path(name) if name else None


def ask_photos(parent: QWidget, folder: Path) -> list[Path]:
    """Ask for any number of photos."""
    names, _ = QFileDialog.getOpenFileNames(parent, "Add photos", str(folder), PHOTOS)
    return [Path(name) for name in names]


def ask_folder(parent: QWidget, folder: Path) -> Path | None:
    """Ask for a folder of images."""
    name = QFileDialog.getExistingDirectory(parent, "Choose a folder of faces", str(folder))
    return Path(name) if name else None


def ask_run_folder(parent: QWidget, folder: Path) -> Path | None:
    """Ask for the folder of a run."""
    name = QFileDialog.getExistingDirectory(parent, "Choose the folder of a run", str(folder))
    return Path(name) if name else None


def ask_place(parent: QWidget, title: str, folder: Path) -> Path | None:
    """Ask for a folder in which another one is to be made."""
    name = QFileDialog.getExistingDirectory(parent, title, str(folder))
    return Path(name) if name else None


def ask_save(parent: QWidget, title: str, proposal: Path, formats: str) -> Path | None:
    """Ask where to save; a name without a suffix gets that of the format chosen."""
    name, chosen = QFileDialog.getSaveFileName(parent, title, str(proposal), formats)
    if not name:
        return None
    path = Path(name)
    if path.suffix.lower() in re.findall(r"\*(\.\w+)", formats):
        return path
    # Appended, not replaced: “my.face” is a name, not a format.
    suffix = re.findall(r"\*(\.\w+)", chosen or formats)[0]
    return path.with_name(path.name + suffix)


def ask_quit(parent: QWidget) -> bool:
    """Ask whether to quit while a training is under way."""
    return _confirm(
        parent,
        "Quit CAE Studio",
        "A training is under way. It is stopped and kept; you can go on with it next time.",
        "&Quit",
        loses=False,
    )


def ask_discard(parent: QWidget) -> bool:
    """Ask whether to stop the training and delete its run."""
    text = "The training is stopped and all that it has learned is deleted."
    return _confirm(parent, "Discard the training", text, "&Discard")


def ask_remove(parent: QWidget, count: int) -> bool:
    """Ask whether to remove so many photos."""
    text = f"{count} photos are removed. This can't be undone; the files they came from stay."
    return _confirm(parent, "Remove photos", text, "&Remove")


def ask_delete(parent: QWidget, runs: Sequence[str]) -> bool:
    """Ask whether to delete these runs, each described by a line."""
    what = "The run is" if len(runs) == 1 else f"{len(runs)} runs are"
    text = f"{what} deleted with all that was learned. This can't be undone."
    named = "\n".join([*runs[:MOST_NAMED], *(["…"] if runs[MOST_NAMED:] else [])])
    return _confirm(parent, "Delete runs", text, "&Delete", details=named)


def _confirm(
    parent: QWidget, title: str, text: str, answer: str, *, details: str = "", loses: bool = True
) -> bool:
    """Ask for an answer other than Cancel, which is the default where something is lost."""
    icon = QMessageBox.Icon.Warning if loses else QMessageBox.Icon.Question
    box = QMessageBox(icon, title, text, QMessageBox.StandardButton.Cancel, parent)
    box.setInformativeText(details)
    roles = QMessageBox.ButtonRole
    button = box.addButton(answer, roles.DestructiveRole if loses else roles.AcceptRole)
    if loses:
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    else:
        box.setDefaultButton(button)
    box.exec()
    return box.clickedButton() is button
