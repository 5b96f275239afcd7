"""The wipe: two pictures in one place, parted by a line that mouse and keys move."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from cae_gui.reconstruct.wipe_view import WipeView
from tests.gui.conftest import picture_of

LEFT = Qt.MouseButton.LeftButton
RED, BLUE = (255, 0, 0), (0, 0, 255)


def plain(color: tuple[int, int, int]) -> np.ndarray:
    return np.full((48, 48, 3), color, np.uint8)


@pytest.fixture
def view(qtbot: QtBot) -> WipeView:
    view = WipeView(("Original", "Reconstruction"))
    qtbot.addWidget(view)
    view.resize(300, 320)
    view.set_pair(plain(RED), plain(BLUE))
    with qtbot.waitExposed(view):
        view.show()
    return view


def seen_share(view: WipeView) -> float:
    """The share of the picture's width that is red, a quarter of its height from the top."""
    square = view.picture_rect()
    row = picture_of(view)[square.top() + square.height() // 4, square.left() : square.right() + 1]
    return float((row[:, 0] > 200).mean() - (row.min(axis=1) > 200).mean())


def at(view: WipeView, share: float) -> QPoint:
    square = view.picture_rect()
    return QPoint(square.left() + round(share * square.width()), square.center().y())


def test_the_first_is_at_the_left_of_the_line(view: WipeView) -> None:
    for share in (0.5, 0.2, 0.9):
        view.set_share(share)
        assert seen_share(view) == pytest.approx(share, abs=0.03)
        pixels = view.pixels()
        assert pixels is not None
        column = round(48 * share)
        assert (pixels[:, :column] == RED).all()
        assert (pixels[:, column:] == BLUE).all()


def test_the_line_is_dragged_and_goes_back_by_a_double_click(view: WipeView, qtbot: QtBot) -> None:
    qtbot.mousePress(view, LEFT, pos=at(view, 0.5))
    qtbot.mouseMove(view, at(view, 0.7))
    qtbot.mouseMove(view, at(view, 0.8))
    qtbot.mouseRelease(view, LEFT, pos=at(view, 0.8))
    assert view.share() == pytest.approx(0.8, abs=0.01)
    qtbot.mouseMove(view, at(view, 0.1))
    assert view.share() == pytest.approx(0.8, abs=0.01)
    qtbot.mousePress(view, LEFT, pos=QPoint(view.width() - 1, 40))
    assert view.share() == 1.0
    qtbot.mouseDClick(view, LEFT, pos=at(view, 0.3))
    assert view.share() == 0.5


@pytest.mark.parametrize(
    ("key", "shifted", "share"),
    [
        (Qt.Key.Key_Left, False, 0.48),
        (Qt.Key.Key_Right, False, 0.52),
        (Qt.Key.Key_Right, True, 0.6),
        (Qt.Key.Key_Left, True, 0.4),
        (Qt.Key.Key_PageUp, False, 0.4),
        (Qt.Key.Key_PageDown, False, 0.6),
        (Qt.Key.Key_Home, False, 0.0),
        (Qt.Key.Key_End, False, 1.0),
    ],
)
def test_keys_move_the_line(
    key: Qt.Key, shifted: bool, share: float, view: WipeView, qtbot: QtBot
) -> None:
    none, shift = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(view, key, shift if shifted else none)
    assert view.share() == pytest.approx(share)
    assert f"Original {share:.0%}" in view.accessibleDescription()


def test_the_line_stays_on_the_picture(view: WipeView, qtbot: QtBot) -> None:
    qtbot.keyClick(view, Qt.Key.Key_End)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.share() == 1.0


def test_pictures_of_two_sizes_are_refused(view: WipeView) -> None:
    with pytest.raises(ValueError, match="beside"):
        view.set_pair(plain(RED), plain(BLUE)[:24])
