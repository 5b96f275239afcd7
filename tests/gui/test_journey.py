"""The whole way of a person through the window, by mouse and keyboard, with the real engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QMenu,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cae_gui.documents.kinds import SESSION_SUFFIX
from cae_gui.explore.sliders.latent_slider import LatentSlider
from cae_gui.main_window import MainWindow
from cae_gui.morph.film_export import FilmDialog
from cae_gui.widgets.face_list import FaceListView
from cae_gui.widgets.face_view import FaceView
from model.events import EpochDone, Finished, Progress
from model.runs.runs import Run, list_runs
from tests.gui.conftest import (
    LOADING_MS,
    SMALL,
    Dialogs,
    export_as,
    picture_of,
    quick_train,
    reported,
    same_picture,
    wait_for_message,
    wait_for_reconstruction,
)

LEFT = Qt.MouseButton.LeftButton


def handle_of(slider: QSlider) -> QPoint:
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    control, handle = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
    return slider.style().subControlRect(control, option, handle, slider).center()


def drag(slider: QSlider, by: int) -> None:
    """Take the handle by the mouse and move it some pixels in small steps."""
    start = handle_of(slider)
    QTest.mousePress(slider, LEFT, pos=start)
    for step in range(1, 11):
        QTest.mouseMove(slider, start + QPoint(by * step // 10, 0))
    QTest.mouseRelease(slider, LEFT, pos=start + QPoint(by, 0))


def change_seen(view: FaceView, qtbot: QtBot, act: Callable[[], object]) -> np.ndarray:
    """Do something and return the picture that is painted because of it."""
    before = picture_of(view)
    act()
    qtbot.waitUntil(lambda: not same_picture(before, picture_of(view)), timeout=LOADING_MS)
    return picture_of(view)


def key(window: MainWindow, standard: QKeySequence.StandardKey) -> None:
    combination = QKeySequence(standard)[0]
    QTest.keyClick(window, combination.key(), combination.keyboardModifiers())


class Journey:
    """The steps, each ending in what the person sees."""

    def __init__(self, window: MainWindow, answers: Dialogs, qtbot: QtBot, place: Path) -> None:
        self.window, self.answers, self.qtbot, self.place = window, answers, qtbot, place

    def go_to(self, workspace: QWidget) -> None:
        index = self.window.tabs.indexOf(workspace)
        bar = self.window.tabs.tabBar()
        self.qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(index).center())
        assert workspace.isVisible()

    def choose_folder(self, folder: Path) -> None:
        faces = self.window.studio.faces
        with self.qtbot.waitSignal(faces.changed, timeout=LOADING_MS):
            self.window.files.open_path(folder)

    def train(self) -> None:
        window, view = self.window, self.window.train
        self.go_to(view)
        view.form.set_config(SMALL)
        training = window.studio.training
        with reported(training, Finished, self.qtbot, timeout=2 * LOADING_MS):
            self.qtbot.mouseClick(view.start, LEFT)
        assert len(training_rows(window)) == 2
        assert view.strip.count() == 10
        # The curves are drawn in the background.
        self.qtbot.waitUntil(lambda: view.plot._shown is not None, timeout=LOADING_MS)
        assert not view.plot.is_empty()
        assert view.status.text().startswith("Finished.")
        assert "best.safetensors" in str(window.studio.models.path)
        self.qtbot.waitUntil(view.start.isEnabled, timeout=LOADING_MS)

    def reconstruct(self) -> None:
        window = self.window
        self.go_to(window.reconstruct)
        self.qtbot.waitUntil(
            lambda: window.studio.explorer.statistics is not None, timeout=LOADING_MS
        )
        before = window.reconstruct.numbers.text()
        view = window.gallery.findChild(FaceListView)
        with self.qtbot.waitSignal(window.studio.selection.reconstructed, timeout=LOADING_MS):
            point = view.visualRect(view.model().index(2, 0)).center()
            self.qtbot.mouseClick(view.viewport(), LEFT, pos=point)
        self.qtbot.waitUntil(lambda: window.reconstruct.numbers.text() != before)

    def explore(self) -> None:
        window, view = self.window, self.window.explore
        self.go_to(view)
        view.tabs.setCurrentWidget(view.principal)
        sliders = view.principal.findChildren(LatentSlider)
        shown = [slider for slider in sliders if slider.isVisible()]
        track = min(shown, key=LatentSlider.y).findChild(QSlider)
        start = change_seen(view.face, self.qtbot, lambda: self.coarse_step(track))
        change_seen(view.face, self.qtbot, lambda: drag(track, 40))
        stack = window.studio.explorer.undo_stack
        self.qtbot.waitUntil(lambda: not track.isSliderDown())
        steps = stack.index()
        self.wait_for_paint()
        by_mouse = picture_of(view.face)
        back = change_seen(view.face, self.qtbot, lambda: key(window, QKeySequence.Undo))
        assert stack.index() == steps - 1  # the whole drag was one step
        assert same_picture(back, start)
        again = change_seen(view.face, self.qtbot, lambda: key(window, QKeySequence.Redo))
        assert same_picture(again, by_mouse)

    def coarse_step(self, track: QSlider) -> None:
        track.setFocus()
        self.qtbot.keyClick(track, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)

    def wait_for_paint(self) -> None:
        """Wait until the picture of the latent as it is now has been painted."""
        view, explorer = self.window.explore.face, self.window.studio.explorer
        with self.qtbot.waitSignal(view.painted, timeout=LOADING_MS):
            explorer.latent_changed.emit()

    def morph(self) -> None:
        window, view = self.window, self.window.morph.path
        self.go_to(window.morph)
        self.qtbot.waitUntil(lambda: view.film.count() > 0, timeout=LOADING_MS)
        with self.qtbot.waitSignal(window.studio.morpher.latents_changed, timeout=LOADING_MS):
            self.qtbot.mouseClick(view.frames.cards[0], LEFT)
        change_seen(view.face, self.qtbot, lambda: drag(view.slider, view.slider.width() // 2))
        view.segments.editors[0].seconds.setValue(0.5)
        with self.qtbot.waitSignals([view.face.painted] * 3, timeout=LOADING_MS):
            self.qtbot.mouseClick(view.playback.play, LEFT)
        self.qtbot.mouseClick(view.playback.play, LEFT)
        assert not view.playback.play.isChecked()

    def export(self) -> None:
        window = self.window
        for kind, name in (("GIF", "morph.gif"), ("PNG strip", "morph.png")):
            self.answers.path = self.place / name
            export_as(window, window.morph.path.export, kind, self.qtbot)
            wait_for_message(window, self.qtbot, f"“{name}”")
        self.go_to(window.reconstruct)
        self.save(window.reconstruct.export_face, "figure.png")
        for name in ("morph.gif", "morph.png", "figure.png"):
            with Image.open(self.place / name) as image:
                image.load()

    def save(self, widget: QWidget, name: str) -> None:
        self.answers.path = self.place / name
        self.qtbot.mouseClick(widget, LEFT)
        wait_for_message(self.window, self.qtbot, f"“{name}”")

    def close_while_training(self) -> Path:
        window, view = self.window, self.window.train
        self.go_to(view)
        view.form.set_config(replace(SMALL, epochs=1000))
        with reported(window.studio.training, EpochDone, self.qtbot):
            self.qtbot.mouseClick(view.start, LEFT)
        folder = window.studio.training.folder
        assert folder is not None
        self.answers.asked.clear()
        began = time.monotonic()
        window.close()
        assert time.monotonic() - began < 20  # a fraction of a second on an idle machine
        assert self.answers.asked == ["quit"]
        assert not window.isVisible()
        return folder


def training_rows(window: MainWindow) -> list[object]:
    folder = window.studio.training.folder
    assert folder is not None
    return list(Run.open(folder).rows())


def continue_run(window: MainWindow, folder: Path, qtbot: QtBot) -> None:
    menus = [menu for menu in window.findChildren(QMenu) if "Continue" in menu.title()]

    def is_offered() -> bool:
        menus[0].aboutToShow.emit()
        return menus[0].actions()[0].isEnabled()

    qtbot.waitUntil(is_offered, timeout=LOADING_MS)
    done = len(Run.open(folder).rows())
    with reported(window.studio.training, EpochDone, qtbot) as blocker:
        menus[0].actions()[0].trigger()
    assert blocker.args[0].epoch == done + 1


@pytest.mark.timeout(300)
def test_the_whole_journey(
    open_window: Callable[[], MainWindow],
    answers: Dialogs,
    faces_folder: Path,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    window = open_window()
    wait_for_reconstruction(window, qtbot)
    journey = Journey(window, answers, qtbot, tmp_path)
    journey.choose_folder(faces_folder)
    journey.train()
    journey.reconstruct()
    journey.explore()
    journey.morph()
    journey.export()
    folder = journey.close_while_training()
    assert folder in [run.folder for run in list_runs()]
    assert (folder / "state.pt").exists()

    second = open_window()
    wait_for_reconstruction(second, qtbot)
    qtbot.waitUntil(lambda: second.studio.faces.source == str(faces_folder), timeout=LOADING_MS)
    continue_run(second, folder, qtbot)


class ByKeys:
    """A person without a mouse: presses keys, and goes by what has the focus and its name."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot
        self.look_at(window)

    def look_at(self, window: QWidget) -> None:
        """Do as a window manager does for what has opened, or lay below what has closed."""
        window.activateWindow()
        self.wait(window.isActiveWindow)

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=2 * LOADING_MS)

    def press(self, keys: str, times: int = 1) -> None:
        """Press a combination such as “Ctrl+Shift+E” where the keys go now."""
        (combination,) = (QKeySequence(keys)[0],)
        for _ in range(times):
            target = QApplication.activePopupWidget() or QApplication.focusWidget() or self.window
            QTest.keyClick(target, combination.key(), combination.keyboardModifiers())

    def type(self, text: str) -> None:
        QTest.keyClicks(QApplication.focusWidget(), text)

    def tab_to(self, name: str) -> None:
        """Press Tab until something of this name has the focus."""
        been = []
        while name not in names_of(QApplication.focusWidget()):
            been.append(names_of(QApplication.focusWidget()))
            assert len(been) < 80, been
            self.press("Tab")

    def choose(self, keys: str, text: str) -> None:
        """Open a menu by keys, go down to an entry, and press Enter there."""
        chosen, timer = [], QTimer()

        def go_down() -> None:
            menu = QApplication.activePopupWidget()
            if not isinstance(menu, QMenu):
                return
            timer.stop()
            for _ in menu.actions():
                active = menu.activeAction()
                if active is not None and text in active.text().replace("&", ""):
                    chosen.append(active)
                    break
                self.press("Down")
            self.press("Return" if chosen else "Escape")

        timer.timeout.connect(go_down)
        timer.start(10)  # a menu of a button keeps the press until it is closed
        self.press(keys)
        self.wait(lambda: not timer.isActive())
        assert chosen, text
        self.wait(lambda: QApplication.activePopupWidget() is None)
        self.look_at(QApplication.activeModalWidget() or self.window)


