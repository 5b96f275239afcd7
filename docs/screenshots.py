"""Make the pictures in docs/screenshots: each workspace of the real window, light and dark.

    python docs/screenshots.py [FOLDER] [--twice]

Shows the shipped model and the demo faces at 1366 x 768 pixels, and the main states also at
1280 x 720 and 1920 x 1080, in folders named by their size. With ``--twice`` the same at 1366 x 768
points of two pixels, into the folder ``scale-2``. The Train workspace really trains, on the demo
faces, and is taken in the third epoch, alone, asked to finish, and beside an earlier run; only its
speed and losses differ from machine to machine. Settings, runs and caches are in a temporary
folder.

The offscreen platform has no fonts of its own: on Linux it asks fontconfig, and without any font
installed (Debian: fonts-dejavu-core) all text is missing from the pictures.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ |= {
    "QT_QPA_PLATFORM": "offscreen",
    "QT_SCALE_FACTOR": "2" if "--twice" in sys.argv else "1",
}

import numpy as np
from PIL import Image
from PySide6.QtCore import QPointF, QSize, Qt, SignalInstance
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider, QTabWidget, QWidget

from benchmarks.driver import open_window, run_for, use_own_folders, wait_for
from cae_gui.explore.map.strokes import Mode
from cae_gui.explore.principal_page import OF_NEAREST
from cae_gui.explore.sliders.latent_slider import LatentSlider
from cae_gui.main_window import MainWindow
from cae_gui.morph.mix import MorphFace
from cae_gui.widgets.theme import Scheme
from cae_gui.widgets.tokens import is_dark
from model.config import PRESETS
from model.events import EpochDone, Progress
from model.runs.labels import RunLabels
from model.runs.sweep import Swept
from model.training.steering import FinishNow

FACE = 6
"""Row of the demo face on show."""
THIRD = 30
"""Row of the third face of the path at an even pace."""
MOVES = ((0, 0.2), (1, -0.15), (2, 0.25), (4, -0.2))
"""Principal sliders to move, and by what share of their length."""
COLORS = "Smiling"
"""What the points of the map are coloured by."""
FILLING_S = 3.0
EPOCHS = 2
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZES = QSize(1366, 768), QSize(1280, 720), QSize(1920, 1080)
"""Points of the window; the first are those of the pictures in the texts."""
QUALITY = 88


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = Path(__file__).with_name("screenshots")
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--twice", action="store_true", help="two pixels for each point")
    options = parser.parse_args()
    folder, sizes = options.folder, SIZES
    if options.twice:
        folder, sizes = folder / "scale-2", SIZES[:1]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as own:
        use_own_folders(Path(own), own_cache=True)
        window = open_window("demo")
        take, part = partial(save_views, window, sizes), partial(save_views, window, SIZES[:1])
        try:
            choose_face(window)
            take(window.reconstruct, folder / "reconstruct")
            measure_errors(window)
            part(window.reconstruct, folder / "errors")
            show(window.explore.tabs, window.explore.principal_page)
            move_sliders(window)
            take(window.explore, folder / "explore")
            show_local(window)
            part(window.explore, folder / "local")
            window.session.explorer.undo_stack.undo()
            window.explore.strips.setChecked(True)
            show(window.explore.tabs, window.explore.attributes)
            part(window.explore, folder / "strips")
            window.explore.strips.setChecked(False)
            run_for(FILLING_S)
            take(window.explore, folder / "attributes")
            show(window.explore.tabs, window.explore.map)
            color_map(window)
            take(window.explore, folder / "map")
            look_around(window)
            part(window.explore, folder / "around")
            stop_looking(window)
            select_on_map(window)
            part(window.explore, folder / "selection")
            window.studio.map_selection.clear()
            go_half_way(window)
            take(window.morph, folder / "morph")
            pace_evenly(window)
            part(window.morph, folder / "even-pace")
            show(window.morph.tabs, window.morph.grid)
            take(window.morph, folder / "grid")
            train(window)
            take(window.train, folder / "train")
            finish_soon(window)
            part(window.train, folder / "finish")
            compare(window)
            name_runs(window)
            take(window.train, folder / "runs")
            save_table(window, folder / "run-table")
            save_sweep(window, folder / "sweep")
            fill_queue(window)
            part(window.train, folder / "queue")
            window.session.training.discard()
            wait_until_idle(window)
        finally:
            window.close()


def choose_face(window: MainWindow) -> None:
    """Select the face as a click in the gallery does, and wait until all of it is shown."""
    window.tabs.setCurrentWidget(window.reconstruct)
    window.gallery.pick(FACE)
    explorer, face = window.studio.explorer, window.studio.selection.face
    assert face is not None
    wait_for(lambda: explorer.face and explorer.face.name == face.name, "the face's latent")
    wait_for(window.reconstruct.export_face.isEnabled, "the difference")
    wait_for(lambda: window.reconstruct.strip.count() > 0, "the strip")


def measure_errors(window: MainWindow) -> None:
    """Turn to the errors of all faces, and wait until they are measured and the worst are shown."""
    page, errors = window.reconstruct, window.studio.errors
    show(page.inspector.tabs, page.errors)
    wait_for(lambda: not errors.is_running and errors.shown() is not None, "the errors", 300)
    run_for(FILLING_S)


def move_sliders(window: MainWindow) -> None:
    """Move principal sliders, each as one step that can be undone."""
    painted = record(window.explore.face.painted)
    window.tabs.setCurrentWidget(window.explore)
    window.explore.tabs.setCurrentWidget(window.explore.principal_page)
    wait_for(lambda: len(_sliders(window)) > max(row for row, _ in MOVES), "sliders")
    for row, share in MOVES:
        slider = _sliders(window)[row]
        change(painted, slider, slider.value() + round(share * slider.maximum()))
    wait_for(window.session.explorer.undo_stack.canUndo, "a step to undo")
    wait_for(lambda: window.session.latents.explored is not None, "what is typical")
    run_for(FILLING_S)


def show(tabs: QTabWidget, page: QWidget) -> None:
    """Turn to a page, and let what is filled in after the face come."""
    tabs.setCurrentWidget(page)
    run_for(FILLING_S)


def show_local(window: MainWindow) -> None:
    """Choose the directions of the nearest faces, and go to a picture of the second one."""
    page, sliders = window.explore.principal_page, window.explore.local
    page.choice.setCurrentText(OF_NEAREST)
    wait_for(lambda: len(sliders.findChildren(LatentSlider)) > 1, "local directions")
    window.session.explorer.move_locally(1, 2.0)
    run_for(FILLING_S)


def color_map(window: MainWindow) -> None:
    """Choose what the points of the map are coloured by, as a person does in the list."""
    box = window.explore.map.coloring
    box.setCurrentText(COLORS)
    box.activated.emit(box.currentIndex())
    run_for(FILLING_S)


def look_around(window: MainWindow) -> None:
    """Let two classes of the legend stand out, and show decoded faces around the map's middle."""
    page = window.explore.map
    page.filters.choose(len(page.legend.rows) - 1)
    page.filters.choose(0, adds=True)
    page.map.set_mode(Mode.LOOK)
    wait_for(page.lens.is_complete, "a grid of decoded faces")


