"""“Copy as Python”: what is copied makes the picture of the window again, in a fresh Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

import model
from cae_gui.explore.custom_directions import DRAFT_STEPS
from cae_gui.main_window import MainWindow
from cae_gui.morph.mix import MorphFace
from model.checkpoint import pretrained_model, save_model
from model.inference import decode
from model.latents.custom_directions import DirectionFaces
from tests.gui.conftest import LOADING_MS, wait_for_message

ROOT = Path(model.__file__).parents[1]
Pixels = NDArray[np.uint8]


@pytest.fixture
def window(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window in which all of Explore and Morph is ready."""
    studio = window.studio
    qtbot.waitUntil(lambda: studio.own.is_ready, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: bool(studio.models.attributes), timeout=LOADING_MS)
    qtbot.waitUntil(lambda: studio.explorer.face is not None, timeout=LOADING_MS)
    QApplication.clipboard().clear()
    return window


def entry(menu: QMenu, text: str) -> QAction:
    """Return an entry of a menu, as it is once the menu has opened."""
    menu.aboutToShow.emit()
    texts = {each.text().replace("&", "").split("\t")[0]: each for each in menu.actions()}
    return texts[text]


def copied(window: MainWindow, qtbot: QtBot) -> str:
    """Return the script that was copied, once the window says so."""
    wait_for_message(window, qtbot, "Copied: ")
    text = QApplication.clipboard().text()
    lines = len(text.splitlines())
    assert window.messages.message() == f"Copied: {lines} lines of Python."
    assert lines <= 15 or "KeyFrame(latents[0]" in text
    return text


def run(text: str, name: str, folder: Path) -> Pixels:
    """Run a script in another Python, anywhere, and return what it calls ``name`` in the end."""
    folder.mkdir(exist_ok=True)
    (folder / "script.py").write_text(
        f"{text}\nimport numpy\nnumpy.save('made.npy', {name})\n", "utf-8"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "script.py"]
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=280
    )
    assert ended.returncode == 0, ended.stderr
    return np.asarray(np.load(folder / "made.npy"))


def decoded(window: MainWindow, latents: NDArray[np.float32] | None) -> Pixels:
    in_use = window.studio.models.model
    assert in_use is not None
    assert latents is not None
    return decode(in_use, latents)


def difference(one: Pixels, other: Pixels) -> int:
    assert one.shape == other.shape
    return int(np.abs(one.astype(int) - other).max())


