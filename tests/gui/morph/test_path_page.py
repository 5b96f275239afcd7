from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.core.models import Lane, Models
from cae_gui.morph.film_export import FilmDialog
from cae_gui.morph.morpher import Morpher
from cae_gui.morph.page import MorphPage
from cae_gui.morph.path_page import PathPage
from cae_gui.studio import Studio
from cae_gui.widgets.images import fitted
from model.data.datasets import FaceSet
from model.morph.key_frames import KeyFrame, Path

LEFT = Qt.MouseButton.LeftButton
no_window_manager = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def open_path(
    morpher: Morpher, faces: FaceSet, seconds: Sequence[float], *, loop: bool = False,
    back: bool = False,
) -> None:  # fmt: skip
    """Have a path of as many faces as there are times, encoded."""
    frames = tuple(
        KeyFrame(np.full(3, number, np.float32), f"Face {number}", each)
        for number, each in enumerate(seconds)
    )
    morpher.set_path(Path(frames, loop, back), faces.images[: len(frames)])


@pytest.fixture
def morpher(studio: Studio) -> Morpher:
    return studio.morpher


@pytest.fixture
def path(page: MorphPage, morpher: Morpher, few_faces: FaceSet) -> PathPage:
    """Three faces, met after 0, 1 and 2 s."""
    open_path(morpher, few_faces, (1.0, 1.0, 1.0))
    page.path.film.set_frames(few_faces.images[:9])
    return page.path


def names(morpher: Morpher) -> list[str]:
    return [face.name for face in morpher.state.faces]


def test_it_is_empty_until_there_are_two_faces(
    path: PathPage, morpher: Morpher, few_faces: FaceSet, qtbot: QtBot
) -> None:
    path.face.set_image(few_faces.images[2], 1)
    assert path.film.count() == 9
    buttons = (path.slider, path.playback.play, path.reverse, path.more, path.export)
    assert all(button.isEnabled() for button in buttons)
    face = morpher.state.faces[0]
    morpher.undo_stack.undo()
    morpher.put(0, face)
    assert path.film.count() == 0
    assert path.face._pixels is None
    assert not any(button.isEnabled() for button in buttons)
    assert len(path.frames.cards) == 2
    path.frames.cards[1].face_dropped.emit("Ann", few_faces.images[4])
    assert names(morpher) == ["Face 0", "Ann"]
    assert not any(button.isEnabled() for button in buttons)
    morpher.set_latents(morpher.to_encode(), np.ones((1, 3), np.float32))
    assert all(button.isEnabled() for button in buttons)


def test_the_slider_by_keyboard(path: PathPage, qtbot: QtBot) -> None:
    times: list[float] = []
    path.slider.moved.connect(times.append)
    path.slider.setFocus()
    qtbot.keyClick(path.slider, Qt.Key.Key_Right)
    qtbot.keyClick(path.slider, Qt.Key.Key_PageUp)
    qtbot.keyClick(path.slider, Qt.Key.Key_End)
    assert times == [0.02, 0.22, 2.0]
    assert path.time.text() == "2.0 of 2.0 s"


