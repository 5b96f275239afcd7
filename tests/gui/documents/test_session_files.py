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
from cae_gui.explore.explorer import MOST_STEPS, Edited
from cae_gui.main_window import MainWindow
from cae_gui.morph.mix import MorphFace
from model.checkpoint import pretrained_model, save_model
from model.documents.session_file import (
    MAX_STATES,
    ExploreSession,
    SavedHistory,
    load_session,
    save_session,
)
from model.io.tensor_file import write_tensors
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
    save_session(path, ExploreSession(content.model, faces=(face,)))
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


def everything(window: MainWindow) -> list[object]:
    """Return all that a session holds, as plain values and arrays."""
    studio = window.studio
    explorer, morph = studio.explorer, studio.morpher.state
    corners, analogy = studio.corners.state, studio.analogy.state
    assert explorer.face is not None
    states = [(text, each.name, each.strength) for text, each in explorer.history()]
    return [
        states[-3:],
        len(states) - (explorer.state_index() or 0),
        np.stack([each.latent for each in explorer.states()[-3:]]),
        explorer.face.strength,
        explorer.face.latent,
        [(item.name, item.edited.strength) for item in explorer.snapshots],
        [face.name for face in morph.faces],
        (morph.loop, morph.back, morph.speed, morph.even, morph.segments),
        [face.name if face else "" for face in corners.corners],
        (corners.count, corners.arc),
        [[face.name for face in side] for side in analogy.sides],
        analogy.strength,
        *(photo_of(face) for face in (*corners.faces, *analogy.faces)),
    ]


def photo_of(face: MorphFace) -> np.ndarray:
    assert face.photo is not None
    return face.photo