def test_an_edit_by_sliders_is_told_by_their_names(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    explorer = window.studio.explorer
    window.tabs.setCurrentWidget(window.explore)
    assert explorer.directions is not None
    explorer.limit = 0.0
    for name, sigmas in (("Smiling", 2.0), ("Youth", -1.5), ("Direction 3", 1.0)):
        explorer.move(explorer.directions.index_of(name), sigmas)
    explorer.set_strength(0.9)
    entry(window.explore.menu, "Copy as Python").trigger()
    text = copied(window, qtbot)
    assert "unpack_latent" not in text
    assert all(name in text for name in ("Smiling", "Youth", "Direction 3", "Demo face 0001"))
    latent = explorer.latent
    assert latent is not None
    made = run(text, "picture", tmp_path / "elsewhere")
    assert difference(made, decoded(window, latent[None])[0]) <= 1
    shown = window.explore.face.pixels()
    assert shown is not None
    assert difference(made, shown) <= 1
    assert (tmp_path / "elsewhere" / "face.png").exists()


def test_any_other_edit_is_told_by_its_latent(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    explorer = window.studio.explorer
    qtbot.waitUntil(lambda: explorer.density is not None, timeout=LOADING_MS)
    window.tabs.setCurrentWidget(window.explore)
    explorer.randomize()
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    QTest.keyClick(window, Qt.Key.Key_C, keys)
    text = copied(window, qtbot)
    assert "unpack_latent" in text
    latent = explorer.latent
    assert latent is not None
    made = run(text, "picture", tmp_path)
    assert difference(made, decoded(window, latent[None])[0]) <= 1


def test_a_path_at_an_even_pace(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    morpher, faces = window.studio.morpher, window.studio.faces.faces
    assert faces is not None
    window.tabs.setCurrentWidget(window.morph)
    morpher.insert(2, MorphFace(faces.names[7], np.array(faces.images[7])))
    qtbot.waitUntil(lambda: morpher.path is not None, timeout=LOADING_MS)
    morpher.insert(3, morpher.made("Made here", morpher.latents(morpher.state.faces).mean(0)))
    morpher.set_seconds(1, 1.0)
    morpher.set_spherical(0, True)
    morpher.set_speed(2.0)
    morpher.set_even(True)
    qtbot.waitUntil(lambda: morpher.path is not None, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: morpher.to_pace() is None, timeout=LOADING_MS)
    more = window.morph.path.more.menu()
    entry(more, "Copy as Python").trigger()
    text = copied(window, qtbot)
    assert "even_pace" in text
    rate = window.settings.film.frames_per_second
    made = run(text, "pictures", tmp_path)
    assert difference(made, decoded(window, morpher.film(rate))) <= 1
    assert (tmp_path / "morph.gif").exists()


def test_a_grid_and_an_analogy(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    studio, morph = window.studio, window.morph
    faces = studio.faces.faces
    assert faces is not None
    window.tabs.setCurrentWidget(morph)
    morph.tabs.setCurrentWidget(morph.grid)
    studio.corners.set_count(4)
    studio.corners.set_arc(True)
    qtbot.waitUntil(lambda: studio.corners.grid() is not None, timeout=LOADING_MS)
    window.copy_script()
    text = copied(window, qtbot)
    grid = studio.corners.grid()
    assert grid is not None
    made = run(text, "pictures", tmp_path / "grid")
    assert difference(made, decoded(window, grid.reshape(16, -1))) <= 1
    morph.tabs.setCurrentWidget(morph.analogy)
    mixed = [MorphFace(faces.names[row], np.array(faces.images[row])) for row in range(20, 26)]
    for side, part in enumerate((mixed[:3], mixed[3:5], mixed[5:])):
        studio.analogy.put(side, part)
    studio.analogy.set_strength(0.7)
    qtbot.waitUntil(lambda: studio.analogy.result() is not None, timeout=LOADING_MS)
    window.messages.clear()
    entry(morph.analogy.result.menu(), "Copy as Python").trigger()
    text = copied(window, qtbot)
    result = studio.analogy.result()
    assert result is not None
    assert difference(run(text, "picture", tmp_path), decoded(window, result[None])[0]) <= 1


def test_a_direction_of_ones_own(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    studio = window.studio
    faces, explorer = studio.faces.faces, studio.explorer
    assert faces is not None
    name = 'Hat "\\'
    sides = np.array(faces.images[:6]), np.array(faces.images[6:12])
    studio.own.put(DirectionFaces(name, *sides))
    qtbot.waitUntil(lambda: studio.own.is_measured, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: studio.own.source is not None, timeout=LOADING_MS)
    window.tabs.setCurrentWidget(window.explore)
    menu = entry(window.explore.menu, "Copy a direction as Python").menu()
    assert isinstance(menu, QMenu)
    entry(menu, name).trigger()
    text = copied(window, qtbot)
    directions, face = explorer.directions, explorer.face
    assert directions is not None
    assert face is not None
    index = directions.index_of(name)
    walked = [directions.moved(face.start, {index: sigmas}) for sigmas in DRAFT_STEPS]
    made = run(text, "pictures", tmp_path)
    assert difference(made, decoded(window, np.stack(walked))) <= 1


def test_a_model_of_a_file_is_opened_from_it(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "männlich 'a'.safetensors"
    save_model(path, pretrained_model())
    models, explorer = window.studio.models, window.studio.explorer
    with qtbot.waitSignal(models.replaced, timeout=LOADING_MS):
        window.files.open_path(path)
    qtbot.waitUntil(lambda: explorer.face is not None, timeout=LOADING_MS)
    window.tabs.setCurrentWidget(window.explore)
    window.copy_script()
    text = copied(window, qtbot)
    assert str(path) in text
    latent = explorer.latent
    assert latent is not None
    made = run(text, "picture", tmp_path / "run")
    assert difference(made, decoded(window, latent[None])[0]) <= 1
    path.unlink()
    window.messages.clear()
    window.copy_script()
    wait_for_message(window, qtbot, "The model in use isn't in a file")


def test_elsewhere_there_is_nothing_to_copy(window: MainWindow) -> None:
    window.tabs.setCurrentWidget(window.train)
    window.copy_script()
    assert window.messages.message() == "Explore and Morph have what can be copied as Python."
    assert QApplication.clipboard().text() == ""
