from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage, QPalette
from PySide6.QtWidgets import QApplication

from cae_gui.widgets.icons import Name, icon
from cae_gui.widgets.theme import palette_of

Scheme = Literal["light", "dark"]


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    before = QPalette(qapp.palette())
    yield qapp
    qapp.setPalette(before)


def ink(image: QImage) -> set[str]:
    """Return the colours of all points that are painted through."""
    places = ((x, y) for x in range(image.width()) for y in range(image.height()))
    colors: list[QColor] = [image.pixelColor(x, y) for x, y in places]
    return {color.name() for color in colors if color.alpha() == 255}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", get_args(Name))
def test_an_icon_has_the_colour_of_the_text(name: Name, scheme: Scheme, app: QApplication) -> None:
    found = icon(name)  # made before the colours change
    app.setPalette(palette_of(scheme))
    text = app.palette().color(QPalette.ColorRole.WindowText)
    grey = app.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
    assert ink(found.pixmap(48, 48).toImage()) == {text.name()}
    assert ink(found.pixmap(QSize(48, 48), QIcon.Mode.Disabled).toImage()) == {grey.name()}


def test_it_is_drawn_for_the_pixels_of_the_screen(app: QApplication) -> None:
    twice = icon("explore").pixmap(QSize(20, 20), 2.0).toImage()
    assert twice.width() == 40
    twice.setDevicePixelRatio(1.0)
    assert twice == icon("explore").pixmap(QSize(40, 40), 1.0).toImage()
