"""Where files of the application lie on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

NAME = "cae-studio"


def data_folder() -> Path:
    """Return the folder of what must not be lost: runs and photos; $CAE_STUDIO_DATA moves it."""
    moved = os.environ.get("CAE_STUDIO_DATA")
    return Path(moved) if moved else platformdirs.user_data_path(NAME, appauthor=False)


def cache_folder() -> Path:
    """Return the folder of what can be made again; $CAE_STUDIO_CACHE moves it."""
    moved = os.environ.get("CAE_STUDIO_CACHE")
    return Path(moved) if moved else platformdirs.user_cache_path(NAME, appauthor=False)


def log_folder() -> Path:
    """Return the folder of the log files; $CAE_STUDIO_LOG moves it."""
    moved = os.environ.get("CAE_STUDIO_LOG")
    return Path(moved) if moved else platformdirs.user_log_path(NAME, appauthor=False)
