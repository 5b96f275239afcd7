from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QEnterEvent, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.widgets.controls import ElidedLabel, PrimaryButton, ProgressBar
from cae_gui.widgets.theme import palette_of
from tests.gui.conftest import picture_of, same_picture

LONG = "Epoch 3 of 60, and a great deal more to say about it than there is room for"


@pytest.fixture
def label(qtbot: QtBot) -> ElidedLabel:
    label = ElidedLabel(tips=True)
    qtbot.addWidget(label)
    return label


def test_a_long_text_needs_no_more_room_and_is_told_as_a_tip(label: ElidedLabel) -> None:
    label.setText("Epoch 3")
    width = label.minimumSizeHint().width()
    label.resize(120, 24)
    short = picture_of(label)
    label.setText(LONG)
    assert label.minimumSizeHint().width() == width
    assert label.toolTip() == label.text() == LONG
    assert not same_picture(short, picture_of(label))


def test_a_text_is_cut_where_there_is_no_room_for_it(label: ElidedLabel) -> None:
    label.setText(LONG)
    label.resize(120, 24)
    cut = picture_of(label)
    label.setText(f"{LONG}, which changes nothing")
    assert same_picture(cut, picture_of(label))


def test_a_label_without_tips_keeps_the_tip_that_it_was_given(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.setToolTip("How typical it is")
    label.setText(LONG)
    assert label.toolTip() == "How typical it is"


def test_another_text_asks_for_no_new_layout(qtbot: QtBot) -> None:
    class Window(QWidget):
        laid_out = 0

        def event(self, event: QEvent) -> bool:
            self.laid_out += event.type() == QEvent.Type.LayoutRequest
            return super().event(event)

    window, label = Window(), ElidedLabel()
    QVBoxLayout(window).addWidget(label)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    QApplication.sendPostedEvents()
    before = window.laid_out
    label.setText(LONG)
    QApplication.sendPostedEvents()
    assert window.laid_out == before


class Counted(ProgressBar):
    def __init__(self) -> None:
        super().__init__()
        self.paintings = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.paintings += 1


@pytest.fixture
def bar(qtbot: QtBot) -> Counted:
    bar = Counted()
    qtbot.addWidget(bar)
    with qtbot.waitExposed(bar):
        bar.show()
    qtbot.waitUntil(lambda: bar.paintings > 0)
    return bar


def test_a_new_value_waits_for_the_next_painting(bar: Counted, qtbot: QtBot) -> None:
    before = bar.paintings
    bar.setValue(40)
    bar.setValue(60)
    assert bar.value() == 60
    assert bar.paintings == before
    qtbot.waitUntil(lambda: bar.paintings > before)
    assert bar.updatesEnabled()


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


def test_enter_presses_the_main_button(button: PrimaryButton, qtbot: QtBot) -> None:
    with qtbot.waitSignal(button.clicked):
        qtbot.keyClick(button, Qt.Key.Key_Return)
