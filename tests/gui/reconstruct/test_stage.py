"""The stage: where a photo and the pictures of its face are, and how large."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cae_gui.reconstruct.heat_map_view import HeatMapView
from cae_gui.reconstruct.stage import FaceStage
from cae_gui.reconstruct.wipe_view import WipeView
from cae_gui.widgets.face_view import FaceView


@dataclass
class Shown:
    """The stage and what is on it."""

    photo: QWidget
    original: FaceView
    reconstruction: FaceView
    wipe: WipeView
    difference: HeatMapView

    def __post_init__(self) -> None:
        views = self.original, self.reconstruction, self.wipe, self.difference
        self.original.set_caption("Original")
        self.reconstruction.set_caption("Reconstruction")
        self.difference.set_caption("Difference")
        self.stage = FaceStage(self.photo, *views)
        self.photo.hide()

    def with_photo(self) -> None:
        self.photo.show()
        self.stage.lay_out()

    def seen(self) -> list[QWidget]:
        views = self.photo, self.original, self.reconstruction, self.wipe, self.difference
        return [view for view in views if not view.isHidden()]


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    shown = Shown(
        QWidget(), FaceView(), FaceView(), WipeView(("Original", "Reconstruction")), HeatMapView()
    )
    qtbot.addWidget(shown.stage)
    shown.stage.resize(780, 530)
    with qtbot.waitExposed(shown.stage):
        shown.stage.show()
    return shown


def side(view: FaceView) -> int:
    return view.picture_rect().width()


@pytest.mark.parametrize("size", [(400, 240), (660, 300), (780, 530), (1340, 840), (500, 900)])
@pytest.mark.parametrize("photo", [False, True])
@pytest.mark.parametrize("wiped", [False, True])
@pytest.mark.parametrize("difference", [False, True])
def test_nothing_overlaps_or_leaves_the_stage(
    size: tuple[int, int], photo: bool, wiped: bool, difference: bool, shown: Shown
) -> None:
    if photo:
        shown.with_photo()
    shown.stage.wipe(wiped)
    shown.stage.show_difference(difference)
    shown.stage.resize(*size)
    seen = shown.seen()
    assert len(seen) == photo + (1 if wiped else 2) + difference
    for view in seen:
        assert shown.stage.rect().contains(view.geometry())
    for one, other in combinations(seen, 2):
        assert not one.geometry().intersects(other.geometry())
    if not wiped:
        assert side(shown.original) == side(shown.reconstruction)
        assert shown.original.y() == shown.reconstruction.y()


def test_of_three_pictures_the_first_two_are_the_largest(shown: Shown) -> None:
    for width in (500, 780, 1340):
        shown.stage.resize(width, 530)
        assert side(shown.original) >= side(shown.difference) >= 0.69 * side(shown.original)


def test_a_photo_is_at_the_left_of_large_pictures(shown: Shown) -> None:
    shown.with_photo()
    assert 0.35 * 780 <= shown.photo.width() <= 0.4 * 780
    assert shown.photo.geometry().right() < shown.original.x()
    assert side(shown.reconstruction) >= 220


def test_a_wipe_is_larger_than_two_beside_each_other(shown: Shown) -> None:
    for photo in (False, True):
        if photo:
            shown.with_photo()
        shown.stage.wipe(False)
        before = side(shown.original)
        shown.stage.wipe(True)
        assert side(shown.wipe) > 1.25 * before
