from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cae_gui.documents.sessions import OPEN_ITS_MODEL, USE_SHIPPED, USE_THIS
from cae_gui.explore.explorer import Edited
from cae_gui.main_window import MainWindow
from model.checkpoint import pretrained_model, save_model
from model.documents.session_file import load_session, save_session
from model.latents.custom_directions import DirectionFaces
from model.network import ConvAutoencoder
from tests.gui.conftest import LOADING_MS, Dialogs, wait_for_file, wait_for_message

Open = Callable[[], MainWindow]


@pytest.fixture
def worked(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with an edited face, a snapshot, a direction of one's own and a path."""
    work_in(window, qtbot)
    return window


def work_in(window: MainWindow, qtbot: QtBot) -> None:
    studio = window.studio
    explorer, own, morpher = studio.explorer, studio.own, studio.morpher
    qtbot.waitUntil(lambda: own.is_ready and explorer.face is not None, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: explorer.statistics is not None, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: morpher.path is not None, timeout=LOADING_MS)
    explorer.move(0, 2.0)
    explorer.take_snapshot("First")
    explorer.move(1, -1.0)
    random = np.random.default_rng(0)
    sides = random.integers(0, 256, (2, 3, 48, 48, 3), np.uint8)
    own.put(DirectionFaces("Hat", sides[0], sides[1]))
    morpher.set_seconds(0, 3.5)


def choose(window: MainWindow, text: str, qtbot: QtBot) -> None:
    buttons = window.messages.findChildren(QPushButton)
    button = next(item for item in buttons if item.text() == text and item.isVisible())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def trigger(window: MainWindow, text: str) -> None:
    actions = window.menuBar().findChildren(QAction)
    next(item for item in actions if item.text().replace("&", "") == text).trigger()


def save(window: MainWindow, path: Path, answers: Dialogs, qtbot: QtBot) -> Path:
    answers.path = path
    trigger(window, "Save session as …")
    wait_for_file(path, qtbot)
    wait_for_message(window, qtbot, f"The session was saved as “{path.name}”.")
    return path


def state(window: MainWindow) -> tuple[str, np.ndarray, list[str], list[str], list[float]]:
    studio = window.studio
    face = studio.explorer.face
    assert isinstance(face, Edited)
    return (
        face.name,
        face.latent,
        [snapshot.name for snapshot in studio.explorer.snapshots],
        studio.own.names,
        [segment.seconds for segment in studio.morpher.state.segments],
    )


def same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    pairs = list(zip(one, other, strict=True))
    latents = [pair for pair in pairs if isinstance(pair[0], np.ndarray)]
    close = all(np.allclose(*pair, atol=1e-4) for pair in latents)
    return close and all(a == b for a, b in pairs if not isinstance(a, np.ndarray))


def other_model(folder: Path) -> Path:
    """A model with other weights."""
    path = folder / "other.safetensors"
    save_model(
        path,
        replace(pretrained_model(), network=ConvAutoencoder(8), statistics=None, curvature=None),
    )
    return path


def test_everything_comes_back_in_another_window(
    worked: MainWindow, open_window: Open, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    path = save(worked, tmp_path / "a.cae-session", answers, qtbot)
    before = state(worked)
    worked.studio.own.remove(worked.studio.own.items[0])
    worked.close()
    other = open_window()
    qtbot.waitUntil(lambda: other.studio.explorer.face is not None, timeout=LOADING_MS)
    answers.path = path
    trigger(other, "Open session …")
    wait_for_message(other, qtbot, "“a.cae-session” was opened:")
    text = other.messages.message()
    assert "1 snapshot, 1 direction of your own and 2 key frames" in text
    qtbot.waitUntil(lambda: bool(other.studio.own.names), timeout=LOADING_MS)
    assert same(state(other), before)
    assert other.tabs.currentWidget() is other.explore
    other.studio.explorer.show_snapshot(0)
    assert not np.allclose(other.studio.explorer.latent, before[1])


def test_the_restored_face_is_shown_everywhere_and_undo_leads_back(
    worked: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    path = save(worked, tmp_path / "a.cae-session", answers, qtbot)
    name, latent, *_ = state(worked)
    worked.gallery.pick(5)
    explorer = worked.studio.explorer
    qtbot.waitUntil(lambda: explorer.face.name != name, timeout=LOADING_MS)
    elsewhere = explorer.latent
    worked.files.open_path(path)
    qtbot.waitUntil(lambda: explorer.face.name == name, timeout=LOADING_MS)
    assert worked.studio.selection.face.name == name
    assert np.allclose(explorer.latent, latent, atol=1e-4)
    while explorer.face.name == name:
        explorer.undo_stack.undo()
    assert np.allclose(explorer.latent, elsewhere)


def test_a_session_is_opened_by_drop_and_before_there_is_a_model(
    worked: MainWindow, open_window: Open, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    path = save(worked, tmp_path / "a.cae-session", answers, qtbot)
    other = open_window()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    assert other.studio.models.model is None
    assert other.files.take(mime)
    wait_for_message(other, qtbot, "“a.cae-session” was opened:")
    qtbot.waitUntil(lambda: len(other.studio.explorer.snapshots) == 1, timeout=LOADING_MS)


def test_with_another_model_faces_are_encoded_anew_and_the_rest_is_told(
    worked: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    path = save(worked, tmp_path / "a.cae-session", answers, qtbot)
    name = state(worked)[0]
    with qtbot.waitSignal(worked.studio.models.replaced, timeout=LOADING_MS):
        worked.files.open_path(other_model(tmp_path))
    own = worked.studio.own
    qtbot.waitUntil(lambda: own.is_ready, timeout=LOADING_MS)
    own.remove(own.items[0])
    worked.gallery.pick(5)
    worked.files.open_path(path)
    wait_for_message(worked, qtbot, "was made with another model, “Shipped model”")
    choose(worked, USE_THIS, qtbot)
    wait_for_message(worked, qtbot, "was opened with another model.")
    text = worked.messages.message()
    assert f"Encoded anew: “{name}”, 1 direction of your own and 2 key frames." in text
    assert "Left out, since they belong to “Shipped model”: the edit and 1 snapshot." in text
    explorer = worked.studio.explorer
    qtbot.waitUntil(lambda: explorer.face and explorer.face.name == name, timeout=LOADING_MS)
    assert explorer.latent.shape == (8,)
    assert not explorer.face.offset.any()
    assert own.names == ["Hat"]
    assert explorer.snapshots == ()
    morpher = worked.studio.morpher
    qtbot.waitUntil(lambda: morpher.path is not None, timeout=LOADING_MS)
    assert morpher.state.segments[0].seconds == 3.5
    assert len(morpher.path.frames[0].latent) == 8


def test_the_shipped_model_is_offered_where_the_session_was_made_with_it(
    worked: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    path = save(worked, tmp_path / "a.cae-session", answers, qtbot)
    before = state(worked)
    with qtbot.waitSignal(worked.studio.models.replaced, timeout=LOADING_MS):
        worked.files.open_path(other_model(tmp_path))
    worked.files.open_path(path)
    wait_for_message(worked, qtbot, "was made with another model")
    choose(worked, USE_SHIPPED, qtbot)
    wait_for_message(worked, qtbot, "“a.cae-session” was opened:")
    assert worked.studio.models.path is None
    qtbot.waitUntil(lambda: len(worked.studio.explorer.snapshots) == 1, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: worked.studio.own.names == ["Hat"], timeout=LOADING_MS)
    assert same(state(worked), before)


def test_its_model_is_found_beside_it(
    window: MainWindow, tmp_path: Path, answers: Dialogs, qtbot: QtBot
) -> None:
    model = other_model(tmp_path)
    with qtbot.waitSignal(window.studio.models.replaced, timeout=LOADING_MS):
        window.files.open_path(model)
    path = save(window, tmp_path / "a.cae-session", answers, qtbot)
    with qtbot.waitSignal(window.studio.models.replaced, timeout=LOADING_MS):
        window.studio.models.open_shipped()
    window.files.open_path(path)
    wait_for_message(window, qtbot, "was made with another model, “other.safetensors”")
    choose(window, "Open “other.safetensors”", qtbot)
    wait_for_message(window, qtbot, "“a.cae-session” was opened:")
    assert window.studio.models.path == model


def test_a_model_that_is_nowhere_is_asked_for(
    worked: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    path = save(worked, tmp_path / "a.cae-session", answers, qtbot)
    save_session(path, replace(load_session(path), model="of somebody", title=""))
    worked.files.open_path(path)
    wait_for_message(worked, qtbot, "was made with another model, whose name isn't known")
    answers.path = other_model(tmp_path)
    choose(worked, OPEN_ITS_MODEL, qtbot)
    qtbot.waitUntil(
        lambda: (
            worked.studio.models.path == answers.path
            and "was made with another model" in worked.messages.message()
        ),
        timeout=LOADING_MS,
    )


def test_latents_that_do_not_fit_their_model_are_refused(
    worked: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    path = save(worked, tmp_path / "a.cae-session", answers, qtbot)
    content = load_session(path)
    short = np.zeros(3, np.float32)
    face = replace(content.faces[0], start=short, latent=short)
    save_session(path, replace(content, faces=(face,), snapshots=(), path=None, key_faces=None))
    worked.files.open_path(path)
    wait_for_message(worked, qtbot, "“a.cae-session” is damaged (its latents don't fit its model).")


def test_a_file_of_another_kind_is_a_sentence(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "bad.cae-session"
    path.write_bytes(b"hello")
    window.files.open_path(path)
    wait_for_message(window, qtbot, "“bad.cae-session” is damaged")


def test_a_session_that_cannot_be_written_is_a_sentence(
    worked: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    answers.path = tmp_path / "file" / "a.cae-session"
    answers.path.parent.write_bytes(b"no folder")
    trigger(worked, "Save session as …")
    wait_for_message(worked, qtbot, "can't be used")


def test_work_left_open_is_the_last_session(
    worked: MainWindow, open_window: Open, qtbot: QtBot
) -> None:
    before = state(worked)
    worked.close()
    other = open_window()
    qtbot.waitUntil(lambda: other.studio.explorer.face is not None, timeout=LOADING_MS)
    assert other.studio.explorer.snapshots == ()
    trigger(other, "Open the last session")
    wait_for_message(other, qtbot, "The last session was opened:")
    qtbot.waitUntil(lambda: len(other.studio.explorer.snapshots) == 1, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: other.studio.own.names == ["Hat"], timeout=LOADING_MS)
    assert same(state(other), before)


def test_there_may_be_no_last_session(window: MainWindow, qtbot: QtBot) -> None:
    trigger(window, "Open the last session")
    wait_for_message(window, qtbot, "No work was left open")
