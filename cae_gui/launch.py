"""The start of the window: before anything heavy is imported, and where it can't be."""

from __future__ import annotations

import sys

from model.system.processor import why_not
from model.system.signals import end_at_once
from model.system.streams import fill_streams


def main() -> int:
    """Open the window, or say in one sentence why that can't be."""
    fill_streams()
    end_at_once()  # the window takes over when it is built
    if too_old := why_not():
        print(too_old, file=sys.stderr)
        return 1
    try:
        from cae_gui.app import run
    except ModuleNotFoundError as error:
        print(
            f"CAE Studio needs “{error.name}”, which isn't installed here. In a clone run: "
            f"{sys.executable} -m pip install -c constraints.txt .",
            file=sys.stderr,
        )
        return 1
    except ImportError as error:
        print(
            f"CAE Studio can't start: a system library is missing ({error}). "
            "The README names the packages to install.",
            file=sys.stderr,
        )
        return 1
    return run()
