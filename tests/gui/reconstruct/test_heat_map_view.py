from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cae_gui.reconstruct.heat_map_view import HeatMapView
from cae_gui.widgets.theme import palette_of
from tests.gui.conftest import picture_of, same_picture

COLORS = np.linspace((0, 0, 255), (255, 0, 0), 256).astype(np.uint8)


@pytest.fixture
def view(qtbot: QtBot) -> HeatMapView:
    view = HeatMapView()
    qtbot.addWidget(view)
    view.resize(300, 260)
    view.set_caption("Difference")
    view.set_image(np.full((48, 48, 3), 128, np.uint8))
    return view


def test_the_scale_is_beside_the_picture_and_as_high(view: HeatMapView) -> None:
    before = picture_of(view)
    view.set_scale(COLORS, 0.25)
    after = picture_of(view)

    rows, columns = np.nonzero((after[:, :, 1] < 60) & (before != after).any(axis=2))
    square = view.picture_rect()
    assert columns.min() > square.right()
    assert rows.min() == pytest.approx(square.top(), abs=1)
    assert rows.max() == pytest.approx(square.bottom(), abs=1)
    middle = after[:, columns.min() + 4]
    assert middle[square.top() + 6, 0] > 200
    assert middle[square.bottom() - 6, 2] > 200
    assert "0.25" in view.accessibleDescription()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_other_numbers_look_different(scheme: Any, view: HeatMapView) -> None:
    view.setPalette(palette_of(scheme))
    view.set_scale(COLORS, 0.25)
    first = picture_of(view)
    view.set_scale(COLORS, 0.5)
    assert not same_picture(first, picture_of(view))


@pytest.mark.parametrize("size", [(300, 100), (130, 300), (800, 300)])
def test_picture_and_scale_stay_within(size: tuple[int, int], view: HeatMapView) -> None:
    view.set_scale(COLORS, 0.25)
    view.resize(*size)
    square = view.picture_rect()
    assert view.rect().contains(square)
    assert square.width() == square.height()
    assert square.right() + view.scale_room() <= view.width()
    view.grab()
