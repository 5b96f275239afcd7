"""The engine without a window: ``python -m model --help``."""

from __future__ import annotations

import sys
from pathlib import Path


def _leave_out_working_folder() -> None:
    """Keep the working folder's files from being imported instead of ours or a library's.

    ``python -m`` looks into the working folder first, unless it is started with ``-P``.
    """
    here = Path.cwd()
    if here != Path(__file__).resolve().parents[1]:
        sys.path[:] = [place for place in sys.path if place and Path(place) != here]


if __name__ == "__main__":
    if not sys.flags.safe_path:
        _leave_out_working_folder()
    from model.cli import main

    sys.exit(main())