def test_the_face_at_the_slider_is_decoded(path: PathPage, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[Any] = []
    monkeypatch.setattr(Models, "decode", lambda _self, latents, **_rest: decoded.append(latents))
    path.slider.setValue(1000)
    np.testing.assert_allclose(decoded, [[[1, 1, 1]]])


def on_film(path: PathPage, seconds: float) -> QPoint:
    """Return the place of a time on the film strip, in coordinates of the slider."""
    return QPoint(round(path.film.x_at(seconds)), path.film.height() // 3)


def test_a_drag_along_the_film_moves_the_face(path: PathPage, qtbot: QtBot) -> None:
    times: list[float] = []
    path.slider.moved.connect(times.append)
    qtbot.mousePress(path.film, LEFT, pos=on_film(path, 0.5))
    qtbot.mouseMove(path.film, on_film(path, 1.5))
    qtbot.mouseRelease(path.film, LEFT, pos=on_film(path, 1.5))
    qtbot.mouseMove(path.film, on_film(path, 0.2))
    assert times == pytest.approx([0.5, 1.5], abs=0.01)


def test_the_film_shows_the_faces_at_its_times(
    path: PathPage, page: MorphPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[object, Any] = {}
    monkeypatch.setattr(
        Models, "decode", lambda _self, latents, *, lane, **_rest: asked.update({lane: latents})
    )
    page.resize(page.width() + 100, page.height())
    QApplication.processEvents()
    times = path.film.frame_times()
    assert times == sorted(times)
    wanted = np.repeat(np.array(times, np.float32)[:, None], 3, 1)  # of face n it is n
    assert len(asked[Lane.FILM]) == len(times) > 4
    assert np.abs(asked[Lane.FILM] - wanted).max() < 0.1  # the ease is smooth


def test_controls(path: PathPage, page: MorphPage, morpher: Morpher, qtbot: QtBot) -> None:
    qtbot.mouseClick(path.reverse, LEFT)
    assert names(morpher) == ["Face 2", "Face 1", "Face 0"]
    qtbot.mouseClick(path.export, LEFT)
    dialog = page.findChild(FilmDialog)
    assert dialog is not None
    assert dialog.windowTitle() == "Export the morph"
    assert dialog.estimate.text() == "51 frames, 2.0 s, 192 × 192 pixels"
    dialog.reject()
    path.playback.loop.click()
    assert morpher.state.loop
    path.playback.back.click()
    assert morpher.state.back
    path.playback.speed.setFocus()
    qtbot.keyClick(path.playback.speed, Qt.Key.Key_Down)
    assert morpher.state.speed == 1.5
    assert path.reverse.text() == "Rever&se"
    morpher.remove(2)
    morpher.set_speed(2.0)
    assert path.reverse.text() == "&Swap"
    assert path.playback.speed.currentText() == "2×"
    for button in page.findChildren(QPushButton):
        assert button.text() or button.accessibleName(), button


def test_settings_are_shown_and_change_nothing(
    path: PathPage, morpher: Morpher, few_faces: FaceSet, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(path.slider.moved):
        open_path(morpher, few_faces, (1.0, 1.0, 1.0), loop=True, back=True)
    assert path.playback.loop.isChecked()
    assert path.playback.back.isChecked()
    assert path.time.text() == "0.0 of 3.0 s"
    assert morpher.undo_stack.count() == 2


@contextmanager
def opened_menu(act: Callable[[], object]) -> Iterator[dict[str, QAction]]:
    """Do what opens a menu, and give its entries."""
    act()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    yield {entry.text().replace("&", ""): entry for entry in menu.actions() if entry.text()}
    menu.close()


@no_window_manager
def test_what_else_can_be_done_with_the_path(
    path: PathPage, studio: Studio, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:  # fmt: skip
    morpher = studio.morpher
    studio.selection.select("Ann", few_faces.images[7])
    monkeypatch.setattr(
        Models, "encode", lambda _self, images, *, then, lane: then(np.full((1, 3), 5, np.float32))
    )
    with opened_menu(path.more.click) as entries:
        entries["Apply the path to the selected face"].trigger()
        assert names(morpher) == ["Ann", "Ann, step 2", "Ann, step 3"]
        assert morpher.path is not None
        assert [frame.latent[0] for frame in morpher.path.frames] == [5, 6, 7]
        with qtbot.waitSignal(path.frames.edited_wanted) as blocker:
            entries["Add the edited face from Explore"].trigger()
        assert blocker.args == [3]
        entries["Add the selected face"].trigger()
        assert names(morpher)[3:] == ["Ann"]


@no_window_manager
def test_the_menu_of_a_card(
    path: PathPage, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    frames, morpher = path.frames, studio.morpher
    studio.selection.select("Ann", few_faces.images[7])
    card = frames.cards[2]
    with opened_menu(lambda: frames.show_menu(card.index, QPoint(9, 9))) as entries:
        assert not entries["Move right"].isEnabled()
        with qtbot.waitSignal(frames.edited_wanted) as blocker:
            entries["Use the edited face from Explore"].trigger()
        assert blocker.args == [2]
        for text, expected in (
            ("Use the selected face", ["Face 0", "Face 1", "Ann"]),
            ("Move left", ["Face 0", "Ann", "Face 1"]),
            ("Remove", ["Face 0", "Ann"]),
        ):
            entries[text].trigger()
            assert names(morpher) == expected
    with opened_menu(lambda: frames.show_menu(frames.plus.index, QPoint(9, 9))) as entries:
        assert list(entries) == ["Add the selected face", "Add the edited face from Explore"]


def test_it_plays_to_the_end(
    path: PathPage, morpher: Morpher, few_faces: FaceSet, qtbot: QtBot
) -> None:
    open_path(morpher, few_faces, (0.4, 1.0))
    morpher.set_speed(2.0)
    qtbot.mouseClick(path.playback.play, LEFT)
    assert path.playback.play.text() == "Pa&use"
    qtbot.waitUntil(lambda: not path.playback.play.isChecked(), timeout=5000)
    assert path.slider.value() == path.slider.maximum()
    assert path.playback.play.text() == "Pla&y"


def test_it_goes_back_until_paused(
    path: PathPage, morpher: Morpher, few_faces: FaceSet, qtbot: QtBot
) -> None:
    open_path(morpher, few_faces, (0.5, 1.0), back=True)
    times: list[float] = []
    path.slider.moved.connect(times.append)
    qtbot.mouseClick(path.playback.play, LEFT)
    qtbot.waitUntil(lambda: bool((np.diff(times) < 0).any()), timeout=5000)
    assert max(times) > 0.25
    qtbot.mouseClick(path.playback.play, LEFT)
    with qtbot.assertNotEmitted(path.slider.moved, wait=100):
        pass


def test_the_hand_ends_the_playing(path: PathPage, qtbot: QtBot) -> None:
    path.playback.play.click()
    path.slider.sliderPressed.emit()
    assert not path.playback.play.isChecked()
    path.playback.play.click()
    qtbot.keyClick(path.slider, Qt.Key.Key_Left)
    assert not path.playback.play.isChecked()
    path.playback.play.click()
    qtbot.mouseClick(path.film, LEFT, pos=on_film(path, 0.7))
    assert not path.playback.play.isChecked()


def test_space_plays_and_pauses(path: PathPage, morpher: Morpher, qtbot: QtBot) -> None:
    for place in (path.slider, path.frames.cards[1], path.playback.play):
        qtbot.keyClick(place, Qt.Key.Key_Space)
        assert path.playback.play.isChecked()
        qtbot.keyClick(place, Qt.Key.Key_Space)
        assert not path.playback.play.isChecked()
    morpher.undo_stack.undo()
    qtbot.keyClick(path.slider, Qt.Key.Key_Space)
    assert not path.playback.play.isChecked()


def test_hidden_it_stops_playing(page: MorphPage, path: PathPage) -> None:
    path.playback.play.click()
    page.hide()
    assert not path.playback.play.isChecked()


def test_what_can_be_done_with_the_face(
    path: PathPage, page: MorphPage, few_faces: FaceSet, qtbot: QtBot
) -> None:
    path.face.set_image(few_faces.images[3], 1)
    path.slider.setValue(1000)
    actions = path.face.menu().actions()
    menu = {action.text().replace("&", "").split("\t")[0]: action for action in actions}
    assert all(action in path.more.menu().actions() for action in actions[:3])
    menu["Copy picture"].trigger()
    enlarged = fitted(few_faces.images[3], 192, 192)
    assert QApplication.clipboard().image() == enlarged
    with qtbot.waitSignal(path.edit_asked) as blocker:
        menu["Edit in Explore"].trigger()
    np.testing.assert_allclose(blocker.args[0], [1, 1, 1])
    assert blocker.args[1] == "Morph at 1.0 s"
    for text, title in (("Save picture …", "Save the face"), ("Export …", "Export the morph")):
        menu[text].trigger()
        dialogs = [each for each in page.findChildren(FilmDialog) if each.isVisible()]
        assert [each.windowTitle() for each in dialogs] == [title]
        dialogs[0].reject()


def test_without_two_faces_it_says_what_to_do(
    path: PathPage, morpher: Morpher, studio: Studio, few_faces: FaceSet, qtbot: QtBot
) -> None:
    studio.selection.select("Ann", few_faces.images[7])
    morpher.undo_stack.undo()
    assert not path.face.isVisible()
    assert "two faces" in path.stage.empty.label.text()
    for _ in range(2):
        qtbot.mouseClick(path.stage.empty.button, LEFT)
    assert names(morpher) == ["Ann", "Ann"]
    assert path.face.isVisible()


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_of_a_further_face_only_the_face_is_painted(
    path: PathPage, few_faces: FaceSet, qtbot: QtBot
) -> None:
    path.face.set_image(few_faces.images[3], 1)
    QApplication.processEvents()
    well = path.face.parentWidget()
    assert well is not None
    around = Paints(well)
    with qtbot.waitSignal(path.face.painted):
        path.face.set_image(few_faces.images[4], 2)
    assert around.count == 0
