"""What importing the application does; in another process, since this one has imported it all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cae_gui.app import NO_DISPLAY

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


def refused(code: str, **variables: str) -> str:
    """Return what a start that must fail says on its standard errors."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "DISPLAY"} | variables,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_a_processor_that_is_too_old_is_told_in_a_sentence() -> None:
    code = (
        "import sys\n"
        "from cae_gui import launch\n"
        "launch.why_not = lambda: 'It is too old.'\n"
        "code = launch.main()\n"
        "sys.exit(code if 'numpy' not in sys.modules else 2)\n"
    )
    assert refused(code) == "It is too old.\n"


def test_a_library_that_is_missing_is_told_in_a_sentence() -> None:
    code = "import sys; sys.modules['PySide6'] = None; from cae_gui import launch; "
    assert "needs “PySide6" in refused(f"{code} sys.exit(launch.main())")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is a display")
@pytest.mark.parametrize("display", ["", ":1234"])
def test_a_missing_display_is_told_in_a_sentence(display: str) -> None:
    code = "import sys; sys.argv[1:] = []; from cae_gui import launch; sys.exit(launch.main())"
    assert refused(code, QT_QPA_PLATFORM="xcb", DISPLAY=display) == f"{NO_DISPLAY}\n"


BROKEN_WINDOWS = {
    "studio": "Studio._connect = broken",
    "page": "MainWindow._make_morph = broken",
    "last": "MainWindow._restore = broken",
    "start": "MainWindow.start = broken",
}


@pytest.mark.parametrize("part", BROKEN_WINDOWS)
def test_a_window_that_cannot_be_built_is_told_in_a_sentence(part: str, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from cae_gui import app\n"
        "from cae_gui.main_window import MainWindow\n"
        "from cae_gui.studio import Studio\n"
        "def broken(self): raise OSError('There is no icon.')\n"
        f"{BROKEN_WINDOWS[part]}\n"
        "sys.exit(app.run([]))\n"
    )
    said = refused(code, CAE_STUDIO_LOG=str(tmp_path))
    assert said.splitlines()[-1] == (  # before it the offscreen platform may tell what it can't do
        "CAE Studio can't open its window (OSError: There is no icon.). "
        f"The details are in the log, in “{tmp_path}”."
    )
    assert "Traceback" not in said
    assert "Traceback" in (tmp_path / "cae-studio.log").read_text(encoding="utf-8")


def test_a_window_that_cannot_be_built_fails_the_self_test() -> None:
    code = (
        "import sys\n"
        "from cae_gui import app, self_test\n"
        "self_test.self_test = lambda: iter(())\n"
        "class Broken(self_test.MainWindow):\n"
        "    def _control(self): raise OSError('There is no icon.')\n"
        "self_test.MainWindow = Broken\n"
        "sys.exit(app.run(['--self-test']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "FAILED  Window: OSError: There is no icon." in done.stdout
    assert done.stdout.splitlines()[-1] == "Not everything works here: Window."