def names_of(widget: QWidget | None) -> set[str]:
    """Return what a person knows a control by: its text and its accessible name."""
    assert widget is not None, "nothing has the focus"
    text = getattr(widget, "text", str)()
    return {widget.accessibleName(), text.replace("&", "").removesuffix(" …")}


def endless_train(*arguments: Any, **options: Any) -> Iterator[Any]:
    """Do as ``quick_train``, but never come to the end of the first epoch."""
    events, pace = quick_train(*arguments, **options), threading.Event()
    try:
        yield next(events)  # it has started
        step = next(events)
        while not pace.wait(0.005):
            yield step
    finally:
        events.close()


@pytest.mark.timeout(300)
@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # popups and tips
def test_the_whole_journey_by_keys_alone(
    window: MainWindow,
    answers: Dialogs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    monkeypatch.setattr("model.training.training.train", endless_train)
    studio, keys = window.studio, ByKeys(window, qtbot)

    # A face
    before = studio.selection.face
    keys.tab_to("Faces")
    keys.press("Right", times=2)
    assert studio.selection.face is not before
    chosen = studio.selection.face

    # Its reconstruction, refined
    keys.press("Ctrl+2")
    assert window.reconstruct.isVisible()
    keys.wait(lambda: window.reconstruct.refine.isEnabled())
    keys.tab_to("Refine")
    keys.press("Space")
    keys.wait(lambda: studio.refinement.reached is not None and studio.refinement.reached.steps)
    keys.wait(lambda: not studio.refinement.is_running)

    # An edit, a snapshot of it
    keys.press("Alt+E")
    assert window.explore.isVisible()
    keys.wait(lambda: any(slider.isVisible() for slider in sliders_of(window)))
    keys.wait(lambda: studio.explorer.face is not None)
    keys.tab_to("Smiling")
    keys.press("Shift+Right", times=3)
    assert studio.explorer.face.offset.any()
    edited = studio.explorer.face.latent
    keys.press("Ctrl+D")
    assert len(studio.explorer.snapshots) == 1
    keys.press("Ctrl+0")
    assert not studio.explorer.face.offset.any()
    keys.tab_to("Snapshots")
    keys.press("Tab")
    keys.press("Return")
    np.testing.assert_array_equal(studio.explorer.face.latent, edited)

    # The snapshot in a morph, played and exported
    keys.tab_to("More")
    keys.choose("Down", "Put into Morph")
    assert window.morph.path.isVisible()
    assert studio.morpher.state.faces[-1].name.startswith(chosen.name)
    keys.wait(lambda: studio.morpher.path is not None and window.morph.path.slider.isEnabled())
    keys.press("Ctrl+4")
    with qtbot.waitSignals([window.morph.path.face.painted] * 3, timeout=LOADING_MS):
        keys.press("Space")
    keys.press("Space")
    assert not window.morph.path.playback.play.isChecked()
    answers.path = tmp_path / "morph.gif"
    keys.choose("Ctrl+Shift+E", "Path as a film")
    assert isinstance(QApplication.activeModalWidget(), FilmDialog)
    keys.tab_to("Export")
    keys.press("Space")
    keys.look_at(window)
    wait_for_message(window, qtbot, "“morph.gif”")
    with Image.open(answers.path) as image:
        image.load()

    # A training of one epoch, stopped, and its run
    keys.press("Ctrl+1")
    keys.tab_to("Epochs")
    keys.press("Ctrl+A")
    keys.type("1")
    keys.press("Tab")
    assert window.train.form.config().epochs == 1
    keys.wait(window.train.start.isEnabled)
    with reported(studio.training, Progress, qtbot, timeout=2 * LOADING_MS):
        keys.press("Alt+S")
    keys.press("Alt+K")
    keys.wait(lambda: not studio.training.is_active)
    assert window.train.status.text().startswith("Stopped and kept")
    keys.press("Alt+N")
    keys.tab_to("Runs")
    keys.wait(window.train.runs.go_on.isEnabled)  # the list tells that it was stopped
    keys.press("Return")
    keys.wait(lambda: "0 of 1 epochs" in window.train.status.text())

    # A session
    answers.path = tmp_path / f"mine{SESSION_SUFFIX}"
    keys.press("Ctrl+Alt+S")
    wait_for_message(window, qtbot, answers.path.name)
    keys.press("Ctrl+3")
    keys.tab_to("Snapshots")
    keys.press("Tab")
    keys.press("Delete")
    assert studio.explorer.snapshots == ()
    keys.press("Ctrl+Alt+O")
    keys.wait(lambda: len(studio.explorer.snapshots) == 1)
    assert "path" in answers.asked


def sliders_of(window: MainWindow) -> list[LatentSlider]:
    return window.explore.attributes.findChildren(LatentSlider)
