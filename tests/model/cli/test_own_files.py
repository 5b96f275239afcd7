"""Files of the person's in the working folder don't stand in for parts of the program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]


def run_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("name", ["resources", "torch", "PIL", "platformdirs", "random", "cae_gui"])
def test_a_module_of_ones_own_is_left_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text("raise SystemExit('the person\\'s own file ran')")
    Image.new("RGB", (48, 48), "red").save(tmp_path / "a.png")
    words = "-m model reconstruct shipped a.png -o b.png"
    done = run_in(tmp_path, *words.split())
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "b.png").exists()


def test_what_ships_is_found_from_a_program_beside_an_own_resources(tmp_path: Path) -> None:
    (tmp_path / "resources.py").write_text("raise SystemExit('the person\\'s own file ran')")
    code = "import model; print(len(model.load_faces('demo').images), model.pretrained() is None)"
    done = run_in(tmp_path, "-c", code)
    assert done.stdout.split() == ["1000", "False"], done.stderr


def test_with_safe_paths_a_model_of_ones_own_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("raise SystemExit('the person\\'s own file ran')")
    done = run_in(tmp_path, "-P", "-m", "model", "--help")
    assert done.returncode == 0
    assert "usage: python -m model" in done.stdout
