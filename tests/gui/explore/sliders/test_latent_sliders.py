from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cae_gui.explore.sliders.latent_slider import EndFace, LatentSlider, LockButton, SliderRow
from cae_gui.explore.sliders.latent_sliders import TOP, LatentSliders
from cae_gui.explore.sliders.slider_area import ROW_HEIGHT
from model.face_set import FaceSet
from tests.gui.conftest import picture_of, same_picture

ROWS = [SliderRow(f"Direction {i}") for i in range(500)]
LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
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
def top(page: Page) -> LatentSliders:
    """The sliders as they come: of 500 the first twelve."""
    return page.sliders


@pytest.fixture
def sliders(top: LatentSliders, qtbot: QtBot) -> LatentSliders:
    """All 500 sliders."""
    qtbot.mouseClick(scope(top)["All 500"], LEFT)
    return top


def scope(sliders: LatentSliders) -> dict[str, QToolButton]:
    """Return the switch between the first rows and all, as far as it can be seen."""
    buttons = [item for item in sliders.findChildren(QToolButton) if item.text()]
    return {button.text(): button for button in buttons if button.isVisible()}


def in_view(sliders: LatentSliders) -> dict[str, LatentSlider]:
    area = sliders.area
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
    sliders.area.verticalScrollBar().setValue(row * ROW_HEIGHT)


def record(sliders: LatentSliders) -> list[tuple[object, ...]]:
    events: list[tuple[object, ...]] = []
    sliders.area.edit_started.connect(lambda row: events.append(("started", row)))
    sliders.area.edited.connect(lambda row, value: events.append(("edited", row, value)))
    sliders.area.edit_finished.connect(lambda row: events.append(("finished", row)))
    return events


def test_there_are_widgets_only_for_the_rows_in_view(sliders: LatentSliders) -> None:
    for row in range(0, 500, 3):
        scroll_to(sliders, row)
    assert len(sliders.findChildren(LatentSlider)) < 20
    assert "Direction 499" in in_view(sliders)


def test_values_show_after_scrolling(sliders: LatentSliders) -> None:
    values = np.linspace(-3, 3, 500, dtype=np.float32)
    sliders.area.set_values(values)
    scroll_to(sliders, 300)
    slider = in_view(sliders)["Direction 301"]
    assert slider.value() == pytest.approx(float(values[301]))


def test_setters_never_emit(sliders: LatentSliders) -> None:
    events = record(sliders)
    sliders.area.set_values(np.ones(500))
    sliders.set_rows([], "No model yet.")
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
    sliders.area.set_values(np.full(500, -1.0))
    qtbot.mouseMove(track, start + QPoint(40, 0))
    qtbot.mouseRelease(track, LEFT, pos=start + QPoint(40, 0))
    assert {row for _, row, *_ in events} == {2}
    scroll_to(sliders, 0)
    assert in_view(sliders)["Direction 2"].value() == events[-2][2]
    assert in_view(sliders)["Direction 3"].value() == -1.0


def test_double_click_resets(sliders: LatentSliders, qtbot: QtBot) -> None:
    sliders.area.set_values(np.ones(500))
    with qtbot.waitSignal(sliders.area.edited) as blocker:
        qtbot.mouseDClick(track_of(sliders, 4), LEFT)
    assert blocker.args == [4, 0.0]
    scroll_to(sliders, 100)
    scroll_to(sliders, 0)
    assert in_view(sliders)["Direction 4"].value() == 0.0


def test_tab_reaches_every_row_and_leaves(page: Page, qtbot: QtBot) -> None:
    page.sliders.set_rows(ROWS[:40])
    qtbot.mouseClick(scope(page.sliders)["All 40"], LEFT)
    page.before.setFocus()
    names = []
    for _ in range(43):
        qtbot.keyClick(QApplication.focusWidget(), Key.Key_Tab)
        names.append(focused_name())
    assert names == ["", "", *(f"Direction {i}" for i in range(40)), ""]
    assert QApplication.focusWidget() is page.after
    qtbot.keyClick(page.after, Key.Key_Backtab)
    assert focused_name() == "Direction 39"
    for _ in range(40):
        qtbot.keyClick(QApplication.focusWidget(), Key.Key_Backtab)
    assert QApplication.focusWidget() is scope(page.sliders)["All 40"]
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
    assert sliders.area.verticalScrollBar().value() > 0


def test_search_narrows_the_rows_but_not_their_numbers(
    sliders: LatentSliders, qtbot: QtBot
) -> None:
    events = record(sliders)
    field = sliders.findChild(QLineEdit)
    field.setFocus()
    qtbot.keyClicks(field, "direction 49")
    assert list(in_view(sliders))[:2] == ["Direction 49", "Direction 490"]
    qtbot.keyClick(field, Key.Key_Return)
    assert focused_name() == "Direction 49"
    qtbot.keyClick(QApplication.focusWidget(), Key.Key_Right)
    assert events[0] == ("started", 49)


