"""Unsaved work: one file for each window, under a lock that ends with its process."""

from __future__ import annotations

import uuid
from contextlib import ExitStack, suppress
from pathlib import Path

from model.documents.session_file import SUFFIX, ExploreSession, save_session
from model.io.files import only_one
from model.io.places import data_folder


def unsaved_folder() -> Path:
    """Return the folder of unsaved work."""
    return data_folder() / "unsaved"


def last_session() -> Path:
    """Return the path of the work that was open when the last window was closed."""
    return data_folder() / f"last{SUFFIX}"


class Claim:
    """A file of unsaved work that is this process's own for as long as it is held.

    Where the folder can't be locked, nothing is protected and nothing fails.

    Raises:
        BlockingIOError: another window holds it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.changed = path.stat().st_mtime if path.exists() else 0.0
        """When it was written last, before it was claimed; in seconds since 1970."""
        self._lock = ExitStack()
        self._lock.enter_context(only_one(path.with_suffix(".lock")))

    def release(self) -> None:
        """Release the file, which another window may claim."""
        self._lock.close()

    def drop(self) -> None:
        """Delete the file and release it."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        self.release()


class UnsavedFile:
    """The unsaved work of one window, in a file that comes with the first work to keep."""

    def __init__(self) -> None:
        self._claim: Claim | None = None

    def write(self, session: ExploreSession) -> None:
        """Replace what is kept.

        Raises:
            OSError: it can't be written.
        """
        if self._claim is None:
            folder = unsaved_folder()
            folder.mkdir(parents=True, exist_ok=True)
            self._claim = Claim(folder / f"{uuid.uuid4().hex}{SUFFIX}")
        save_session(self._claim.path, session)

    def drop(self) -> None:
        """Delete the file: the work was saved or discarded."""
        if self._claim is not None:
            self._claim.drop()
            self._claim = None


def claim_orphans() -> list[Claim]:
    """Claim the work of windows that died, the newest first."""
    found: list[Claim] = []
    with suppress(OSError):
        for path in unsaved_folder().glob(f"[!.]*{SUFFIX}"):
            with suppress(OSError):  # another window holds it, or it has just gone
                claim = Claim(path)
                if path.exists():
                    found.append(claim)
                else:
                    claim.release()
    return sorted(found, key=lambda claim: -claim.changed)