def stop_looking(window: MainWindow) -> None:
    """Leave the map as it was."""
    page = window.explore.map
    page.filters.clear()
    page.map.set_mode(Mode.TRAVEL)


def select_on_map(window: MainWindow) -> None:
    """Draw a lasso around the faces on the left of the map, as a hand does."""
    map_, panel = window.explore.map.map, window.explore.map.selection
    map_.set_mode(Mode.LASSO)
    middle = QPointF(0.4 * map_.width(), 0.5 * map_.height())
    way = [
        (middle + QPointF(0.2 * map_.width() * x, 0.25 * map_.height() * y)).toPoint()
        for x, y in ((-0.9, -0.6), (0, -1), (0.8, -0.5), (0.9, 0.4), (0.1, 1), (-0.8, 0.7))
    ]
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mousePress(map_, left, none, way[0])
    for place in way[1:]:
        QTest.mouseMove(map_, place)
    QTest.mouseRelease(map_, left, none, way[-1])
    map_.set_mode(Mode.TRAVEL)
    wait_for(panel.load_mean.isEnabled, "the mean of the selected faces")


def change(painted: list[Any], slider: QSlider, value: int) -> None:
    """Move a slider and wait for the picture; it bears a higher number than those before."""
    wait_for(painted.__len__, "the face as it was")
    last = max(painted)
    slider.setValue(value)
    wait_for(lambda: max(painted) > last, "the face as it is now")


def _sliders(window: MainWindow) -> list[QSlider]:
    found = [item for item in window.explore.principal.findChildren(QSlider) if item.isVisible()]
    return sorted(found, key=lambda item: item.mapToGlobal(item.rect().topLeft()).y())


