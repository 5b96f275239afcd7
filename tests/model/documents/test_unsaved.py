from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from model.documents.session_file import ExploreSession, load_session
from model.documents.unsaved import Claim, UnsavedFile, claim_orphans, unsaved_folder
from model.io.files import replacing


def files() -> list[Path]:
    return sorted(unsaved_folder().iterdir())


def test_nobody_takes_what_a_living_window_holds() -> None:
    mine = UnsavedFile()
    mine.write(ExploreSession("digest", "first"))
    mine.write(ExploreSession("digest", "second"))
    (path,) = [path for path in files() if path.suffix != ".lock"]
    assert load_session(path).title == "second"
    assert claim_orphans() == []
    with pytest.raises(BlockingIOError):
        Claim(path)
    mine.drop()
    assert files() == []


def test_what_is_released_waits_for_the_next_one() -> None:
    unsaved_folder().mkdir(parents=True)
    path = unsaved_folder() / "a.cae-session"
    path.write_bytes(b"work")
    (orphan,) = claim_orphans()
    orphan.release()
    (orphan,) = claim_orphans()
    assert orphan.path == path
    orphan.drop()
    assert files() == []


def test_what_a_killed_process_leaves_is_found_newest_first_and_once() -> None:
    code = (
        "import os\nfrom model.documents.session_file import ExploreSession\n"
        "from model.documents.unsaved import *\n"
        "windows = [UnsavedFile(), UnsavedFile()]\n"
        "for time, window in enumerate(windows, 1):\n"
        "    window.write(ExploreSession(f'window {time}'))\n"
        "    (path,) = unsaved_folder().glob('[!w]*.cae-session')\n"
        "    os.utime(path, (time, time)); path.rename(path.with_name(f'w{time}.cae-session'))\n"
        "os.kill(os.getpid(), 9)"
    )
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=root, check=False)
    orphans = claim_orphans()
    assert [load_session(orphan.path).model for orphan in orphans] == ["window 2", "window 1"]
    assert claim_orphans() == []
    for orphan in orphans:
        orphan.drop()


def test_what_is_being_written_is_nobodys_work() -> None:
    unsaved_folder().mkdir(parents=True)
    with replacing(unsaved_folder() / "a.cae-session") as temporary:
        assert files() == [temporary]
        assert claim_orphans() == []


def test_no_folder_means_no_orphans() -> None:
    assert claim_orphans() == []
    assert not unsaved_folder().exists()
