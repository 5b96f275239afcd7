"""The dialogs: each function asks one thing and returns the answer. Tests replace them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from cae_gui.widgets.controls import as_tip

ALL = "All files (*)"

MOST_NAMED = 8
"""Runs that a question lists by name."""


def filter_of(title: str, suffixes: Iterable[str]) -> str:
    """Return a dialog's filter for files with these suffixes, in small and in capital letters."""
    both = (f"*{suffix} *{suffix.upper()}" for suffix in suffixes)
    return f"{title} ({' '.join(both)})"


def photo_filters() -> str:
    """Return the filters of a dialog for photos: all that the reader takes."""
    from model.photos.faces import picture_suffixes  # imports Pillow's plugins

    return f"{filter_of('Pictures', sorted(picture_suffixes()))};;{ALL}"


def ask_open(parent: QWidget, title: str, folder: Path, formats: str) -> Path | None:
    """Ask for one existing file."""
    name, _ = QFileDialog.getOpenFileName(parent, title, str(folder), formats)
    return Path(name) if name else None


def ask_photos(parent: QWidget, folder: Path) -> list[Path]:
    """Ask for any number of photos."""
    brief = QFileDialog.Option.HideNameFilterDetails  # or dozens of suffixes fill the line
    asked = "Add photos", str(folder), photo_filters(), "", brief
    names, _ = QFileDialog.getOpenFileNames(parent, *asked)
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
    """Ask where to save; the name gets the suffix of the format chosen.

    Where that makes it the name of a file that is there, which the dialog couldn't see, replacing
    it is asked about, and with the answer no the dialog comes again.
    """
    while True:
        start = _filter_of(proposal.name, formats)
        name, chosen = QFileDialog.getSaveFileName(parent, title, str(proposal), formats, start)
        if not name:
            return None
        path = with_suffix_of(Path(name), chosen, start, formats)
        if path == Path(name) or not os.path.lexists(path) or ask_replace(parent, path.name):
            return path
        proposal = path


def with_suffix_of(path: Path, chosen: str, start: str, formats: str) -> Path:
    """Return the path with the suffix of the chosen filter of a dialog.

    The suffix of another format is taken as a choice where the filter is still the one that the
    dialog started with, and is replaced otherwise: desktops' dialogs leave the name as it is.
    """
    is_unchanged = not chosen or chosen == start
    known = suffixes_in(formats)
    own = known if is_unchanged else suffixes_in(chosen)
    if _suffix_of(path.name, own):
        return path
    name, suffix = path.name, (suffixes_in(chosen or start) or known)[0]
    other = _suffix_of(name, known)
    stem = name[: len(name) - len(other)] if other else name.removesuffix(".")
    # Appended, not replaced: “my.face” is a name, not a format.
    return path.with_name(stem + suffix)


def suffixes_in(formats: str) -> list[str]:
    """Return the suffixes that a dialog's filters name, such as “.png” and “.cae-session”."""
    groups = re.findall(r"\(([^()]*\*[^()]*)\)", formats)
    patterns = " ".join(groups).split()
    return [pattern.removeprefix("*") for pattern in patterns if pattern.startswith("*.")]


def _filter_of(name: str, formats: str) -> str:
    """Return the filter whose suffix the name has, or the first."""
    filters = formats.split(";;")
    return next((one for one in filters if _suffix_of(name, suffixes_in(one))), filters[0])


def _suffix_of(name: str, suffixes: Sequence[str]) -> str:
    """Return the longest of these suffixes that the name ends with, or nothing."""
    ending = [
        one for one in suffixes if name.lower().endswith(one.lower()) and len(name) > len(one)
    ]
    return max(ending, key=len, default="")


def ask_replace(parent: QWidget, name: str) -> bool:
    """Ask whether to replace a file that is there."""
    text = f"“{name}” is there already. Its content is lost when it is replaced."
    return _confirm(parent, "Replace the file", text, "&Replace")


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
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(as_tip(details))
    roles = QMessageBox.ButtonRole
    button = box.addButton(answer, roles.DestructiveRole if loses else roles.AcceptRole)
    if loses:
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    else:
        box.setDefaultButton(button)
    box.exec()
    return box.clickedButton() is button
