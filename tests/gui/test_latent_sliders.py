from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QSlider, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.widgets.latent_slider import LatentSlider, SliderRow
from cae_gui.widgets.latent_sliders import LatentSliders
from cae_gui.widgets.slider_area import SliderArea

ROWS = [SliderRow(f"Direction {i}") for i in range(500)]
LEFT = Qt.MouseButton.LeftButton
Key = Qt.Key


class Page(QWidget):
    """The sliders between two fields, for the order of focus."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.sliders, self.after = QLineEdit(), LatentSliders(), QLineEdit()
        column = QVBoxLayout(self)
        for widget in (self.before, self.sliders, self.after):
            column.addWidget(widget)
        self.sliders.set_rows(ROWS)
        self.resize(400, 400)


@pytest.fixture
def page(qtbot: QtBot) -> Page:
    page = Page()
    qtbot.addWidget(page)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    return page


@pytest.fixture
def sliders(page: Page) -> LatentSliders:
    return page.sliders


def in_view(sliders: LatentSliders) -> dict[str, LatentSlider]:
    area = sliders.findChild(SliderArea)
    found = [s for s in sliders.findChildren(LatentSlider) if s.isVisible()]
    return {s.row().name: s for s in found if s.geometry().intersects(area.viewport().rect())}


def focused_name() -> str:
    widget = QApplication.focusWidget()
    return widget.accessibleName() if isinstance(widget, QSlider) else ""


def track_of(sliders: LatentSliders, row: int) -> QSlider:
    return in_view(sliders)[f"Direction {row}"].findChild(QSlider)


def handle_of(track: QSlider) -> QPoint:
    margin = 8
    span = track.width() - 2 * margin
    return QPoint(margin + span * track.value() // track.maximum(), track.height() // 2)


def scroll_to(sliders: LatentSliders, row: int) -> None:
    sliders.findChild(SliderArea).verticalScrollBar().setValue(row * 32)


def record(sliders: LatentSliders) -> list[tuple[object, ...]]:
    events: list[tuple[object, ...]] = []
    sliders.edit_started.connect(lambda row: events.append(("started", row)))
    sliders.edited.connect(lambda row, value: events.append(("edited", row, value)))
    sliders.edit_finished.connect(lambda row: events.append(("finished", row)))
    return events


def test_there_are_widgets_only_for_the_rows_in_view(sliders: LatentSliders) -> None:
    for row in range(0, 500, 3):
        scroll_to(sliders, row)
    assert len(sliders.findChildren(LatentSlider)) < 20
    assert "Direction 499" in in_view(sliders)


def test_values_show_after_scrolling(sliders: LatentSliders) -> None:
    values = np.linspace(-3, 3, 500, dtype=np.float32)
    sliders.set_values(values)
    scroll_to(sliders, 300)
    slider = in_view(sliders)["Direction 301"]
    assert slider.value() == pytest.approx(float(values[301]))


def test_setters_never_emit(sliders: LatentSliders) -> None:
    events = record(sliders)
    sliders.set_values(np.ones(500))
    sliders.set_enabled_text("No model yet.")
    sliders.set_enabled_text(None)
    sliders.set_rows(ROWS[:3])
    assert events == []


def test_a_keyboard_step_is_one_edit(sliders: LatentSliders, qtbot: QtBot) -> None:
    events = record(sliders)
    scroll_to(sliders, 100)
    qtbot.keyClick(track_of(sliders, 102), Key.Key_Right)
    assert events == [("started", 102), ("edited", 102, pytest.approx(0.06)), ("finished", 102)]


def test_a_drag_is_one_edit(sliders: LatentSliders, qtbot: QtBot) -> None:
    events = record(sliders)
    track = track_of(sliders, 1)
    start = handle_of(track)
    qtbot.mousePress(track, LEFT, pos=start)
    for step in (10, 20, 30):
        qtbot.mouseMove(track, start + QPoint(step, 0))
    qtbot.mouseRelease(track, LEFT, pos=start + QPoint(30, 0))
    kinds = [kind for kind, *_ in events]
    assert kinds == ["started", "edited", "edited", "edited", "finished"]
    assert {row for _, row, *_ in events} == {1}


def test_a_dragged_row_keeps_its_widget_and_value(sliders: LatentSliders, qtbot: QtBot) -> None:
    events = record(sliders)
    track = track_of(sliders, 2)
    start = handle_of(track)
    qtbot.mousePress(track, LEFT, pos=start)
    qtbot.mouseMove(track, start + QPoint(20, 0))
    scroll_to(sliders, 200)
    sliders.set_values(np.full(500, -1.0))
    qtbot.mouseMove(track, start + QPoint(40, 0))
    qtbot.mouseRelease(track, LEFT, pos=start + QPoint(40, 0))
    assert {row for _, row, *_ in events} == {2}
    scroll_to(sliders, 0)
    assert in_view(sliders)["Direction 2"].value() == events[-2][2]
    assert in_view(sliders)["Direction 3"].value() == -1.0


def test_double_click_resets(sliders: LatentSliders, qtbot: QtBot) -> None:
    sliders.set_values(np.ones(500))
    with qtbot.waitSignal(sliders.reset_asked) as blocker:
        qtbot.mouseDClick(track_of(sliders, 4), LEFT)
    assert blocker.args == [4]
    scroll_to(sliders, 100)
    scroll_to(sliders, 0)
    assert in_view(sliders)["Direction 4"].value() == 0.0


def test_tab_reaches_every_row_and_leaves(page: Page, qtbot: QtBot) -> None:
    page.sliders.set_rows(ROWS[:40])
    page.before.setFocus()
    names = []
    for _ in range(42):
        qtbot.keyClick(QApplication.focusWidget(), Key.Key_Tab)
        names.append(focused_name())
    assert names == ["", *(f"Direction {i}" for i in range(40)), ""]
    assert QApplication.focusWidget() is page.after
    qtbot.keyClick(page.after, Key.Key_Backtab)
    assert focused_name() == "Direction 39"
    for _ in range(40):
        qtbot.keyClick(QApplication.focusWidget(), Key.Key_Backtab)
    assert QApplication.focusWidget() is page.sliders.findChild(QLineEdit)


def test_page_keys_scroll_and_an_arrow_comes_back(sliders: LatentSliders, qtbot: QtBot) -> None:
    events = record(sliders)
    track = track_of(sliders, 0)
    track.setFocus()
    for _ in range(3):
        qtbot.keyClick(track, Key.Key_PageDown)
    assert "Direction 0" not in in_view(sliders)
    assert events == []
    qtbot.keyClick(track, Key.Key_Right)
    assert "Direction 0" in in_view(sliders)
    assert {row for _, row, *_ in events} == {0}


def test_the_wheel_scrolls_and_changes_nothing(sliders: LatentSliders) -> None:
    events = record(sliders)
    track = track_of(sliders, 0)
    window = sliders.window()
    middle = QPointF(track.mapTo(window, track.rect().center()))
    QTest.wheelEvent(window.windowHandle(), middle, QPoint(0, -240))
    assert events == []
    assert sliders.findChild(SliderArea).verticalScrollBar().value() > 0


def test_search_narrows_the_rows_but_not_their_numbers(
    sliders: LatentSliders, qtbot: QtBot
) -> None:
    events = record(sliders)
    sliders.focus_search()
    field = sliders.findChild(QLineEdit)
    qtbot.keyClicks(field, "direction 49")
    assert list(in_view(sliders))[:2] == ["Direction 49", "Direction 490"]
    qtbot.keyClick(field, Key.Key_Return)
    assert focused_name() == "Direction 49"
    qtbot.keyClick(QApplication.focusWidget(), Key.Key_Right)
    assert events[0] == ("started", 49)


def test_empty_states(sliders: LatentSliders, qtbot: QtBot) -> None:
    sliders.set_enabled_text("Train or open a model first.")
    assert in_view(sliders) == {}
    assert not sliders.findChild(QLineEdit).isEnabled()
    sliders.set_enabled_text(None)
    qtbot.keyClicks(sliders.findChild(QLineEdit), "xyz")
    assert in_view(sliders) == {}


def test_new_rows_during_a_drag_end_it(sliders: LatentSliders, qtbot: QtBot) -> None:
    track = track_of(sliders, 1)
    start = handle_of(track)
    qtbot.mousePress(track, LEFT, pos=start)
    sliders.set_rows(ROWS[:5])
    events = record(sliders)
    qtbot.mouseMove(track_of(sliders, 1), start + QPoint(30, 0))
    qtbot.mouseRelease(track_of(sliders, 1), LEFT, pos=start)
    assert events == []


def test_values_must_match_the_rows(sliders: LatentSliders) -> None:
    with pytest.raises(ValueError, match="500 rows"):
        sliders.set_values(np.zeros(3))


def test_tracks_begin_alike_and_leave_long_names_room(sliders: LatentSliders) -> None:
    def begins() -> set[int]:
        QApplication.processEvents()
        return {slider.findChild(QSlider).x() for slider in in_view(sliders).values()}

    sliders.set_rows([SliderRow("A"), SliderRow("B")])
    short = begins()
    sliders.set_rows([SliderRow("A"), SliderRow("Mouth wide open and so on")])
    long = begins()
    assert len(short) == len(long) == 1
    assert min(long) > max(short)
