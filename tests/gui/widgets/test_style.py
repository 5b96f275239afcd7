from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QDoubleSpinBox,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QScrollBar,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QTabBar,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cae_gui.widgets.style import Style
from cae_gui.widgets.theme import palette_of
from cae_gui.widgets.tokens import CONTROL, border_of
from tests.gui.widgets.test_theme import contrast

Role = QPalette.ColorRole
Make = Callable[[], QWidget]


def tabs() -> QTabBar:
    bar = QTabBar()
    bar.addTab("One")
    bar.addTab("Two")
    return bar


def combo() -> QComboBox:
    box = QComboBox()
    box.addItems(["One", "Two"])
    return box


KINDS: dict[str, Make] = {
    "button": lambda: QPushButton("Button"),
    "check box": lambda: QCheckBox("Check"),
    "radio button": lambda: QRadioButton("Radio"),
    "field": QLineEdit,
    "number": QDoubleSpinBox,
    "list": combo,
    "slider": lambda: QSlider(Qt.Orientation.Horizontal),
    "tabs": tabs,
}


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, qtbot: QtBot, qapp: QApplication) -> Iterator[QWidget]:
    """A window in the style and the colours of a scheme."""
    before = qapp.style().objectName(), QPalette(qapp.palette())
    qapp.setStyle(Style())
    qapp.setPalette(palette_of(request.param))
    window = QWidget()
    QVBoxLayout(window)
    qtbot.addWidget(window)
    yield window
    window.close()
    qapp.setStyle(before[0])
    qapp.setPalette(before[1])


def put(page: QWidget, *widgets: QWidget) -> None:
    for widget in widgets:
        page.layout().addWidget(widget)
    page.show()
    page.activateWindow()


def colors(widget: QWidget) -> set[str]:
    image = widget.grab().toImage()
    places = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return {image.pixelColor(x, y).name() for x, y in places}


@pytest.mark.parametrize("kind", KINDS)
def test_the_focus_of_keys_is_seen(kind: str, page: QWidget, qtbot: QtBot) -> None:
    first, widget = QPushButton("First"), KINDS[kind]()
    put(page, first, widget)
    qtbot.waitUntil(page.isActiveWindow)
    first.setFocus()
    accent = page.palette().color(Role.Highlight).name()
    rest = widget.grab().toImage()
    qtbot.keyClick(first, Qt.Key.Key_Tab)
    assert widget.hasFocus()
    assert widget.grab().toImage() != rest
    assert accent in colors(widget)


@pytest.mark.parametrize("kind", ["check box", "radio button", "field", "number", "list", "button"])
def test_edges_stand_out_from_what_is_around(kind: str, page: QWidget) -> None:
    widget = KINDS[kind]()
    put(page, widget)
    edge = border_of(page.palette())
    assert edge.name() in colors(widget)
    for ground in (Role.Window, Role.Base, Role.Button):
        assert contrast(edge, page.palette().color(ground)) >= (3 if ground != Role.Button else 2.5)


@pytest.mark.parametrize("kind", ["button", "field", "number", "list"])
def test_controls_are_equally_high(kind: str, page: QWidget) -> None:
    widget = KINDS[kind]()
    put(page, widget)
    assert widget.sizeHint().height() == CONTROL


def test_a_checked_box_is_told_from_an_unchecked_one_by_more_than_its_colour(
    page: QWidget,
) -> None:
    box = QCheckBox(tristate=True)
    put(page, box)
    seen = []
    for state in (Qt.CheckState.Unchecked, Qt.CheckState.PartiallyChecked, Qt.CheckState.Checked):
        box.setCheckState(state)
        seen.append(box.grab().toImage())
    assert seen[0] != seen[1] != seen[2] != seen[0]
    assert page.palette().color(Role.HighlightedText).name() in colors(box)


def test_a_scroll_bar_is_dragged_and_clicked(page: QWidget, qtbot: QtBot) -> None:
    bar = QScrollBar(Qt.Orientation.Vertical)
    bar.setRange(0, 1000)
    bar.setPageStep(100)
    bar.setFixedHeight(300)
    put(page, bar)
    bottom = QPoint(bar.width() // 2, bar.height() - 2)
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bottom)
    assert bar.value() == bar.pageStep()
    bar.setValue(0)
    thumb = QPoint(bar.width() // 2, 5)
    qtbot.mousePress(bar, Qt.MouseButton.LeftButton, pos=thumb)
    qtbot.mouseMove(bar, bottom)
    qtbot.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=bottom)
    assert bar.value() == bar.maximum()


def test_a_handle_goes_as_far_as_the_mouse(page: QWidget, qtbot: QtBot) -> None:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, 1000)
    slider.setFixedSize(200, 30)
    put(page, slider)

    def handle() -> int:
        option = QStyleOptionSlider()
        slider.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
        return slider.style().subControlRect(control, option, part, slider).center().x()

    slider.setValue(500)
    before = handle()
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(before, 15))
    qtbot.mouseMove(slider, QPoint(before + 30, 15))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(before + 30, 15))
    assert handle() == pytest.approx(before + 30, abs=1)
    slider.setValue(0)
    assert handle() < 10


@pytest.mark.parametrize("direction", list(Qt.LayoutDirection)[:2])
def test_a_slider_is_filled_from_where_it_begins(
    direction: Qt.LayoutDirection, page: QWidget
) -> None:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setLayoutDirection(direction)
    slider.setValue(75)
    slider.setFixedWidth(200)
    put(page, slider)
    image = slider.grab().toImage()
    accent = page.palette().color(Role.Highlight)
    filled = [x for x in range(200) if image.pixelColor(x, image.height() // 2) == accent]
    is_from_left = direction is Qt.LayoutDirection.LeftToRight
    assert len(filled) > 120
    assert (min(filled) < 10) == is_from_left
    assert (max(filled) > 190) != is_from_left


def test_a_bar_shows_its_share_and_a_full_one_is_full(page: QWidget) -> None:
    bar = QProgressBar(textVisible=False)
    bar.setFixedWidth(200)
    put(page, bar)
    accent = page.palette().color(Role.Highlight)

    def filled() -> int:
        image = bar.grab().toImage()
        middle = image.height() // 2
        return sum(image.pixelColor(x, middle) == accent for x in range(200))

    lengths = []
    for value in (0, 50, 100):
        bar.setValue(value)
        lengths.append(filled())
    assert lengths[0] == 0
    assert 90 < lengths[1] < 110
    assert lengths[2] > 190
    bar.setRange(0, 0)
    assert not bar.grab().isNull()


def test_buttons_of_dialogs_have_no_icons(page: QWidget) -> None:
    box = QDialogButtonBox(
        QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
    )
    put(page, box)
    assert all(button.icon().isNull() for button in box.buttons())


def test_the_button_that_enter_presses_is_marked(page: QWidget) -> None:
    box = QDialogButtonBox(
        QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
    )
    put(page, box)
    accent = page.palette().color(Role.Highlight).name()
    box.button(QDialogButtonBox.StandardButton.Ok).setDefault(True)
    marked = [accent in colors(button) for button in box.buttons()]
    assert sorted(marked) == [False, True]
    assert accent in colors(box.button(QDialogButtonBox.StandardButton.Ok))


def test_a_mouse_click_leaves_no_ring(page: QWidget, qtbot: QtBot) -> None:
    button = QPushButton("Button")
    put(page, QPushButton("First"), button)
    qtbot.waitUntil(page.isActiveWindow)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.hasFocus()
    button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    assert QColor(page.palette().color(Role.Highlight)).name() not in colors(button)
