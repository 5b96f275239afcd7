from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import qWarning

from cae_gui.core import log as log_module
from cae_gui.core.errors import explain
from cae_gui.core.log import Log, discreet, note_start

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


def text_of(folder: Path, name: str = "cae-studio.log") -> str:
    return (folder / name).read_text("utf-8")


def test_it_holds_what_ran_and_what_went_wrong(folder: Path) -> None:
    with Log():
        note_start("1.2.3")
        try:
            raise KeyError("weights")
        except KeyError as error:
            explain(error)
    text = text_of(folder)
    assert "CAE Studio 1.2.3, Python 3" in text
    assert "numpy " in text
    assert "Something unexpected went wrong" in text
    assert "Traceback" in text
    assert "test_log.py" in text


@pytest.mark.qt_no_exception_capture
@pytest.mark.qt_log_ignore("the plugin says so")
def test_qts_messages_are_in_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Log():
        qWarning("the plugin says so")
    assert "WARNING Qt: the plugin says so" in text_of(folder)
    assert "the plugin says so" in capsys.readouterr().err


def test_after_it_nothing_is_written(folder: Path) -> None:
    with Log():
        note_start("1")
    before = text_of(folder)
    logging.getLogger("cae_gui.other").error("too late")
    assert text_of(folder) == before
    assert [path.name for path in folder.iterdir()] == ["cae-studio.log"]


def test_two_windows_write_two_files(folder: Path) -> None:
    with Log(), Log():
        pass
    code = (
        "import logging, sys; from cae_gui.core.log import Log\n"
        "with Log():\n"
        "    logging.getLogger('cae_gui').error('from the other one')\n"
    )
    with Log():
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ, check=True)
        logging.getLogger("cae_gui").error("from this one")
    assert "from this one" in text_of(folder)
    assert "from the other one" in text_of(folder, "cae-studio-2.log")


def test_the_file_of_a_window_that_was_killed_is_taken_again(folder: Path) -> None:
    code = (
        "import os, signal; from cae_gui.core.log import Log\n"
        "log = Log(); log.__enter__()\n"
        "os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ)
    assert (folder / "cae-studio.log.lock").exists()
    with Log():
        logging.getLogger("cae_gui").error("after the kill")
    assert "after the kill" in text_of(folder)


def test_it_rotates(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "_MOST_BYTES", 2000)
    with Log():
        for number in range(200):
            logging.getLogger("cae_gui").error("line %d of many", number)
    files = sorted(path.name for path in folder.iterdir())
    assert files == ["cae-studio.log", "cae-studio.log.1", "cae-studio.log.2"]
    assert all(path.stat().st_size <= 2000 for path in folder.iterdir())
    assert "line 199" in text_of(folder)


def a_file_there(folder: Path) -> None:
    folder.write_text("no folder")


def a_folder_in_place_of_the_file(folder: Path) -> None:
    (folder / "cae-studio.log").mkdir(parents=True)


@pytest.mark.parametrize("spoil", [a_file_there, a_folder_in_place_of_the_file])
def test_what_cannot_be_written_is_left(
    spoil: Callable[[Path], None], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(folder)
    with Log():
        logging.getLogger("cae_gui").error("lost")
    assert "Logging error" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“/media/usb/Anna/beach.jpg” can't be read.", "“…/beach.jpg” can't be read."),
        ("No such file: '/media/usb/Anna/beach.jpg'", "No such file: '…/beach.jpg'"),
        (r"[WinError 2] 'C:\\Users\\Anna\\beach.jpg'", "[WinError 2] '…/beach.jpg'"),
        ("“beach.jpg” holds no picture.", "“beach.jpg” holds no picture."),
        ('  File "/usr/lib/model/photo.py", line 3', '  File "/usr/lib/model/photo.py", line 3'),
        ("'a' and 'b/c' stay", "'a' and 'b/c' stay"),
    ],
)
def test_folders_of_the_person_are_left_out(text: str, expected: str) -> None:
    assert discreet(text) == expected


def test_the_home_folder_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/anna"))
    assert discreet('File "/home/anna/app/x.py", line 3') == 'File "~/app/x.py", line 3'
