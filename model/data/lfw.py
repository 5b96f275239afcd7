"""Labeled Faces in the Wild, read by scikit-learn in a child process."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import IO

from model.data.face_cache import CacheEntry, digest
from model.face_set import DataError, FaceSet, Prepared
from model.io.places import expanded
from model.progress import Pace, WorkProgress
from model.system.child import killed_at_end, message_of, start_module
from model.system.threads import poll

TITLE = "LFW"
PEOPLE, FACES = 5749, 13_233
"""Numbers of people and faces in the complete data set."""
ADDRESS = "https://ndownloader.figshare.com/files/5976015"
"""Where its archive can be downloaded with a browser."""
ARCHIVE = "lfw-funneled.tgz"


class LfwMissingError(DataError):
    """The LFW data set isn't on this machine, or not all of it."""


def default_data_home() -> Path:
    """Return scikit-learn's data folder: ``SCIKIT_LEARN_DATA`` or ``~/scikit_learn_data``."""
    return expanded(os.environ.get("SCIKIT_LEARN_DATA") or "~/scikit_learn_data")


def data_home_in(folder: Path) -> Path | None:
    """Return the data home if the folder is one, its ``lfw_home`` or its ``lfw_funneled``."""
    for home in (folder, *folder.parents[:2]):
        funneled = home / "lfw_home" / "lfw_funneled"
        if folder in (home, funneled.parent, funneled) and funneled.is_dir():
            return home
    return None


def prepare_lfw(
    root: Path, data_home: Path | None = None
) -> Generator[WorkProgress | Prepared, None, None]:
    """Yield progress, and as the last item LFW's faces in the order of scikit-learn.

    Raises:
        LfwMissingError: the data set isn't below the data home.
        DataError: scikit-learn can't read it; its own words are in ``details``.
    """
    home = (data_home or default_data_home()).absolute()
    entry = CacheEntry(root, f"lfw-{digest(str(home))}", _fingerprint(home))
    prepared = entry.load()
    if prepared is None:
        prepared = yield from _build(entry, home)
    yield replace(prepared, skipped=(*prepared.skipped, *_missing(prepared.faces)))


def _missing(faces: FaceSet) -> tuple[str, ...]:
    """Say in a sentence how much of LFW isn't there; such a copy can be used all the same."""
    people, count = len(set(faces.names)), len(faces.images)
    if people >= PEOPLE and count >= FACES:
        return ()
    return (
        f"LFW isn't complete on this machine: {people:,} of {PEOPLE:,} people, {count:,} of "
        f"{FACES:,} faces. The whole is at {ADDRESS}.",
    )


def how_by_hand(home: Path) -> str:
    """Return the sentence that says how to get LFW without this program."""
    return (
        f"By hand: get {ADDRESS} and put it as “{ARCHIVE}” into “{home / 'lfw_home'}”, then choose "
        "LFW again."
    )


def _fingerprint(home: Path) -> dict[str, str | int]:
    """Return what changes with the data set, in 3 ms; reading all folders could take seconds."""
    lfw_home = home / "lfw_home"
    funneled = lfw_home / "lfw_funneled"
    if not funneled.exists():
        raise LfwMissingError(
            f"LFW isn't on this machine: “{lfw_home}” has no {funneled.name}.", how_by_hand(home)
        )
    entries = sum(1 for _ in funneled.iterdir())
    return {"home": str(home), "changed": funneled.stat().st_mtime_ns, "entries": entries}


def _build(entry: CacheEntry, home: Path) -> Generator[WorkProgress, None, Prepared]:
    again = "The prepared faces were damaged. Preparing them again"
    start = again if entry.is_damaged() else "Starting scikit-learn"
    yield WorkProgress(start)
    with entry.building() as draft:
        names = yield from _run_worker(home, draft / "images.npy", start)
        return entry.commit(draft, TITLE, names)


def _run_worker(home: Path, output: Path, text: str) -> Generator[WorkProgress, None, list[str]]:
    pace, now, names = Pace(), WorkProgress(text), None
    worker, paths = "model.data.lfw_worker", (str(home), str(output))
    with (
        tempfile.TemporaryFile() as errors,
        killed_at_end(start_module(worker, *paths, errors=errors)) as process,
    ):
        with closing(poll(process.stdout or ())) as lines:
            for line in lines:
                message = message_of(line)
                names = message.get("names", names)
                if "text" in message:
                    now = WorkProgress(message["text"], message["done"], message["total"])
                if pace.due():
                    yield now
        if process.wait() or names is None:
            raise _failure(process.returncode, errors)
    return list(names)


def _failure(code: int, errors: IO[bytes]) -> DataError:
    errors.seek(0)
    details = errors.read().decode("utf-8", "replace").strip()
    if code < 0:
        sentence = "The system ended the reading of LFW, perhaps because memory ran out."
        return DataError(sentence, details or f"signal {-code}")
    return DataError("scikit-learn can't read LFW.", details or f"exit code {code}")