@pytest.fixture
def full(worked: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with an edit of three steps, of which one was taken back, and a filled Morph."""
    studio = worked.studio
    faces = studio.faces.faces
    assert faces is not None
    mixed = [MorphFace(faces.names[row], np.array(faces.images[row])) for row in range(20, 27)]
    studio.explorer.set_strength(0.5)
    studio.explorer.move(3, 2.5)
    studio.explorer.undo_stack.undo()
    studio.morpher.set_speed(2.0)
    studio.morpher.set_even(True)
    studio.morpher.set_loop(True)
    for index, face in enumerate(mixed[:4]):
        studio.corners.put(index, face)
    studio.corners.set_count(5)
    studio.corners.set_arc(True)
    for side, part in enumerate((mixed[:2], mixed[2:5], mixed[5:])):
        studio.analogy.put(side, part)
    studio.analogy.set_strength(0.4)
    qtbot.waitUntil(lambda: studio.morpher.to_pace() is None, timeout=LOADING_MS)
    return worked


def test_all_comes_back_after_everything_was_changed(
    full: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    studio = full.studio
    before = everything(full)
    save(full, tmp_path / "a.cae-session", answers, qtbot)
    explorer, faces = studio.explorer, studio.faces.faces
    assert faces is not None
    face = explorer.face
    full.gallery.pick(9)
    qtbot.waitUntil(lambda: explorer.face is not face, timeout=LOADING_MS)
    explorer.move(0, -2.0)
    explorer.remove_snapshots([0])
    other = MorphFace(faces.names[40], np.array(faces.images[40]))
    studio.morpher.put(0, other)
    studio.morpher.set_even(False)
    studio.morpher.set_speed(0.5)
    studio.corners.put(2, other)
    studio.corners.set_count(3)
    for side in range(3):
        studio.analogy.put(side, [other])
    steps = explorer.undo_stack.count()
    trigger(full, "Open session …")
    wait_for_message(full, qtbot, "“a.cae-session” was opened:")
    after = everything(full)
    assert len(after) == len(before)
    assert same(tuple(before), tuple(after))
    # The edit goes on where it was: there is a step to redo, and there are those before.
    explorer.undo_stack.redo()
    assert explorer.state_text(explorer.state_index() or 0) == "Direction 4"
    assert explorer.undo_stack.count() > steps
    explorer.undo_stack.setIndex(steps)
    assert explorer.face is not None
    assert explorer.face.name == faces.names[9]
    # Each step has its picture again.
    full.tabs.setCurrentWidget(full.explore)
    full.explore.strip.setCurrentWidget(full.explore.history)
    history = full.explore.history
    qtbot.waitUntil(
        lambda: all(history._pictures.get(state) is not None for state in explorer.states()[-3:]),
        timeout=LOADING_MS,
    )


def test_opened_it_can_be_undone(
    full: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    path = save(full, tmp_path / "a.cae-session", answers, qtbot)
    before = everything(full)
    explorer, morpher = full.studio.explorer, full.studio.morpher
    steps = explorer.undo_stack.index(), morpher.undo_stack.index()
    full.files.open_path(path)
    wait_for_message(full, qtbot, "“a.cae-session” was opened:")
    explorer.undo_stack.setIndex(steps[0])
    morpher.undo_stack.setIndex(steps[1])
    assert same(tuple(before[3:]), tuple(everything(full)[3:]))


def test_without_a_history_the_edit_comes_back_alone(
    full: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    """As sessions of the first version have it."""
    path = save(full, tmp_path / "a.cae-session", answers, qtbot)
    save_session(path, replace(load_session(path), history=None, grid=None, analogy=None))
    explorer, corners = full.studio.explorer, full.studio.corners.state
    before = state(full)
    explorer.reset()
    explorer.remove_snapshots([0])
    full.files.open_path(path)
    wait_for_message(full, qtbot, "“a.cae-session” was opened:")
    assert same(state(full), before)
    assert full.studio.corners.state is corners


def test_with_another_model_grid_and_analogy_are_encoded_anew(
    full: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    path = save(full, tmp_path / "a.cae-session", answers, qtbot)
    before = everything(full)
    studio = full.studio
    with qtbot.waitSignal(studio.models.replaced, timeout=LOADING_MS):
        full.files.open_path(other_model(tmp_path))
    studio.corners.set_count(9)
    full.files.open_path(path)
    wait_for_message(full, qtbot, "was made with another model")
    choose(full, USE_THIS, qtbot)
    wait_for_message(full, qtbot, "was opened with another model.")
    assert same(tuple(before[6:]), tuple(everything(full)[6:]))
    assert studio.explorer.history()[-1][0] != "Direction 4"
    full.tabs.setCurrentWidget(full.morph)
    full.morph.tabs.setCurrentWidget(full.morph.grid)
    qtbot.waitUntil(lambda: studio.corners.grid() is not None, timeout=LOADING_MS)
    assert studio.corners.grid().shape == (5, 5, 8)


def test_a_session_of_a_newer_version_is_a_sentence(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "next.cae-session"
    write_tensors(path, "cae-studio-session-99", {}, {})
    window.files.open_path(path)
    wait_for_message(window, qtbot, "“next.cae-session” was made by a newer version of CAE Studio")


def test_a_long_history_holds_nothing_up(
    window: MainWindow, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    explorer = window.studio.explorer
    qtbot.waitUntil(lambda: bool(explorer.statistics and explorer.face), timeout=LOADING_MS)
    for step in range(MOST_STEPS + 20):
        explorer.set_dimension(0, float(step))
    assert len(explorer.history()) == MOST_STEPS + 1
    path = save(window, tmp_path / "a.cae-session", answers, qtbot)
    told: list[int] = []
    explorer.undo_stack.indexChanged.connect(told.append)
    window.files.open_path(path)
    wait_for_message(window, qtbot, "500 steps of its history")
    assert len(told) == 1
    assert explorer.undo_stack.count() == MOST_STEPS


@pytest.mark.parametrize("present", [0, 700])
def test_of_a_history_longer_than_can_be_undone_the_face_in_use_comes_back(
    window: MainWindow, present: int, answers: Dialogs, tmp_path: Path, qtbot: QtBot
) -> None:
    explorer = window.studio.explorer
    qtbot.waitUntil(lambda: bool(explorer.statistics and explorer.face), timeout=LOADING_MS)
    explorer.set_dimension(0, 1.0)
    path = save(window, tmp_path / "a.cae-session", answers, qtbot)
    session = load_session(path)
    assert session.history is not None
    face = session.history.states[0][1]
    states = tuple(
        (f"Step {number}", replace(face, latent=face.latent + np.float32(number / 1000)))
        for number in range(MAX_STATES)
    )
    save_session(path, replace(session, history=SavedHistory(states, present)))
    told: list[int] = []
    explorer.undo_stack.indexChanged.connect(told.append)
    window.files.open_path(path)
    wait_for_message(window, qtbot, "500 steps of its history")
    assert len(told) == 1
    index = explorer.state_index() or 0
    assert explorer.latent == pytest.approx(states[present][1].latent, abs=1e-5)
    assert explorer.states()[index] is explorer.face
    assert len(explorer.states()) == MOST_STEPS + 1
    # Some of what was before it can be undone, and of what was after it redone.
    assert index >= min(present, MOST_STEPS // 2)
    assert MOST_STEPS - index >= min(MAX_STATES - 1 - present, MOST_STEPS // 2)
    if index:
        assert explorer.state_text(index) == f"Step {present}"
