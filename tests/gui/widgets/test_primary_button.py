from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cae_gui.widgets.primary_button import PrimaryButton
from cae_gui.widgets.theme import palette_of
from tests.gui.conftest import picture_of


@pytest.fixture
def button(qtbot: QtBot) -> PrimaryButton:
    button = PrimaryButton("&Start training")
    qtbot.addWidget(button)
    button.setPalette(palette_of("light"))
    button.resize(button.sizeHint())
    with qtbot.waitExposed(button):
        button.show()
    QApplication.sendEvent(button, QEvent(QEvent.Type.Leave))  # the mouse may rest there
    return button


def ground(button: PrimaryButton) -> tuple[int, ...]:
    return tuple(int(part) for part in picture_of(button)[4, 12])


def test_it_has_the_accent_colour_unless_it_is_disabled(button: PrimaryButton) -> None:
    accent = ground(button)
    assert accent == QColor("#4a5bd4").getRgb()[:3]
    button.setEnabled(False)
    assert ground(button) == QColor("#e9ebef").getRgb()[:3]


def test_it_takes_the_colours_of_another_palette_at_once(button: PrimaryButton) -> None:
    button.setPalette(palette_of("dark"))
    assert ground(button) == QColor("#93a1ff").getRgb()[:3]


def test_the_mouse_and_the_focus_show(button: PrimaryButton, qtbot: QtBot) -> None:
    button.clearFocus()
    plain = picture_of(button)
    place = QPointF(button.rect().center())
    QApplication.sendEvent(button, QEnterEvent(place, place, place))
    assert sum(ground(button)) > int(plain[4, 12].sum())
    button.setDown(True)
    assert sum(ground(button)) < int(plain[4, 12].sum())
    button.setDown(False)
    QApplication.sendEvent(button, QEvent(QEvent.Type.Leave))
    assert np.array_equal(picture_of(button), plain)
    button.activateWindow()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(button.hasFocus)
    assert not np.array_equal(picture_of(button), plain)


def test_its_text_is_never_cut_and_it_works_as_a_button(
    button: PrimaryButton, qtbot: QtBot
) -> None:
    text = button.fontMetrics().horizontalAdvance("Start training")
    assert button.minimumSizeHint().width() >= text + 16
    with qtbot.waitSignal(button.clicked):
        QTest.keyClick(button, Qt.Key.Key_Space)
