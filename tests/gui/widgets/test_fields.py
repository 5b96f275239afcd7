from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QLocale, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QScrollArea,
    QSlider,
    QTabBar,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

import cae_gui
from cae_gui.main_window import MainWindow
from cae_gui.widgets.fields import ComboBox, CountBox, NumberBox, Slider, Tabs
from tests.gui.conftest import picture_of, same_picture

LANGUAGES = ["en", "de", "fr", "ru", "ar"]
Key = Qt.Key


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield request.param
    QLocale.setDefault(before)


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def rate_box(parent: QWidget) -> NumberBox:
    box = NumberBox(parent)
    box.setRange(1e-6, 1.0)
    box.setValue(0.02)
    box.resize(200, 30)
    box.show()
    return box


def write(box: NumberBox | CountBox, text: str, qtbot: QtBot, *, pasted: bool = False) -> None:
    """Put a text in the place of the number, and finish."""
    box.selectAll()
    if pasted:
        QApplication.clipboard().setText(text)
        box.lineEdit().paste()
    else:
        if not text:
            qtbot.keyClick(box, Key.Key_Delete)
        for sign in text:  # keyClicks knows ASCII only
            kind, none = QEvent.Type.KeyPress, Qt.KeyboardModifier.NoModifier
            QApplication.sendEvent(box, QKeyEvent(kind, 0, none, sign))
    qtbot.keyClick(box, Key.Key_Return)


@pytest.mark.parametrize("pasted", [False, True])
@pytest.mark.parametrize(
    "text", ["0.003", "0,003", "3e-3", "3E-3", ".003", "0.3e-2", "0,3e-2", "٠٫٠٠٣"]
)
def test_a_number_is_taken_as_typed_in_every_language(
    text: str, pasted: bool, language: str, parent: QWidget, qtbot: QtBot
) -> None:
    box = rate_box(parent)
    write(box, text, qtbot, pasted=pasted)
    assert box.value() == 0.003
    assert not box.is_marked()
    assert box.refusal() == ""


@pytest.mark.parametrize("pasted", [False, True])
@pytest.mark.parametrize("text", ["abc", "0.0.3", "5", "1,234.5", "0", "3e", "-1", "1e-20", "1 2"])
def test_what_cannot_be_taken_stays_marked_and_changes_nothing(
    text: str, pasted: bool, language: str, parent: QWidget, qtbot: QtBot
) -> None:
    box = rate_box(parent)
    before = picture_of(box)
    values: list[float] = []
    write(box, text, qtbot, pasted=pasted)
    box.valueChanged.connect(values.append)
    qtbot.keyClick(box, Key.Key_Return)
    assert box.text() == text
    assert box.is_marked()
    assert text in box.toolTip() == box.refusal()
    assert not same_picture(before, picture_of(box))
    assert set(values) <= {0.02}
    box.setFocus()
    box.clearFocus()
    assert box.text() == text


def test_a_refused_text_goes_by_escape_or_by_a_number(parent: QWidget, qtbot: QtBot) -> None:
    box = rate_box(parent)
    box.setToolTip("The tip")
    with qtbot.waitSignal(box.refused):
        write(box, "abc", qtbot)
    qtbot.keyClick(box, Key.Key_Escape)
    assert (box.text(), box.toolTip(), box.is_marked()) == ("0.02", "The tip", False)
    write(box, "abc", qtbot)
    write(box, "0.5", qtbot)
    assert (box.value(), box.toolTip(), box.is_marked()) == (0.5, "The tip", False)
    write(box, "", qtbot)
    write(box, "abc", qtbot)
    box.stepUp()
    assert not box.is_marked()
    assert box.value() > 0.5


def test_units_may_be_pasted_along(language: str, parent: QWidget, qtbot: QtBot) -> None:
    box = NumberBox(parent, decimals=3, least=1)
    box.setSuffix(" s")
    box.setRange(0.1, 60)
    for text in ("2.5", "2,5", "2.5 s", "2,5s"):
        box.setValue(1)
        write(box, text, qtbot, pasted=True)
        assert box.value() == 2.5
    box.setValue(2)
    assert box.cleanText() == QLocale().toString(2.0, "f", 1)
    write(box, "2.00001", qtbot)
    assert box.is_marked()
    assert box.value() == 2


