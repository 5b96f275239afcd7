"""What would happen to what is dragged over the window, in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QMimeData

from cae_gui.documents.files import dragged
from cae_gui.documents.kinds import holds_picture, kind_of
from model.io.files import is_folder, readable

MOST_LOOKED_INTO = 20
"""Files of one drag that are opened to see what they hold; more are taken for what these are."""
FROM_NETWORK = "This can't be opened: it is on the network. Copy the picture and paste it."
_VERBS = {
    "model": ("Open this model", "Open {} models"),
    "session": ("Open this session", "Open {} sessions"),
    "directions": ("Add to your directions", "Add {} files to your directions"),
    "folder": ("Show the faces in this folder", "Show the faces in {} folders"),
    "photo": ("Add this photo", "Add {} photos"),
}


class Outlook(NamedTuple):
    """What a drop would do; ``is_refused`` where that is nothing."""

    text: str
    is_refused: bool = False


def outlook(mime: QMimeData) -> Outlook:
    """Say what dropping this would do, without reading pictures."""
    paths, has_picture = dragged(mime)
    if paths:
        return _of_files(paths)
    return Outlook(_VERBS["photo"][0]) if has_picture else Outlook(FROM_NETWORK, True)


def _of_files(paths: Sequence[Path]) -> Outlook:
    looked = [_kind(path) for path in paths[:MOST_LOOKED_INTO]]
    refused = [path for path, kind in zip(paths, looked, strict=False) if not kind]
    texts = []
    for kind, (one, many) in _VERBS.items():
        count = looked.count(kind)
        if count and count == len(looked):
            count = len(paths)  # all that weren't looked into, too
        if count:
            texts.append(one if count == 1 else many.format(f"{count:,}"))
    if refused and not texts:
        name = f"“{readable(refused[0].name)}” is neither a picture nor a model"
        what = name if len(refused) == 1 else "they are neither pictures nor models"
        return Outlook(f"This can't be opened: {what}.", True)
    if refused:
        texts.append(f"{len(refused)} can't be opened")
    return Outlook("\n".join(texts))


def _kind(path: Path) -> str:
    """Return what to open a path as; "" where it can't be opened."""
    if is_folder(path):
        return "folder"
    kind = kind_of(path)
    return "" if kind == "photo" and not holds_picture(path) else kind
