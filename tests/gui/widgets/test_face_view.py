from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from cae_gui.widgets.face_mime import face_from_mime, face_to_mime
from cae_gui.widgets.face_view import FaceView

RED = np.full((48, 48, 3), (255, 0, 0), np.uint8)
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
COPY = Qt.DropAction.CopyAction


@pytest.fixture
def view(qtbot: QtBot) -> FaceView:
    view = FaceView(droppable=True)
    view.resize(200, 200)
    qtbot.addWidget(view)
    with qtbot.waitExposed(view):
        view.show()
    return view


def drag_over(view: FaceView, mime: QMimeData) -> bool:
    with warnings.catch_warnings():
        # Deprecated since 6.12 in favor of a QPointF, which 6.11 doesn't take.
        warnings.simplefilter("ignore", DeprecationWarning)
        event = QDragEnterEvent(QPoint(50, 50), COPY, mime, LEFT, NONE)
    QApplication.sendEvent(view, event)
    return event.isAccepted()


def drop(view: FaceView, mime: QMimeData) -> None:
    QApplication.sendEvent(view, QDropEvent(QPointF(50, 50), COPY, mime, LEFT, NONE))


def color_at_middle(view: FaceView) -> tuple[int, ...]:
    return view.grab().toImage().pixelColor(view.picture_rect().center()).getRgb()[:3]


def test_a_new_image_is_painted_and_reported_once(view: FaceView, qtbot: QtBot) -> None:
    stamps: list[int] = []
    view.painted.connect(stamps.append)
    with qtbot.waitSignal(view.painted):
        view.set_image(RED, stamp=7)
    view.repaint()
    assert stamps == [7]
    assert color_at_middle(view) == (255, 0, 0)


def test_changing_the_array_later_changes_nothing(view: FaceView) -> None:
    pixels = RED.copy()
    view.set_image(pixels)
    pixels[:] = 0
    assert color_at_middle(view) == (255, 0, 0)


def test_no_image_shows_the_placeholder(view: FaceView) -> None:
    view.set_image(RED)
    view.set_image(None)
    view.set_placeholder("Drop a face here")
    assert color_at_middle(view) != (255, 0, 0)
    assert view.accessibleName() == "Drop a face here"


def test_a_wide_photo_keeps_its_aspect(view: FaceView) -> None:
    view.set_image(np.full((100, 400, 3), (0, 255, 0), np.uint8))
    image = view.grab().toImage()
    square = view.picture_rect()
    assert image.pixelColor(square.center()).getRgb()[:3] == (0, 255, 0)
    above = QPoint(square.center().x(), square.top() + square.height() // 4)
    assert image.pixelColor(above).getRgb()[:3] != (0, 255, 0)


def test_the_picture_stays_square_and_leaves_room_for_the_caption(view: FaceView) -> None:
    without = view.picture_rect()
    view.set_caption("Original")
    rect = view.picture_rect()
    assert rect.width() == rect.height() < without.height()


def test_click_and_keys(view: FaceView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.clicked):
        qtbot.mouseClick(view, LEFT)
    with qtbot.waitSignal(view.clicked):
        qtbot.keyClick(view, Qt.Key.Key_Return)


def test_releasing_outside_is_no_click(view: FaceView, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(view.clicked):
        qtbot.mousePress(view, LEFT, pos=QPoint(20, 20))
        qtbot.mouseRelease(view, LEFT, pos=QPoint(-20, 20))


def test_a_dropped_face_is_announced(view: FaceView, qtbot: QtBot) -> None:
    mime = face_to_mime("Ann", RED)
    assert drag_over(view, mime)
    with qtbot.waitSignal(view.face_dropped) as blocker:
        drop(view, mime)
    name, pixels = blocker.args
    assert name == "Ann"
    assert np.array_equal(pixels, RED)


def test_the_ring_shows_while_a_face_hovers(view: FaceView) -> None:
    view.clearFocus()
    plain = view.grab().toImage()
    drag_over(view, face_to_mime("Ann", RED))
    assert view.grab().toImage() != plain
    QApplication.sendEvent(view, QEvent(QEvent.Type.DragLeave))


def test_other_data_is_not_accepted(view: FaceView) -> None:
    mime = QMimeData()
    mime.setText("hello")
    assert not drag_over(view, mime)


def drag(view: FaceView, qtbot: QtBot) -> None:
    qtbot.mousePress(view, LEFT, pos=QPoint(50, 50))
    qtbot.mouseMove(view, QPoint(60, 60))
    qtbot.mouseMove(view, QPoint(120, 120))


@pytest.fixture
def dragged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []

    def record(self: QDrag, _action: Qt.DropAction) -> Qt.DropAction:
        face = face_from_mime(self.mimeData())
        assert face is not None
        names.append(face[0])
        return COPY

    monkeypatch.setattr(QDrag, "exec", record)
    return names


def test_a_named_face_can_be_dragged_out(view: FaceView, qtbot: QtBot, dragged: list[str]) -> None:
    view.set_image(RED)
    view.set_face_name("Ann")
    drag(view, qtbot)
    assert dragged == ["Ann"]


@pytest.mark.parametrize(
    "prepare",
    [
        lambda view: view.set_image(RED),
        lambda view: (view.set_image(np.zeros((60, 60, 3), np.uint8)), view.set_face_name("Ann")),
        lambda view: view.set_face_name("Ann"),
    ],
    ids=["no name", "a photo", "no image"],
)
def test_nothing_else_can_be_dragged_out(
    view: FaceView, qtbot: QtBot, dragged: list[str], prepare: Callable[[FaceView], None]
) -> None:
    prepare(view)
    drag(view, qtbot)
    assert dragged == []


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_its_menu_copies_it_and_has_what_was_added(view: FaceView) -> None:
    QGuiApplication.clipboard().setText("")
    at = QPoint(50, 50)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.mapToGlobal(at))
    QApplication.sendEvent(view, event)
    assert QApplication.activePopupWidget() is None  # there is nothing to copy
    view.set_image(RED)
    view.menu().addAction("Save …")
    QApplication.sendEvent(view, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [action.text() for action in menu.actions()] == ["&Copy picture\tCtrl+C", "Save …"]
    menu.actions()[0].trigger()
    menu.close()
    assert QGuiApplication.clipboard().image().pixelColor(9, 9).getRgb()[:3] == (255, 0, 0)


def test_the_key_copies_it(view: FaceView) -> None:
    QGuiApplication.clipboard().setText("text")
    QTest.keySequence(view, QKeySequence(QKeySequence.StandardKey.Copy))
    assert QGuiApplication.clipboard().text() == "text"  # there is nothing to copy
    view.set_image(RED)
    QTest.keySequence(view, QKeySequence(QKeySequence.StandardKey.Copy))
    assert QGuiApplication.clipboard().image().width() == 192
