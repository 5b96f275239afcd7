"""Where files of the application lie on this machine.

A container or a service may run as a user without a name or a home, or with one that can't be
written. What has no other place then lies in the system's temporary folder.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import platformdirs

NAME = "cae-studio"


class NoPlaceError(OSError):
    """There is no folder to write to; the message says what to set."""


def shipped(name: str) -> Path:
    """Return a file that ships with the application.

    By its place, not by ``importlib.resources``: that would find a ``resources.py`` of the
    person's working folder first.
    """
    return Path(__file__).resolve().parents[2] / "resources" / name


def data_folder() -> Path:
    """Return the folder of what must not be lost: runs and photos; $CAE_STUDIO_DATA moves it.

    Raises:
        NoPlaceError: neither the home nor a temporary folder can be written; as the others here.
    """
    return _moved("DATA") or _usable("data", platformdirs.user_data_path)


def cache_folder() -> Path:
    """Return the folder of what can be made again; $CAE_STUDIO_CACHE moves it."""
    return _moved("CACHE") or _usable("cache", platformdirs.user_cache_path)


def log_folder() -> Path:
    """Return the folder of the log files; $CAE_STUDIO_LOG moves it."""
    return _moved("LOG") or _usable("log", platformdirs.user_log_path)


def word_of_temporary() -> str:
    """Return the sentence that runs and photos are in a temporary folder, or ""."""
    folder = data_folder()
    if _moved("DATA") or _writable("data", platformdirs.user_data_path):
        return ""
    return (
        f"There is no home folder that can be written, so runs and photos are kept in “{folder}”, "
        "which the system may empty. Set CAE_STUDIO_DATA to a folder that lasts."
    )


def home() -> Path | None:
    """Return the user's home; None for one who has none."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def expanded(path: str | Path) -> Path:
    """Return a path with the home in place of ~, or as it is for a person without one."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  # Path.expanduser raises without a home


@cache
def find_places() -> None:
    """Make sure that there is a folder for everything, for the libraries as well.

    Where this user has no name and no home, they would fail.

    Raises:
        NoPlaceError: there is none.
    """
    for find in (data_folder, cache_folder, log_folder):
        find()
    if _writable("config", platformdirs.user_config_path) is None:
        os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))
    if not _has_name():
        os.environ.setdefault("LOGNAME", NAME)


def _has_name() -> bool:
    import getpass

    try:
        return bool(getpass.getuser())
    except (OSError, KeyError, ImportError):  # until Python 3.13 whichever the system raised
        return False


def _moved(name: str) -> Path | None:
    folder = os.environ.get(f"CAE_STUDIO_{name}")
    return Path(folder) if folder else None


def _usable(kind: str, usual: Callable[..., Path]) -> Path:
    return _writable(kind, usual) or _temporary() / kind


@cache
def _writable(_kind: str, usual: Callable[..., Path]) -> Path | None:
    """Return the usual folder of a kind; None where it isn't known or can't be written."""
    try:
        folder = usual(NAME, appauthor=False)
    except (RuntimeError, OSError, KeyError):  # there is no home
        return None
    there = next((path for path in (folder, *folder.parents) if _exists(path)), None)
    if not folder.is_absolute() or there is None or not there.is_dir():
        return None
    return folder if os.access(there, os.W_OK | os.X_OK) else None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder above it can't be entered
        return False


@cache
def _temporary() -> Path:
    """Return a folder of this user's own among those of all, made if it isn't there.

    Raises:
        NoPlaceError: there is none.
    """
    try:
        user = os.getuid() if hasattr(os, "getuid") else "own"
        folder = Path(tempfile.gettempdir()) / f"{NAME}-{user}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or not _is_mine(folder):
            folder = Path(tempfile.mkdtemp(prefix=f"{NAME}-"))  # that one is another user's
    except OSError as error:
        raise NoPlaceError(
            "There is no folder that can be written, not even a temporary one. Set "
            "CAE_STUDIO_DATA, CAE_STUDIO_CACHE and CAE_STUDIO_LOG to folders that can."
        ) from error
    return folder


def _is_mine(folder: Path) -> bool:
    mine = not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
    return mine and os.access(folder, os.W_OK | os.X_OK)
