from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.face_mime import face_to_mime
from cae_gui.widgets.latent_slider import SliderRow
from cae_gui.workspaces.explore import ExploreWorkspace
from cae_gui.workspaces.morph import SLIDER_STEPS, MorphWorkspace
from cae_gui.workspaces.reconstruct import ReconstructWorkspace
from cae_gui.workspaces.train import TrainWorkspace
from model.config import PRESETS
from model.datasets import FaceSet
from model.metrics import quality
from tests.gui.conftest import picture_of, same_picture

LEFT = Qt.MouseButton.LeftButton
View = TypeVar("View", bound=QWidget)


@pytest.fixture
def shown(qtbot: QtBot) -> Callable[[Any], Any]:
    def show(view: View) -> View:
        qtbot.addWidget(view)
        view.resize(1000, 700)
        with qtbot.waitExposed(view):
            view.show()
        return view

    return show


@pytest.fixture
def train(shown: Callable[[TrainWorkspace], TrainWorkspace]) -> TrainWorkspace:
    return shown(TrainWorkspace())


@pytest.fixture
def reconstruct(
    shown: Callable[[ReconstructWorkspace], ReconstructWorkspace],
) -> ReconstructWorkspace:
    return shown(ReconstructWorkspace())


@pytest.fixture
def explore(shown: Callable[[ExploreWorkspace], ExploreWorkspace]) -> ExploreWorkspace:
    return shown(ExploreWorkspace())


@pytest.fixture
def morph(shown: Callable[[MorphWorkspace], MorphWorkspace]) -> MorphWorkspace:
    return shown(MorphWorkspace())


def assert_named(view: QWidget) -> None:
    for button in view.findChildren(QPushButton):
        assert button.text() or button.accessibleName(), button


# Train


def test_train_buttons_say_what_is_wanted(train: TrainWorkspace, qtbot: QtBot) -> None:
    with qtbot.waitSignal(train.start_asked):
        qtbot.mouseClick(train.start, LEFT)
    with qtbot.waitSignal(train.layers_asked):
        qtbot.mouseClick(train.layers, LEFT)
    train.show_state(active=True, paused=False, stopping=False)
    for button, signal in (
        (train.pause, train.pause_asked),
        (train.stop, train.stop_asked),
        (train.discard, train.discard_asked),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, LEFT)
    train.show_state(active=True, paused=True, stopping=False)
    with qtbot.waitSignal(train.go_on_asked):
        qtbot.mouseClick(train.pause, LEFT)
    with qtbot.waitSignal(train.follow_changed) as blocker:
        train.follow.click()
    assert blocker.args == [True]


def test_train_offers_only_what_can_be_done(train: TrainWorkspace) -> None:
    def offered() -> list[bool]:
        return [
            button.isEnabled() for button in (train.start, train.pause, train.stop, train.discard)
        ]

    assert offered() == [True, False, False, False]
    train.show_state(active=True, paused=False, stopping=False)
    assert offered() == [False, True, True, True]
    assert train.pause.text() == "Pa&use"
    train.show_state(active=True, paused=True, stopping=False)
    assert offered() == [False, True, True, True]
    assert train.pause.text() == "&Go on"
    train.show_state(active=True, paused=False, stopping=True)
    assert offered() == [False, False, False, False]
    train.show_state(active=False, paused=False, stopping=False)
    assert offered() == [True, False, False, False]


def test_train_settings_are_locked_while_they_are_in_use(train: TrainWorkspace) -> None:
    train.show_state(active=True, paused=False, stopping=False)
    assert not any(editor.control.isEnabled() for editor in train.form._editors.values())
    train.show_state(active=False, paused=False, stopping=False)
    assert all(editor.control.isEnabled() for editor in train.form._editors.values())


def test_train_shows_progress_text_and_preview(train: TrainWorkspace, few_faces: FaceSet) -> None:
    train.set_faces("Trains on “Patches”.")
    train.set_status("Epoch 1 of 2")
    train.set_progress(500, 2000)
    train.set_preview(few_faces.images[:10], few_faces.images[10:20])
    assert train.faces.text() == "Trains on “Patches”."
    assert train.status.text() == "Epoch 1 of 2"
    assert (train.bar.value(), train.bar.maximum()) == (500, 2000)
    assert train.strip.count() == 10
    train.show_state(active=False, paused=False, stopping=False)
    assert train.bar.value() == 0


