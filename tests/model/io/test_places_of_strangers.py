"""Users without a name, a home or a folder to write to; in processes of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs import ROOT, WINDOW

UNKNOWN = 54_321

# May read what is root's, as Python itself may be, but write nothing of others.
READS = "-all,+dac_read_search"
STRANGER = (
    *("setpriv", f"--reuid={UNKNOWN}", f"--regid={UNKNOWN}", "--clear-groups"),
    *(f"--inh-caps={READS}", f"--ambient-caps={READS}", f"--bounding-set={READS}"),
)


def _can_become_another() -> bool:
    if sys.platform != "linux" or os.getuid() or not shutil.which("setpriv"):
        return False
    return subprocess.run([*STRANGER, "true"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not _can_become_another(), reason="becomes another user")

FIGURE = """
from pathlib import Path
from model.plots.figures import CurveHistory, curves_figure
curves_figure(CurveHistory((1,), (0.2,), (0.3,), (0.01,)), Path("curves.png"))
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A working folder that every user may write; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    (folder / "closed").mkdir(mode=0o555)
    (folder / "tmp").mkdir()
    (folder / "tmp").chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def as_stranger(*command: str, place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python as a user whom the system doesn't know."""
    own = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "QT_QPA_PLATFORM": "offscreen",
        "OMP_NUM_THREADS": "1",
        "TMPDIR": str(place / "tmp"),
    }
    return subprocess.run(
        [*STRANGER, sys.executable, *command],
        cwd=place,
        env=own | environment,
        capture_output=True,
        text=True,
        timeout=200,
    )


@pytest.mark.parametrize("surroundings", ["no home", "closed home", "own folders"])
@pytest.mark.parametrize("what", ["train", "window", "figure"])
def test_it_works_in_a_temporary_folder(surroundings: str, what: str, place: Path) -> None:
    environment = {"HOME": str(place / "closed")} if surroundings == "closed home" else {}
    if surroundings == "own folders":
        names = ("DATA", "CACHE", "LOG")
        environment = {f"CAE_STUDIO_{name}": str(place / name) for name in names}
    train = ("-m", "model", "train", "--epochs", "1", "--latent-dim", "4", "--batch-size", "400")
    commands = {"train": train, "window": ("-c", WINDOW), "figure": ("-c", FIGURE)}
    done = as_stranger(*commands[what], place=place, **environment)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    if what == "figure":
        assert (place / "curves.png").exists()
        return
    is_told = "Set CAE_STUDIO_DATA" in done.stdout + done.stderr
    assert is_told is (surroundings != "own folders")
    temporary = place / "tmp" / f"cae-studio-{UNKNOWN}"
    if what == "train":
        data = place / "DATA" if surroundings == "own folders" else temporary / "data"
        assert list((data / "runs").iterdir())


def test_without_any_folder_a_sentence_says_what_to_set(place: Path) -> None:
    (place / "tmp").chmod(0o555)
    place.chmod(0o555)
    for command in (("-m", "model", "runs", "list"), ("-c", WINDOW)):
        closed = "import tempfile; tempfile._candidate_tempdir_list = lambda: ['/proc/none']; "
        code = "import runpy, sys; sys.argv = ['model', 'runs', 'list']; " + (
            "runpy.run_module('model', run_name='__main__')"
        )
        text = closed + (code if command[0] == "-m" else f"exec({WINDOW!r})")
        done = as_stranger("-c", text, place=place)
        assert done.returncode in (1, 5)
        assert "Set CAE_STUDIO_DATA" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_temporary_folder_of_another_user_is_left_alone(place: Path) -> None:
    taken = place / "tmp" / f"cae-studio-{UNKNOWN}"
    taken.mkdir()
    taken.chmod(0o777)
    code = "from model.io.places import data_folder; print(data_folder())"
    done = as_stranger("-c", code, place=place)
    assert taken not in Path(done.stdout.strip()).parents
