"""What a person calls a run: its name, notes and tags, in ``labels.json`` of the run's folder.

They stand apart from ``run.json``, which the process that trains holds locked, and can be changed
while a run is trained, also by another program. A folder may come from an untrusted source:
everything that is read is checked and cut to its limits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from model.io.files import read_bytes, readable, write_bytes

MAX_NAME, MAX_NOTES, MAX_TAG, MAX_TAGS = 80, 10_000, 40, 20
"""Most characters of a name, of the notes and of a tag, and most tags of a run."""
_MAX_BYTES = 200_000


class RunLabels(NamedTuple):
    """A run's name and notes ("" for none) and its tags, sorted, each once."""

    name: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()


def labels(name: str = "", notes: str = "", tags: Iterable[str] = ()) -> RunLabels:
    """Return labels without surrounding spaces and cut to their limits.

    A name and a tag are one line; a comma in a tag, which separates tags, becomes a space.
    """
    lines = (_line(tag.replace(",", " "), MAX_TAG) for tag in tags)
    kept = sorted({tag for tag in lines if tag}, key=lambda tag: (tag.casefold(), tag))
    return RunLabels(
        _line(name, MAX_NAME), readable(notes.strip())[:MAX_NOTES], tuple(kept[:MAX_TAGS])
    )


def read_labels(folder: Path) -> RunLabels:
    """Return the labels in a run's folder; what is missing or can't be read counts as empty."""
    try:
        found = json.loads(read_bytes(folder / "labels.json", _MAX_BYTES))
        return labels(str(found["name"]), str(found["notes"]), [str(tag) for tag in found["tags"]])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return RunLabels()


def write_labels(folder: Path, new: RunLabels) -> None:
    """Replace the labels of a run in one step.

    Raises:
        OSError: the folder is gone or can't be written; the earlier labels are kept.
    """
    content = labels(*new)._asdict()
    write_bytes(folder / "labels.json", json.dumps(content, ensure_ascii=False, indent=1).encode())


def _line(text: str, most: int) -> str:
    return " ".join(readable(text).split())[:most].strip()
