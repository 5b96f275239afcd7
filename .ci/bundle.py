"""What both programs of a bundle start with; its name says which one it is."""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path

from model.system.child import run_module_if_asked

if __name__ == "__main__":
    multiprocessing.freeze_support()
    # The bundle's libraries are for itself, not for the browser or file manager that it opens.
    for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
        original = os.environ.pop(f"{name}_ORIG", None)
        if original is not None:
            os.environ[name] = original
        else:
            os.environ.pop(name, None)
    run_module_if_asked()
    if Path(sys.executable).stem == "cae":
        from model.cli import main
    else:
        from cae_gui.launch import main
    sys.exit(main())
