"""Child processes of a bundle, which has no Python to start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from model.data.picture_worker import READY
from model.system.child import killed_at_end, start_module

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a command line like a bundle's; this process is the window's program in it."""
    program = tmp_path / "cae"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from model.system.child import run_module_if_asked\n"
        "run_module_if_asked()\n"
        "print('the command line')\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "cae-studio"))
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for the program")
def test_the_command_line_runs_the_module(bundle: Path) -> None:
    with killed_at_end(start_module("model.data.picture_worker")) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == READY


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for the program")
def test_otherwise_it_is_the_command_line(bundle: Path) -> None:
    done = subprocess.run([bundle / "cae", "self-test"], capture_output=True, text=True)
    assert done.stdout == "the command line\n"
