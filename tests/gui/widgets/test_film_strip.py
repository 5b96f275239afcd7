from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cae_gui.widgets.film_strip import FilmStrip

COLORS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]
FRAMES = np.stack([np.full((48, 48, 3), color, np.uint8) for color in COLORS])
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def strip(qtbot: QtBot) -> FilmStrip:
    strip = FilmStrip(rows=2)
    strip.resize(400, 220)
    strip.set_frames(FRAMES, FRAMES[::-1])
    qtbot.addWidget(strip)
    with qtbot.waitExposed(strip):
        strip.show()
    return strip


def colors_of(strip: FilmStrip, row: int) -> list[tuple[int, ...]]:
    image = strip.grab().toImage()
    centers = [strip.frame_rect(i, row).center() for i in range(strip.count())]
    return [image.pixelColor(center).getRgb()[:3] for center in centers]


def test_two_rows_are_painted(strip: FilmStrip) -> None:
    assert colors_of(strip, 0) == COLORS
    assert colors_of(strip, 1) == COLORS[::-1]


def test_new_frames_replace_the_old_ones(strip: FilmStrip) -> None:
    colors_of(strip, 0)
    strip.set_frames(FRAMES[::-1])
    assert colors_of(strip, 0) == COLORS[::-1]


@pytest.mark.parametrize("row", [0, 1])
def test_click_in_either_row_chooses(strip: FilmStrip, qtbot: QtBot, row: int) -> None:
    with qtbot.waitSignal(strip.frame_clicked) as blocker:
        qtbot.mouseClick(strip, LEFT, pos=strip.frame_rect(2, row).center())
    assert blocker.args == [2]
    assert strip.current() == 2


def test_arrow_keys_walk_and_stop_at_the_ends(strip: FilmStrip, qtbot: QtBot) -> None:
    clicked: list[int] = []
    strip.frame_clicked.connect(clicked.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Right):
        qtbot.keyClick(strip, key)
    qtbot.keyClick(strip, Qt.Key.Key_Left)
    assert clicked == [0, 1, 3, 3, 2]


def test_setters_never_emit(strip: FilmStrip, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(strip.frame_clicked):
        strip.set_current(1)
        strip.set_frames(FRAMES[:1])
        strip.set_current(None)


def test_the_mark_goes_with_its_frame(strip: FilmStrip) -> None:
    strip.set_current(3)
    assert "marked: 4" in strip.accessibleDescription()
    strip.set_frames(FRAMES[:2])
    assert strip.current() is None


def test_the_mark_is_seen(strip: FilmStrip) -> None:
    plain = strip.grab().toImage()
    strip.set_current(1)
    assert strip.grab().toImage() != plain


def test_frames_fill_the_width_up_to_96_px(strip: FilmStrip) -> None:
    assert strip.frame_rect(0).width() == 95
    strip.resize(900, 220)
    assert strip.frame_rect(0).width() == 96
    assert strip.heightForWidth(900) == strip.heightForWidth(2000)
    assert strip.heightForWidth(200) < strip.heightForWidth(400)


def test_an_empty_strip_keeps_its_height_and_ignores_the_user(qtbot: QtBot) -> None:
    strip = FilmStrip()
    qtbot.addWidget(strip)
    strip.set_placeholder("Choose two faces.")
    height = strip.sizeHint().height()
    with qtbot.assertNotEmitted(strip.frame_clicked):
        qtbot.keyClick(strip, Qt.Key.Key_Right)
        qtbot.mouseClick(strip, LEFT)
    strip.set_frames(FRAMES)
    assert strip.heightForWidth(900) == height


def test_rows_must_match(strip: FilmStrip) -> None:
    with pytest.raises(ValueError, match="4 images over 3"):
        strip.set_frames(FRAMES, FRAMES[:3])
