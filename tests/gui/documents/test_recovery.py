from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cae_gui.documents.sessions import DISCARD, LATER, RESTORE
from cae_gui.main_window import MainWindow
from cae_gui.train.runs_page import CONTINUE, NOT_NOW
from model.checkpoint import pretrained_model, save_model
from model.documents.session_file import SUFFIX, load_session
from model.documents.unsaved import last_session, unsaved_folder
from model.events import Finished
from model.runs.runs import EpochRow, Run
from model.runs.writer import Writer
from tests.gui.conftest import LOADING_MS, SMALL, reported, wait_for_answers, wait_for_message

Open = Callable[[], MainWindow]


@pytest.fixture
def cut_off(faces_folder: Path) -> Run:
    """A run of which one epoch of three was done when its process died."""
    config = replace(SMALL, epochs=3)
    run = Run.create(config, faces_folder.name, source=str(faces_folder))
    run.append(EpochRow(1, 0.2, 0.1, 0.01, 0.005))
    beat = {"host": platform.node(), "process": 1, "time": 1_000_000.0}
    (run.folder / "running.json").write_text(json.dumps(beat))
    return run


def choose(window: MainWindow, text: str, qtbot: QtBot) -> None:
    buttons = window.messages.findChildren(QPushButton)
    button = next(item for item in buttons if item.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.usefixtures("quick_engine")
def test_it_goes_on_if_wanted(cut_off: Run, open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    wait_for_message(window, qtbot, "was cut off after 1 of 3 epochs")
    assert f"“{cut_off.faces}”" in window.messages.message()
    with reported(window.studio.training, Finished, qtbot):
        choose(window, CONTINUE, qtbot)
    assert [row.epoch for row in cut_off.rows()] == [1, 2, 3]
    assert window.tabs.currentWidget() is window.train


def test_it_is_offered_once(cut_off: Run, open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    wait_for_message(window, qtbot, "was cut off")
    choose(window, NOT_NOW, qtbot)
    assert window.messages.message() == ""
    qtbot.waitUntil(lambda: not cut_off.summary().was_cut_off, timeout=LOADING_MS)
    window.close()
    again = open_window()
    with qtbot.waitSignal(again.studio.runs.listed, timeout=LOADING_MS):
        again.studio.runs.refresh()
    assert again.messages.message() == ""
    assert again.studio.runs.find(cut_off.folder) is not None


@pytest.mark.parametrize("state", ["running", "finished", "stopped"])
def test_others_are_not_offered(state: str, cut_off: Run, open_window: Open, qtbot: QtBot) -> None:
    if state == "stopped":
        (cut_off.folder / "running.json").unlink()
    for epoch in (2, 3) if state == "finished" else ():
        cut_off.append(EpochRow(epoch, 0.2, 0.1, 0.01, 0.005))
    writer = Writer(cut_off.folder)
    if state == "running":
        writer.__enter__()
    window = open_window()
    with qtbot.waitSignal(window.studio.runs.listed, timeout=LOADING_MS):
        window.studio.runs.refresh()
    assert window.studio.runs.items
    assert window.messages.message() == ""
    if state == "running":
        writer.__exit__(None, None, None)


def edit(window: MainWindow, qtbot: QtBot) -> np.ndarray:
    """Move the face, keep a snapshot, and have it written as the timer does."""
    explorer = window.studio.explorer
    qtbot.waitUntil(lambda: explorer.face is not None, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: explorer.statistics is not None, timeout=LOADING_MS)
    explorer.move(0, 2.0)
    explorer.take_snapshot("First")
    return explorer.latent


def files() -> list[Path]:
    folder = unsaved_folder()
    return sorted(folder.glob(f"[!.]*{SUFFIX}")) if folder.exists() else []


def leave_behind(window: MainWindow, qtbot: QtBot) -> np.ndarray:
    """Do what a crash does: the file stays, and its lock is gone."""
    latent = edit(window, qtbot)
    window.studio.unsaved.write_now()
    qtbot.waitUntil(lambda: bool(files()), timeout=LOADING_MS)
    kept = files()[0].with_name(f"crashed{SUFFIX}")
    kept.write_bytes(files()[0].read_bytes())
    window.close()
    last_session().unlink()
    return latent


def test_edits_are_written_a_while_after_a_change(window: MainWindow, qtbot: QtBot) -> None:
    unsaved = window.studio.unsaved
    unsaved._timer.setInterval(0)
    assert not unsaved.has_work()
    edit(window, qtbot)
    assert unsaved.has_work()
    qtbot.waitUntil(lambda: len(files()) == 1, timeout=LOADING_MS)
    window.studio.explorer.undo_stack.setIndex(0)
    qtbot.waitUntil(lambda: not files(), timeout=LOADING_MS)


def test_a_change_of_the_grid_is_work_to_keep(window: MainWindow, qtbot: QtBot) -> None:
    studio = window.studio
    qtbot.waitUntil(lambda: None not in studio.corners.state.corners, timeout=LOADING_MS)
    studio.unsaved._timer.setInterval(0)
    studio.corners.set_count(9)
    qtbot.waitUntil(lambda: len(files()) == 1, timeout=LOADING_MS)
    kept = load_session(files()[0])
    assert kept.grid is not None
    assert kept.grid.side == 9
    assert len(kept.grid.corners.names) == 4


def test_work_of_a_window_that_died_is_restored_on_wish(
    window: MainWindow, open_window: Open, qtbot: QtBot
) -> None:
    latent = leave_behind(window, qtbot)
    again = open_window()
    wait_for_message(again, qtbot, "was cut off with unsaved work in Explore and Morph (")
    choose(again, RESTORE, qtbot)
    wait_for_message(again, qtbot, "Your unsaved work was opened:")
    explorer = again.studio.explorer
    assert np.allclose(explorer.latent, latent, atol=1e-4)
    assert [item.name for item in explorer.snapshots] == ["First"]
    assert [text for text, _ in explorer.history()][-2:] == [
        "Open Your unsaved work",
        "Direction 1",
    ]
    crashed = unsaved_folder() / f"crashed{SUFFIX}"
    qtbot.waitUntil(lambda: not crashed.exists() and len(files()) == 1, timeout=LOADING_MS)
    again.close()
    assert files() == []
    assert last_session().exists()


def test_what_is_not_wanted_now_is_offered_at_the_next_start(
    window: MainWindow, open_window: Open, qtbot: QtBot
) -> None:
    leave_behind(window, qtbot)
    again = open_window()
    wait_for_message(again, qtbot, "unsaved work")
    choose(again, LATER, qtbot)
    assert again.messages.message() == ""
    again.close()
    third = open_window()
    wait_for_message(third, qtbot, "unsaved work")
    choose(third, DISCARD, qtbot)
    assert files() == []


def test_two_windows_leave_each_others_work_alone(
    window: MainWindow, open_window: Open, qtbot: QtBot
) -> None:
    edit(window, qtbot)
    window.studio.unsaved.write_now()
    qtbot.waitUntil(lambda: len(files()) == 1, timeout=LOADING_MS)
    other = open_window()
    edit(other, qtbot)
    other.studio.unsaved.write_now()
    qtbot.waitUntil(lambda: len(files()) == 2, timeout=LOADING_MS)
    assert "unsaved work" not in other.messages.message()
    other.close()
    assert len(files()) == 1


def test_saved_work_is_not_kept_a_second_time(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    edit(window, qtbot)
    window.studio.unsaved.write_now()
    qtbot.waitUntil(lambda: len(files()) == 1, timeout=LOADING_MS)
    window.studio.session_files.save(tmp_path / f"a{SUFFIX}")
    qtbot.waitUntil(lambda: not files(), timeout=LOADING_MS)
    assert not window.studio.unsaved.has_work()
    window.close()
    assert not last_session().exists()


def test_a_damaged_file_is_a_sentence_and_can_be_discarded(open_window: Open, qtbot: QtBot) -> None:
    unsaved_folder().mkdir(parents=True)
    (unsaved_folder() / f"a{SUFFIX}").write_bytes(b"hello")
    window = open_window()
    wait_for_message(window, qtbot, "unsaved work")
    choose(window, RESTORE, qtbot)
    wait_for_message(window, qtbot, "is damaged")
    window.close()
    again = open_window()
    wait_for_message(again, qtbot, "unsaved work")
    choose(again, DISCARD, qtbot)
    assert files() == []


def test_what_cannot_be_kept_is_told_of_once(window: MainWindow, qtbot: QtBot) -> None:
    unsaved_folder().parent.mkdir(parents=True, exist_ok=True)
    unsaved_folder().write_bytes(b"no folder")
    edit(window, qtbot)
    problems: list[object] = []
    window.studio.problem.connect(problems.append)
    for _ in range(2):
        window.studio.unsaved.write_now()
        wait_for_answers(window.studio.unsaved.job, qtbot)
    assert len(problems) == 1


def test_the_model_is_remembered_at_once(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "other.safetensors"
    save_model(path, pretrained_model())
    with qtbot.waitSignal(window.studio.models.replaced, timeout=LOADING_MS):
        window.files.open_path(path)
    assert window.settings.model == path


def test_work_with_one_model_is_put_aside_for_another(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "other.safetensors"
    save_model(path, pretrained_model())
    models, explorer = window.studio.models, window.studio.explorer
    edit(window, qtbot)
    with qtbot.waitSignal(models.replaced, timeout=LOADING_MS):
        window.files.open_path(path)
    wait_for_message(window, qtbot, "What you made in Explore with “Shipped model” was put aside")
    assert explorer.snapshots == ()
    window.files.open_last_session()
    qtbot.waitUntil(lambda: len(explorer.snapshots) == 1, timeout=LOADING_MS)


def test_a_face_that_was_only_looked_at_is_no_work(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    explorer = window.studio.explorer
    qtbot.waitUntil(lambda: explorer.face is not None, timeout=LOADING_MS)
    first = explorer.face
    window.gallery.pick(3)
    qtbot.waitUntil(lambda: explorer.face is not first, timeout=LOADING_MS)
    assert not window.studio.unsaved.has_work()
    path = tmp_path / "other.safetensors"
    save_model(path, pretrained_model())
    with qtbot.waitSignal(window.studio.models.replaced, timeout=LOADING_MS):
        window.files.open_path(path)
    window.close()
    assert not last_session().exists()