def go_half_way(window: MainWindow) -> None:
    """Put the morph's slider into the middle."""
    path = window.morph.path
    painted = record(path.face.painted)
    window.tabs.setCurrentWidget(window.morph)
    wait_for(path.slider.isEnabled, "two encoded faces")
    wait_for(lambda: path.film.count() > 0, "the film strip")
    change(painted, path.slider, path.slider.maximum() // 2)


def pace_evenly(window: MainWindow) -> None:
    """Put a third face between the two, and walk the path at an even pace."""
    morpher, faces = window.studio.morpher, window.studio.faces.faces
    assert faces is not None
    morpher.insert(1, MorphFace(faces.names[THIRD], np.array(faces.images[THIRD])))
    window.morph.path.playback.even.click()
    wait_for(lambda: morpher.path is not None and morpher.to_pace() is None, "the pace")
    run_for(FILLING_S)


def train(window: MainWindow) -> None:
    """Start the training that the form proposes, and hold it in the third epoch."""
    window.tabs.setCurrentWidget(window.train)
    training = window.session.training
    events = record(training.reported)

    def is_in_third_epoch() -> bool:
        epochs = [at for at, event in enumerate(events) if isinstance(event, EpochDone)]
        if len(epochs) < EPOCHS:
            return False
        return sum(isinstance(event, Progress) for event in events[epochs[-1] :]) >= 3

    window.train.start.click()
    wait_for(is_in_third_epoch, "the third epoch", 600)


def finish_soon(window: MainWindow) -> None:
    """Let the training finish soon, which bends the planned learning rates to zero."""
    window.session.training.ask(FinishNow(2))
    run_for(FILLING_S)


def compare(window: MainWindow) -> None:
    """Keep the training, begin another one with Adam, and show the curves of both."""
    window.session.training.stop()
    wait_until_idle(window)
    window.train.form.set_config(replace(PRESETS["Fast"], optimizer="adam", learning_rate=0.003))
    train(window)
    window.train.tabs.setCurrentWidget(window.train.runs)
    wait_for(lambda: window.train.runs.model.rowCount() == 2, "two runs")
    window.train.runs.select(window.train.runs.model.item(0).folder)
    kept = window.train.runs.model.index(1)
    checked, role = Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole
    window.train.runs.model.setData(kept, checked, role)
    window.messages.clear()


def name_runs(window: MainWindow) -> None:
    """Give both runs a name and the same tag, and one of them notes."""
    page = window.train.runs
    named = (
        RunLabels("Adam", "Slower than Muon.", ("optimizer",)),
        RunLabels("Muon", "", ("optimizer",)),
    )
    for row, labels in enumerate(named):
        window.studio.runs.set_labels(page.model.item(row).folder, labels, "Name, notes and tags")


def save_table(window: MainWindow, path: Path) -> None:
    """Save the window with the table of runs in both schemes."""
    table = window.train.runs.table
    window.train.runs.show_table()
    wait_for(lambda: table.model.rowCount() == len(table.rows()) - 1 > 1, "the table")
    for scheme in SCHEMES:
        put_on(window, scheme)
        save(table.grab().toImage(), path.with_name(f"{path.name}-{scheme}.webp"))
    table.hide()


def save_sweep(window: MainWindow, path: Path) -> None:
    """Save the picture that compares the two runs, by the tag that they have in common."""
    comparison = window.train.comparison
    comparison.show_sweep("optimizer")
    wait_for(comparison.export.isEnabled, "the picture of the sweep", 60)
    for scheme in SCHEMES:
        put_on(window, scheme)
        run_for(FILLING_S)
        save(comparison.grab().toImage(), path.with_name(f"{path.name}-{scheme}.webp"))
    comparison.hide()


def fill_queue(window: MainWindow) -> None:
    """Let a sweep wait behind the training under way."""
    rates, dropouts = Swept("learning_rate", (0.01, 0.02, 0.04)), Swept("dropout", (0.0, 0.1))
    window.train.sweep_dialog.chosen.emit([rates, dropouts])
    window.train.tabs.setCurrentWidget(window.train.queue)
    wait_for(lambda: window.train.queue.model.rowCount() == 6, "the queue")
    window.train.queue.view.setCurrentIndex(window.train.queue.model.index(1))
    window.messages.clear()


def wait_until_idle(window: MainWindow) -> None:
    """Wait for the end of the training."""
    wait_for(lambda: not window.session.training.is_active, "end of the training", 300)


def record(signal: SignalInstance) -> list[Any]:
    """Return a list to which every emission is added."""
    emitted: list[Any] = []
    signal.connect(emitted.append)
    return emitted


def save_views(window: MainWindow, sizes: Sequence[QSize], workspace: QWidget, path: Path) -> None:
    """Save a workspace in each size and both schemes."""
    window.tabs.setCurrentWidget(workspace)
    for size in sizes:
        window.resize(size)
        is_first = size == SIZES[0]
        folder = path.parent / ("" if is_first else f"{size.width()}x{size.height()}")
        folder.mkdir(exist_ok=True)
        for scheme in SCHEMES:
            put_on(window, scheme)
            save(window.grab().toImage(), folder / f"{path.name}-{scheme}.webp")
    window.resize(SIZES[0])


def save(image: QImage, path: Path) -> None:
    """Write a picture; PNG would take eight times as much."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    Image.fromarray(pixels).save(path, quality=QUALITY, method=6)
    print(path.name)


def put_on(window: MainWindow, scheme: Scheme) -> None:
    """Change the colours, and wait for what another thread draws in them."""
    wishes = record(window.train.plot.render_wanted)
    window.set_scheme(scheme)
    wait_for(lambda: is_dark(window.palette()) is (scheme == "dark"), "the colours")
    run_for(0.2)
    if window.train.plot.isVisible():
        # A further wish follows the answer to the last one.
        wait_for(lambda: len(wishes) >= 3, "curves")
    page = window.explore.map
    if page.map.isVisible() and page.map.mode is Mode.LOOK:
        wait_for(page.lens.is_complete, "a grid of decoded faces")


if __name__ == "__main__":
    main()
