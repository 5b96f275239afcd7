"""Programs that were started without standard input, output or errors."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import ROOT, WINDOW

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")


def run_without(closed: str, *command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.join([sys.executable, *command])
    return subprocess.run(
        ["/bin/sh", "-c", f"exec {words} {closed}"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_the_command_line_works_without_its_streams(closed: str, tmp_path: Path) -> None:
    for command, code in (("faces demo", 0), ("runs list", 0), ("runs show nothing", 3)):
        done = run_without(closed, "-m", "model", *command.split(), folder=tmp_path)
        assert done.returncode == code
        assert "Traceback" not in done.stdout + done.stderr


def test_a_training_without_streams_is_kept(tmp_path: Path) -> None:
    settings = ["--epochs", "1", "--latent-dim", "4", "--batch-size", "400"]
    settings += ["--runs-folder", "runs"]
    done = run_without("<&- >&- 2>&-", "-m", "model", "train", *settings, folder=tmp_path)
    assert done.returncode == 0
    (run,) = (tmp_path / "runs").iterdir()
    assert (run / "best.safetensors").exists()


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_the_window_works_without_its_streams(closed: str, tmp_path: Path) -> None:
    done = run_without(closed, "-c", WINDOW, folder=tmp_path)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_a_program_of_windows_without_a_console_has_streams() -> None:
    code = (
        "import sys; sys.stdin = sys.stdout = sys.stderr = None; "
        "from model.cli import main; sys.exit(main(['faces', 'demo']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=120)
    assert done.returncode == 0
