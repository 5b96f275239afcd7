"""What importing the application does; in another process, since this one has imported it all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def output_of(code: str) -> str:
    names = ("OPENBLAS_NUM_THREADS", "OMP_WAIT_POLICY")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_window_imports_nothing_heavy() -> None:
    heavy = ("torch", "matplotlib", "sklearn", "skimage", "scipy")
    code = f"import sys, cae_gui.app; print([name for name in {heavy} if name in sys.modules])"
    assert output_of(code) == "[]"


def test_numpys_blas_leaves_the_cores_to_the_training() -> None:
    code = (
        "import cae_gui.app, threadpoolctl; "
        "print({pool['num_threads'] for pool in threadpoolctl.threadpool_info() "
        "if pool['internal_api'] == 'openblas'} or {1})"
    )
    assert output_of(code) == "{1}"