@pytest.mark.parametrize("pasted", [False, True])
def test_whole_numbers(language: str, pasted: bool, parent: QWidget, qtbot: QtBot) -> None:
    box = CountBox(parent)
    box.setRange(2, 4096)
    box.setSuffix(" faces")
    for text, value in (("128", 128), ("64.0", 64), ("1e3", 1000), ("٢٥٦", 256)):
        write(box, text, qtbot, pasted=pasted)
        assert box.value() == value
        assert not box.is_marked()
    for text in ("1", "6.5", "5000", "many", "-3"):
        write(box, text, qtbot, pasted=pasted)
        assert box.is_marked()
        assert box.cleanText() == text
    box.setValue(7)
    assert box.cleanText() == QLocale().toString(7)


def test_a_training_begins_with_no_other_number_than_the_typed_one(
    window: MainWindow, qtbot: QtBot
) -> None:
    form = window.train.form
    box = next(
        box for box in form.findChildren(NumberBox) if box.accessibleName() == "Learning rate"
    )
    box.selectAll()
    qtbot.keyClicks(box, "o.003")
    window.train.start.click()
    assert not window.studio.training.is_active
    assert "o.003" in form.error()
    assert not window.train.start.isEnabled()
    write(box, "3e-3", qtbot)
    assert form.error() == ""
    assert form.config().learning_rate == 0.003


# The wheel


def turn(widget: QWidget) -> QWheelEvent:
    """Turn the wheel over the middle of a widget."""
    place = QPointF(widget.rect().center())
    event = QWheelEvent(
        place, widget.mapToGlobal(place), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    event.ignore()
    QApplication.sendEvent(widget, event)
    return event


def turn_in_window(field: QWidget) -> None:
    """Let the window have a turn of the wheel over a field: it goes on to what is around."""
    window = field.window()
    place = QPointF(field.mapTo(window, field.rect().center()))
    QTest.wheelEvent(window.windowHandle(), place, QPoint(0, -120))


FIELDS = (QComboBox, QSlider, QTabBar, NumberBox, CountBox)


def state(widget: QWidget) -> object:
    match widget:
        case QComboBox() | QTabBar():
            return widget.currentIndex()
        case QSlider() | NumberBox() | CountBox():
            return widget.value()
    raise TypeError(widget)


def test_the_wheel_changes_no_field_of_the_window_that_has_not_the_focus(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.setFocus()
    found = [field for kind in FIELDS for field in window.findChildren(kind)]
    assert len(found) > 30
    for field in found:
        assert field.focusPolicy() & Qt.FocusPolicy.WheelFocus != Qt.FocusPolicy.WheelFocus
        field.clearFocus()
        before = state(field)
        turn(field)
        assert state(field) == before, field
        assert not field.hasFocus()


def test_every_field_is_of_the_shared_kinds() -> None:
    plain = {"QComboBox", "QSpinBox", "QDoubleSpinBox", "QSlider", "QTabWidget", "QTabBar", "QDial"}
    folder = Path(cae_gui.__file__).parent
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = (
                node.func.id
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                else ""
            )
            assert name not in plain, f"{path}: {name}"


@pytest.fixture
def page(qtbot: QtBot) -> QScrollArea:
    """A page that can be scrolled, with a field of each kind in it."""
    page = QScrollArea()
    holder = QWidget()
    column = QVBoxLayout(holder)
    combo, tabs = ComboBox(), Tabs()
    combo.addItems(["a", "b", "c"])
    for name in "abc":
        tabs.addTab(QWidget(), name)
    slider, number, count = Slider(Qt.Orientation.Horizontal), NumberBox(), CountBox()
    for field in (slider, number, count):
        field.setValue(50)
    for field in (combo, tabs, slider, number, count):
        column.addWidget(field)
    column.addStretch(1)
    holder.setMinimumHeight(2000)
    page.setWidget(holder)
    page.resize(300, 400)
    qtbot.addWidget(page)
    with qtbot.waitExposed(page):
        page.show()
    return page


def test_the_wheel_scrolls_what_is_around(page: QScrollArea) -> None:
    bar = page.verticalScrollBar()
    for field in (field for kind in FIELDS for field in page.findChildren(kind)):
        page.setFocus()
        bar.setValue(0)
        before = state(field)
        turn_in_window(field)
        assert state(field) == before
        assert bar.value() > 0, field
        assert not field.hasFocus()


def test_the_wheel_changes_the_field_that_has_the_focus(page: QScrollArea, qtbot: QtBot) -> None:
    page.activateWindow()
    bar = page.verticalScrollBar()
    for field in (field for kind in FIELDS for field in page.findChildren(kind)):
        field.setFocus()
        qtbot.waitUntil(field.hasFocus)
        bar.setValue(0)
        before = state(field)
        turn_in_window(field)
        assert state(field) != before, field
        assert bar.value() == 0