def test_empty_states(sliders: LatentSliders, qtbot: QtBot) -> None:
    sliders.set_rows(ROWS, "Train or open a model first.")
    assert in_view(sliders) == {}
    assert not sliders.findChild(QLineEdit).isEnabled()
    sliders.set_rows(ROWS)
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
        sliders.area.set_values(np.zeros(3))


def test_the_first_ones_come_first(top: LatentSliders, qtbot: QtBot) -> None:
    assert scope(top)[f"Top {TOP}"].isChecked()
    scroll_to(top, 400)
    assert max(top.area.rows_in_view()) == TOP - 1
    qtbot.mouseClick(scope(top)["All 500"], LEFT)
    scroll_to(top, 499)
    assert max(top.area.rows_in_view()) == 499
    qtbot.mouseClick(scope(top)[f"Top {TOP}"], LEFT)
    assert max(top.area.rows_in_view()) <= TOP - 1


def test_the_choice_of_all_is_kept_and_needs_no_mouse(top: LatentSliders, qtbot: QtBot) -> None:
    scope(top)[f"Top {TOP}"].setFocus()
    qtbot.keyClick(QApplication.focusWidget(), Key.Key_Right)
    top.set_rows(ROWS[:40])
    assert scope(top)["All 40"].isChecked()
    scroll_to(top, 39)
    assert max(top.area.rows_in_view()) == 39


def test_a_short_list_is_not_cut(top: LatentSliders) -> None:
    top.set_rows(ROWS[:TOP])
    assert scope(top) == {}
    scroll_to(top, TOP)
    assert max(top.area.rows_in_view()) == TOP - 1
    top.set_rows(ROWS, "No model yet.")
    assert scope(top) == {}


def test_a_search_looks_through_all(top: LatentSliders, qtbot: QtBot) -> None:
    qtbot.keyClicks(top.findChild(QLineEdit), "direction 49")
    assert top.area.rows_in_view()[:2] == [49, 490]
    assert not scope(top)[f"Top {TOP}"].isEnabled()
    top.findChild(QLineEdit).clear()
    assert top.area.rows_in_view()[0] == 0
    assert scope(top)[f"Top {TOP}"].isEnabled()


def test_ends_are_wanted_where_others_come_into_view(sliders: LatentSliders, qtbot: QtBot) -> None:
    wanted: list[list[int]] = []
    sliders.area.faces_wanted.connect(wanted.append)
    scroll_to(sliders, 100)
    assert wanted.pop()[0] == 100
    qtbot.keyClicks(sliders.findChild(QLineEdit), "direction 490")
    assert wanted.pop() == [490] == sliders.area.rows_in_view()
    sliders.findChild(QLineEdit).clear()
    sliders.set_rows(ROWS[:3])
    assert wanted.pop() == [0, 1, 2]
    sliders.set_rows(ROWS[:3])
    assert wanted.pop() == [0, 1, 2]
    wanted.clear()
    sliders.area.set_values(np.ones(3))
    assert wanted == []


def test_ends_are_wanted_only_of_a_list_that_is_seen(sliders: LatentSliders) -> None:
    wanted: list[list[int]] = []
    sliders.area.faces_wanted.connect(wanted.append)
    sliders.hide()
    sliders.set_rows(ROWS[:3])
    assert wanted == []
    assert sliders.area.rows_in_view() == []
    sliders.show()
    assert wanted[-1] == [0, 1, 2] == sliders.area.rows_in_view()


def ends_of(slider: LatentSlider) -> list[np.ndarray]:
    return [picture_of(face) for face in slider.findChildren(EndFace)]


def test_faces_stay_with_their_row(sliders: LatentSliders, few_faces: FaceSet) -> None:
    empty = ends_of(in_view(sliders)["Direction 1"])
    for row in sliders.area.rows_in_view():
        sliders.area.set_faces(row, few_faces.images[:2])
    sliders.area.set_faces(300, few_faces.images[2:4])
    seen = ends_of(in_view(sliders)["Direction 1"])
    assert not any(map(same_picture, seen, empty))
    scroll_to(sliders, 295)
    for slider in in_view(sliders).values():
        assert all(map(same_picture, ends_of(slider), empty))
    scroll_to(sliders, 0)
    sliders.set_rows(ROWS[:5])
    for slider in in_view(sliders).values():
        assert all(map(same_picture, ends_of(slider), empty))


def lock_of(sliders: LatentSliders, row: int) -> LockButton:
    return in_view(sliders)[f"Direction {row}"].findChild(LockButton)


def locked(sliders: LatentSliders) -> list[int]:
    """Return the rows in view that are shown as locked."""
    return [row for row in sliders.area.rows_in_view() if lock_of(sliders, row).isChecked()]


