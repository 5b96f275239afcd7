"""The strip of steps in Explore, in a real window."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from pytestqt.qtbot import QtBot

from cae_gui.core.models import Lane
from cae_gui.explore.face_strip import FaceStrip
from cae_gui.explore.history import EMPTY
from cae_gui.explore.state_pictures import StatePictures
from cae_gui.main_window import MainWindow
from tests.gui.conftest import LOADING_MS, wait_for_reconstruction

Role = Qt.ItemDataRole
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def exploring(open_window: Callable[[], MainWindow], qtbot: QtBot) -> MainWindow:
    """A window that shows the history of the first face."""
    window = open_window()
    window.tabs.setCurrentWidget(window.explore)
    window.explore.strip.setCurrentWidget(window.explore.history)
    wait_for_reconstruction(window, qtbot)
    explorer = window.studio.explorer
    qtbot.waitUntil(lambda: explorer.density is not None, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: len(explorer.rows_of("principal")) > 2, timeout=LOADING_MS)
    return window


def is_filled(strip: FaceStrip) -> bool:
    return all(strip.face(row).pixels is not None for row in range(strip.count()))


def fill(window: MainWindow, qtbot: QtBot) -> list[np.ndarray]:
    """Wait until all small faces are there, and return them."""
    strip = window.explore.history
    qtbot.waitUntil(lambda: is_filled(strip), timeout=LOADING_MS)
    return [np.array(strip.face(row).pixels) for row in range(strip.count())]


def pale(strip: FaceStrip) -> list[bool]:
    return [strip.face(row).pale for row in range(strip.count())]


def click(strip: FaceStrip, row: int, qtbot: QtBot) -> None:
    strip.scrollTo(strip.model().index(row, 0))
    qtbot.mouseClick(
        strip.viewport(), LEFT, pos=strip.visualRect(strip.model().index(row, 0)).center()
    )


def test_every_step_leaves_a_small_face(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer, strip = exploring.studio.explorer, exploring.explore.history
    assert (strip.count(), strip.mark()) == (1, 0)
    for number in range(3):
        explorer.move(number, 3.0)
    assert (strip.count(), strip.mark()) == (4, 3)
    pictures = fill(exploring, qtbot)
    assert len({picture.tobytes() for picture in pictures}) == 4
    from model.inference import decode

    expected = decode(exploring.studio.models.model, explorer.latent[None])[0]
    # Many faces are decoded by other products than one: rounding may differ.
    assert np.abs(pictures[3].astype(int) - expected).max() <= 1


def test_a_click_goes_back_and_paler_faces_are_ahead(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer, strip = exploring.studio.explorer, exploring.explore.history
    latents = [explorer.latent]
    for number in range(3):
        explorer.move(number, 3.0)
        latents.append(explorer.latent)
    click(strip, 1, qtbot)
    assert explorer.latent == pytest.approx(latents[1])
    assert strip.mark() == 1
    assert pale(strip) == [False, False, True, True]
    assert exploring.studio.undo_group.canRedo()
    click(strip, 3, qtbot)
    assert explorer.latent == pytest.approx(latents[3])
    click(strip, 0, qtbot)
    explorer.move(5, 1.0)
    assert (strip.count(), pale(strip)) == (2, [False, False])


def test_undo_moves_the_mark(exploring: MainWindow) -> None:
    explorer, strip = exploring.studio.explorer, exploring.explore.history
    explorer.move(0, 3.0)
    exploring.explore.undo.click()
    assert (strip.mark(), pale(strip)) == (0, [False, True])
    exploring.explore.redo.click()
    assert (strip.mark(), pale(strip)) == (1, [False, False])


def test_the_tip_says_what_the_step_was(exploring: MainWindow) -> None:
    explorer, strip = exploring.studio.explorer, exploring.explore.history
    explorer.move(0, 30.0)
    tips = [strip.model().data(strip.model().index(row, 0), Role.ToolTipRole) for row in (0, 1)]
    percent = round(100 * explorer.typicality())
    assert tips[1] == f"{explorer.directions[0].name}\nTypicality {percent} %"
    assert tips[0].startswith(explorer.face.name)


def test_nothing_is_decoded_during_a_drag(
    exploring: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    explorer, strip = exploring.studio.explorer, exploring.explore.history
    explorer.move(0, 1.0)
    fill(exploring, qtbot)
    asked: list[Any] = []
    models = exploring.studio.models
    decode = models.decode

    def note(latents: Any, *, lane: Any, **options: Any) -> None:
        asked.append(lane)
        decode(latents, lane=lane, **options)

    monkeypatch.setattr(models, "decode", note)
    rest = exploring.findChild(StatePictures).findChild(QTimer)
    explorer.begin_edit()
    explorer.move(1, 2.0)
    for _ in range(2):  # the hand rests, but hasn't let go
        with qtbot.waitSignal(rest.timeout, timeout=LOADING_MS):
            pass
    assert Lane.EXPLORE in asked
    assert Lane.STATES not in asked
    assert strip.count() == 2
    explorer.end_edit()
    assert strip.count() == 3
    fill(exploring, qtbot)
    assert Lane.STATES in asked


def test_what_is_out_of_view_is_not_decoded(exploring: MainWindow, qtbot: QtBot) -> None:
    explorer, strip = exploring.studio.explorer, exploring.explore.history
    fill(exploring, qtbot)
    exploring.explore.strip.setCurrentWidget(exploring.explore.nearest)
    for number in range(60):
        explorer.move(0, 0.1 * number)
    painted = exploring.explore.face.painted
    with qtbot.waitSignal(painted, timeout=LOADING_MS):
        explorer.move(0, -1.0)
    assert not is_filled(strip)
    exploring.explore.strip.setCurrentWidget(strip)
    seen = strip.rows_to_fill()[:3]
    qtbot.waitUntil(
        lambda: all(strip.face(row).pixels is not None for row in seen), timeout=LOADING_MS
    )
    assert strip.face(0).pixels is not None  # from before
    assert strip.face(20).pixels is None


def test_the_next_snapshot_of_a_model_decodes_all_again(
    exploring: MainWindow, qtbot: QtBot
) -> None:
    explorer, strip = exploring.studio.explorer, exploring.explore.history
    explorer.move(0, 2.0)
    before = fill(exploring, qtbot)
    faces = explorer.faces()
    explorer.rebase(faces, np.stack([-face.start for face in faces]))
    assert is_filled(strip)  # with the earlier pictures, until the others come
    qtbot.waitUntil(
        lambda: all(
            not np.array_equal(strip.face(row).pixels, before[row]) for row in range(strip.count())
        ),
        timeout=LOADING_MS,
    )


def test_another_model_begins_a_new_history(
    exploring: MainWindow, qtbot: QtBot, tmp_path: Any
) -> None:
    from model.checkpoint import FaceModel, save_model
    from model.network import ConvAutoencoder

    explorer, strip = exploring.studio.explorer, exploring.explore.history
    explorer.move(0, 2.0)
    fill(exploring, qtbot)
    state = weakref.ref(explorer.states()[0])
    path = tmp_path / "small.safetensors"
    save_model(path, FaceModel(ConvAutoencoder(4).eval()))
    with qtbot.waitSignal(exploring.studio.models.replaced, timeout=LOADING_MS):
        exploring.files.open_path(path)
    qtbot.waitUntil(lambda: strip.count() == 1 and is_filled(strip), timeout=LOADING_MS)
    gc.collect()
    assert state() is None  # nor are its pictures kept


def test_an_empty_history_says_what_it_is_for(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    assert window.explore.history.count() == 0
    assert window.explore.history.accessibleDescription() == EMPTY


def test_a_jump_of_many_steps_paints_once(exploring: MainWindow) -> None:
    explorer = exploring.studio.explorer
    for number in range(50):
        explorer.move(0, 0.1 * number)
    moves: list[int] = []
    explorer.latent_changed.connect(lambda: moves.append(1))
    explorer.go_to_state(0)
    assert len(moves) == 1