def test_train_shows_a_configuration(train: TrainWorkspace) -> None:
    config = replace(PRESETS["Reference"], epochs=7)
    train.form.set_config(config)
    assert train.form.config() == config


# Reconstruct


def test_reconstruct_shows_original_reconstruction_and_difference(
    reconstruct: ReconstructWorkspace, few_faces: FaceSet
) -> None:
    first, second = few_faces.images[:2]
    empty = picture_of(reconstruct)
    reconstruct.set_original("Ann", first)
    reconstruct.set_reconstruction(second)
    reconstruct.set_difference(first, 0.25, quality(first, second))
    assert reconstruct.original.accessibleName() == "Ann: Ann"
    text = reconstruct.numbers.text()
    assert all(name in text for name in ("MSE", "PSNR", "SSIM", "dB"))
    assert not same_picture(empty, picture_of(reconstruct))


def test_reconstruct_equal_images_have_an_infinite_psnr(
    reconstruct: ReconstructWorkspace, few_faces: FaceSet
) -> None:
    face = few_faces.images[0]
    reconstruct.set_difference(face, 0.25, quality(face, face))
    assert "infinite" in reconstruct.numbers.text()


def test_reconstruct_intents(
    reconstruct: ReconstructWorkspace, few_faces: FaceSet, qtbot: QtBot
) -> None:
    assert not reconstruct.export_face.isEnabled()
    reconstruct.set_exportable(True)
    for button, signal in (
        (reconstruct.export_face, reconstruct.export_face_asked),
        (reconstruct.export_strip, reconstruct.export_strip_asked),
        (reconstruct.other_faces, reconstruct.other_faces_asked),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, LEFT)
    reconstruct.strip.set_frames(few_faces.images[:5], few_faces.images[5:10])
    with qtbot.waitSignal(reconstruct.strip_face_clicked) as blocker:
        place = reconstruct.strip.frame_rect(3, 1).center()
        qtbot.mouseClick(reconstruct.strip, LEFT, pos=place)
    assert blocker.args == [3]
    assert_named(reconstruct)


# Explore