def test_a_lock_says_its_row_and_stays_with_it(sliders: LatentSliders, qtbot: QtBot) -> None:
    scroll_to(sliders, 100)
    with qtbot.waitSignal(sliders.area.lock_toggled) as blocker:
        qtbot.mouseClick(lock_of(sliders, 102), LEFT)
    assert blocker.args == [102, True]
    scroll_to(sliders, 300)
    assert locked(sliders) == []
    scroll_to(sliders, 100)
    assert locked(sliders) == [102]
    with qtbot.assertNotEmitted(sliders.area.lock_toggled):
        sliders.area.set_locked([101, 300])
    assert locked(sliders) == [101]


def test_a_list_without_locks(qtbot: QtBot) -> None:
    sliders = LatentSliders(locks=False)
    qtbot.addWidget(sliders)
    sliders.set_rows(ROWS[:3])
    with qtbot.waitExposed(sliders):
        sliders.show()
    assert len(in_view(sliders)) == 3
    assert not sliders.findChildren(LockButton)


def test_rows_without_room_are_disabled_and_left_out_by_tab(
    sliders: LatentSliders, qtbot: QtBot
) -> None:
    sliders.area.set_unmovable({1, 2})
    assert not track_of(sliders, 1).isEnabled()
    track_of(sliders, 0).setFocus()
    qtbot.keyClick(QApplication.focusWidget(), Key.Key_Tab)
    assert focused_name() == "Direction 3"
    qtbot.keyClick(QApplication.focusWidget(), Key.Key_Backtab)
    assert focused_name() == "Direction 0"
    scroll_to(sliders, 100)
    scroll_to(sliders, 0)
    assert not track_of(sliders, 1).isEnabled()
    sliders.area.set_unmovable(())
    assert track_of(sliders, 1).isEnabled()


class Stroke:
    """A drag with Ctrl that begins on the track of a row."""

    def __init__(self, sliders: LatentSliders, row: int) -> None:
        self.track = track_of(sliders, row)
        self.at(QTest.mousePress, 0.5, 0)

    def to(self, share: float, rows_on: int) -> None:
        """Move to a share of the track, so many rows on."""
        self.at(QTest.mouseMove, share, rows_on)

    def end(self, share: float, rows_on: int) -> None:
        self.at(QTest.mouseRelease, share, rows_on)

    def at(self, action: object, share: float, rows_on: int) -> None:
        track = self.track
        point = QPoint(round(track.width() * share), track.height() // 2 + rows_on * ROW_HEIGHT)
        if action is QTest.mouseMove:
            QTest.mouseMove(track, point)
        else:
            action(track, LEFT, CTRL, point)


def test_a_drag_with_ctrl_sets_every_row_crossed_as_one_edit(sliders: LatentSliders) -> None:
    events = record(sliders)
    stroke = Stroke(sliders, 1)
    stroke.to(0.5, 1)
    stroke.to(1.0, 3)
    stroke.end(1.0, 3)
    kinds = [kind for kind, *_ in events]
    assert kinds == ["started", *["edited"] * (len(events) - 2), "finished"]
    assert (events[0], events[-1]) == (("started", 1), ("finished", 1))
    assert [event[1] for event in events[1:-1]] == [1, 2, 3, 4]
    values = [event[2] for event in events[1:-1]]
    assert values == [
        pytest.approx(value, abs=0.15) for value in (0.0, 0.0, 1.7, 3.0)
    ]  # the third was crossed half-way
    shown = in_view(sliders)
    assert [shown[f"Direction {row}"].value() for row in (1, 2, 3, 4)] == values


def test_a_drag_with_ctrl_leaves_out_what_cannot_move(sliders: LatentSliders) -> None:
    sliders.area.set_locked([2])
    sliders.area.set_unmovable([3])
    events = record(sliders)
    stroke = Stroke(sliders, 1)
    stroke.to(0.8, 40)
    stroke.end(0.8, 40)
    edited = [event[1] for event in events[1:-1]]
    assert edited == [row for row in sliders.area.rows_in_view() if row not in (0, 2, 3)]


def test_new_rows_during_a_drag_with_ctrl_drop_it(sliders: LatentSliders) -> None:
    stroke = Stroke(sliders, 1)
    sliders.set_rows(ROWS[:5])
    events = record(sliders)
    stroke.to(0.8, 2)
    stroke.end(0.8, 2)
    assert events == []


def test_hiding_the_list_ends_a_drag_with_ctrl(sliders: LatentSliders) -> None:
    stroke = Stroke(sliders, 1)
    events = record(sliders)
    sliders.hide()
    assert events == [("finished", 1)]
    stroke.end(0.5, 0)
    assert events == [("finished", 1)]