def test_explore_intents(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore.set_editable(True)
    explore.set_can_undo(True)
    explore.set_can_redo(True)
    for button, signal in (
        (explore.undo, explore.undo_asked),
        (explore.redo, explore.redo_asked),
        (explore.random, explore.random_asked),
        (explore.reset, explore.reset_asked),
        (explore.save, explore.save_asked),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, LEFT)
    assert_named(explore)


def test_explore_without_a_face_offers_nothing(explore: ExploreWorkspace) -> None:
    buttons = (explore.random, explore.reset, explore.save)
    assert not any(button.isEnabled() for button in buttons)
    explore.set_can_undo(False)
    explore.set_can_redo(False)
    assert not explore.undo.isEnabled()
    assert not explore.redo.isEnabled()


def test_explore_shows_sliders_or_why_there_are_none(explore: ExploreWorkspace) -> None:
    explore.set_principal([], "Choose a face first.")
    without = picture_of(explore.principal)
    explore.set_principal([SliderRow(f"PC {number}") for number in range(1, 30)], None)
    assert not same_picture(without, picture_of(explore.principal))
    explore.principal.set_values(np.zeros(29))
    explore.set_attributes([SliderRow("Smiling")], None)
    explore.attributes.set_values(np.ones(1))
    explore.set_raw([SliderRow("Latent 1")], None)
    explore.raw.set_values(np.ones(1))


def test_explore_says_when_a_picture_is_painted(
    explore: ExploreWorkspace, few_faces: FaceSet, qtbot: QtBot
) -> None:
    explore.set_face("Ann", few_faces.images[0])
    explore.set_start(few_faces.images[1])
    with qtbot.waitSignal(explore.face.painted) as blocker:
        explore.set_image(few_faces.images[2], 17)
    assert blocker.args == [17]


# Morph


def drop_face(target: QWidget, name: str, pixels: np.ndarray) -> None:
    mime = face_to_mime(name, pixels)
    actions = (Qt.DropAction.CopyAction, mime, LEFT, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(target, QDragEnterEvent(QPoint(20, 20), *actions))
    QApplication.sendEvent(target, QDropEvent(QPointF(20, 20), *actions, QEvent.Type.Drop))


def test_morph_wells_take_clicks_and_drops(
    morph: MorphWorkspace, few_faces: FaceSet, qtbot: QtBot
) -> None:
    for index, well in enumerate(morph.wells):
        with qtbot.waitSignal(morph.well_chosen) as blocker:
            qtbot.mouseClick(well, LEFT)
        assert blocker.args == [index]
        with qtbot.waitSignal(morph.face_dropped) as blocker:
            drop_face(well, "Ann", np.array(few_faces.images[index]))
        assert blocker.args[:2] == [index, "Ann"]
        assert np.array_equal(blocker.args[2], few_faces.images[index])


def test_morph_shows_wells_face_and_film(morph: MorphWorkspace, few_faces: FaceSet) -> None:
    morph.set_well(0, "Ann", few_faces.images[0])
    morph.set_well(1, "Bob", few_faces.images[1])
    assert morph.wells[1].accessibleName() == "B: Bob: Bob"
    morph.set_ready(True)
    morph.set_image(few_faces.images[2], 1)
    morph.set_film(few_faces.images[:9])
    assert morph.film.count() == 9
    assert morph.film.current() == 0
    morph.set_ready(False)
    assert morph.film.count() == 0
    assert not morph.slider.isEnabled()


def test_morph_slider_by_keyboard_moves_the_mark(
    morph: MorphWorkspace, few_faces: FaceSet, qtbot: QtBot
) -> None:
    morph.set_ready(True)
    morph.set_film(few_faces.images[:9])
    shares: list[float] = []
    morph.share_changed.connect(shares.append)
    morph.slider.setFocus()
    qtbot.keyClick(morph.slider, Qt.Key.Key_Right)
    qtbot.keyClick(morph.slider, Qt.Key.Key_PageUp)
    qtbot.keyClick(morph.slider, Qt.Key.Key_End)
    assert shares == [0.01, 0.11, 1.0]
    assert morph.film.current() == 8


def test_morph_a_frame_of_the_film_sets_the_slider(
    morph: MorphWorkspace, few_faces: FaceSet, qtbot: QtBot
) -> None:
    morph.set_ready(True)
    morph.set_film(few_faces.images[:9])
    with qtbot.waitSignal(morph.share_changed) as blocker:
        qtbot.mouseClick(morph.film, LEFT, pos=morph.film.frame_rect(4).center())
    assert blocker.args == [0.5]


def test_morph_controls(morph: MorphWorkspace, qtbot: QtBot) -> None:
    morph.set_ready(True)
    for button, signal in (
        (morph.swap, morph.swap_asked),
        (morph.export_gif, morph.export_gif_asked),
        (morph.export_strip, morph.export_strip_asked),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, LEFT)
    morph.path.setFocus()
    with qtbot.waitSignal(morph.spherical_changed) as blocker:
        qtbot.keyClick(morph.path, Qt.Key.Key_Down)
    assert blocker.args == [True]
    assert_named(morph)


def test_morph_plays_to_the_end(morph: MorphWorkspace, qtbot: QtBot) -> None:
    morph.set_ready(True)
    morph.seconds.setValue(0.5)
    morph.loop.setChecked(False)
    qtbot.mouseClick(morph.play, LEFT)
    assert morph.play.text() == "&Pause"
    qtbot.waitUntil(lambda: not morph.play.isChecked(), timeout=5000)
    assert morph.slider.value() == SLIDER_STEPS
    assert morph.play.text() == "&Play"


def test_morph_loops_until_paused(morph: MorphWorkspace, qtbot: QtBot) -> None:
    morph.set_ready(True)
    morph.seconds.setValue(0.5)
    shares: list[float] = []
    morph.share_changed.connect(shares.append)
    qtbot.mouseClick(morph.play, LEFT)
    # There and back again: it falls after it has risen.
    qtbot.waitUntil(lambda: bool((np.diff(shares) < 0).any()), timeout=5000)
    assert max(shares) > 0.5
    qtbot.mouseClick(morph.play, LEFT)
    with qtbot.assertNotEmitted(morph.share_changed, wait=100):
        pass


def test_morph_taking_the_slider_ends_the_playing(morph: MorphWorkspace, qtbot: QtBot) -> None:
    morph.set_ready(True)
    morph.play.click()
    morph.slider.sliderPressed.emit()
    assert not morph.play.isChecked()


def test_morph_hidden_stops_playing(morph: MorphWorkspace, qtbot: QtBot) -> None:
    morph.set_ready(True)
    morph.play.click()
    morph.hide()
    assert not morph.play.isChecked()
