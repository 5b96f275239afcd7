from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPalette
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from cae_gui.explore import face_strip
from cae_gui.explore.face_strip import FaceStrip, StripFace

Key, Modifier = Qt.Key, Qt.KeyboardModifier
LEFT = Qt.MouseButton.LeftButton
RED, GREEN, BLUE = (250, 10, 10), (10, 250, 10), (10, 10, 250)


def faces(*names: str, color: tuple[int, int, int] = RED) -> list[StripFace]:
    pixels = np.full((48, 48, 3), color, np.uint8)
    return [StripFace(name, name, pixels) for name in names]


def shown(qtbot: QtBot, strip: FaceStrip, items: Sequence[StripFace]) -> FaceStrip:
    qtbot.addWidget(strip)
    strip.resize(400, strip.height())
    strip.set_faces(items)
    with qtbot.waitExposed(strip):
        strip.show()
    return strip


@pytest.fixture
def strip(qtbot: QtBot) -> FaceStrip:
    return shown(qtbot, FaceStrip(), faces("Ann", "Bob", "Cid"))


@pytest.fixture
def editable(qtbot: QtBot) -> FaceStrip:
    return shown(qtbot, FaceStrip(named=True, editable=True), faces("Ann", "Bob", "Cid"))


def rect_of(strip: FaceStrip, row: int) -> QRect:
    """Return where a face is painted: its cell without half the gap between faces."""
    return strip.visualRect(strip.model().index(row, 0)).adjusted(4, 4, -4, -4)


def color_of(strip: FaceStrip, row: int) -> tuple[int, ...]:
    picture = strip.viewport().grab().toImage()
    return tuple(picture.pixelColor(rect_of(strip, row).center()).getRgb()[:3])


def click(qtbot: QtBot, strip: FaceStrip, row: int, modifier: Modifier | None = None) -> None:
    pos = rect_of(strip, row).center()
    qtbot.mouseClick(strip.viewport(), LEFT, modifier or Modifier.NoModifier, pos)


def type_name(qtbot: QtBot, strip: FaceStrip, name: str) -> None:
    editor = strip.findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, name)
    qtbot.keyClick(editor, Key.Key_Return)
    qtbot.waitUntil(lambda: strip.findChild(QLineEdit) is None)


def test_faces_are_painted_side_by_side(qtbot: QtBot) -> None:
    items = [*faces("Ann", color=RED), *faces("Bob", color=GREEN)]
    strip = shown(qtbot, FaceStrip(), items)
    assert [color_of(strip, row) for row in (0, 1)] == [RED, GREEN]
    assert rect_of(strip, 0).right() < rect_of(strip, 1).left()
    strip.set_faces([*items[:1], *faces("Bob", color=BLUE)])
    assert color_of(strip, 1) == BLUE


def test_a_face_without_a_picture_is_an_empty_place(qtbot: QtBot) -> None:
    strip = shown(qtbot, FaceStrip(), [StripFace("Ann", "Ann")])
    expected = strip.palette().color(QPalette.ColorRole.Midlight).getRgb()[:3]
    assert color_of(strip, 0) == expected


def test_a_pale_face_is_paler(strip: FaceStrip) -> None:
    full = color_of(strip, 1)
    first, second, third = faces("Ann", "Bob", "Cid")
    strip.set_faces([first, StripFace(second.key, "Bob", second.pixels, pale=True), third])
    background = strip.palette().color(QPalette.ColorRole.Window).getRgb()[:3]
    pale = color_of(strip, 1)
    assert np.abs(np.subtract(pale, background)).sum() < np.abs(np.subtract(full, background)).sum()
    assert color_of(strip, 0) == full


def test_the_mark_is_seen_and_told(strip: FaceStrip) -> None:
    plain = strip.viewport().grab().toImage()
    strip.set_mark(1)
    assert strip.viewport().grab().toImage() != plain
    index = strip.model().index(1, 0)
    assert strip.model().data(index, Qt.ItemDataRole.AccessibleTextRole) == "Bob, shown"


def test_a_click_chooses(strip: FaceStrip, qtbot: QtBot) -> None:
    with qtbot.waitSignal(strip.chosen) as chosen:
        click(qtbot, strip, 2)
    assert chosen.args == [2]


def test_arrows_move_and_enter_chooses(strip: FaceStrip, qtbot: QtBot) -> None:
    strip.set_mark(0)
    with qtbot.assertNotEmitted(strip.chosen):
        qtbot.keyClick(strip, Key.Key_Right)
        qtbot.keyClick(strip, Key.Key_Right)
    with qtbot.waitSignal(strip.chosen) as chosen:
        qtbot.keyClick(strip, Key.Key_Return)
    assert chosen.args == [2]
    assert strip.mark() == 0


def test_setters_never_emit(editable: FaceStrip, qtbot: QtBot) -> None:
    with (
        qtbot.assertNotEmitted(editable.chosen),
        qtbot.assertNotEmitted(editable.renamed),
        qtbot.assertNotEmitted(editable.removal_asked),
    ):
        editable.set_faces(faces("Ann", "Dan"))
        editable.set_mark(1)
        editable.select(0)
        editable.set_faces([])


def test_only_what_differs_is_exchanged(strip: FaceStrip) -> None:
    gone: list[tuple[int, int]] = []
    came: list[tuple[int, int]] = []
    strip.model().rowsRemoved.connect(lambda _parent, first, last: gone.append((first, last)))
    strip.model().rowsInserted.connect(lambda _parent, first, last: came.append((first, last)))
    strip.set_faces(faces("Ann", "Bob", "Dan", "Eve"))
    assert (gone, came) == ([(2, 2)], [(2, 3)])
    strip.set_faces(faces("Bob", "Dan", "Eve", "Fay"))
    assert (gone[1:], came[1:]) == ([(0, 0)], [(3, 3)])
    assert [strip.face(row).name for row in range(strip.count())] == ["Bob", "Dan", "Eve", "Fay"]


def test_a_new_face_at_the_end_comes_into_view(strip: FaceStrip) -> None:
    names = [str(number) for number in range(500)]
    strip.set_faces(faces(*names))
    assert strip.horizontalScrollBar().value() == 0
    strip.set_faces(faces(*names, "new"))
    assert strip.viewport().rect().contains(rect_of(strip, 500))
    strip.set_mark(3)
    assert strip.viewport().rect().contains(rect_of(strip, 3))


def test_rows_in_view_are_filled_first(strip: FaceStrip, qtbot: QtBot) -> None:
    strip.set_faces(faces(*(str(number) for number in range(500))))
    with qtbot.waitSignal(strip.looked_at):
        strip.scrollTo(strip.model().index(250, 0))
    view = strip.viewport().rect()
    rows = strip.rows_to_fill()
    seen = [row for row in rows if view.intersects(rect_of(strip, row))]
    assert rows[: len(seen)] == sorted(seen)
    assert 250 in seen
    assert 2 * len(seen) <= len(rows) <= 4 * len(seen)


def test_a_name_is_typed_in_its_place(editable: FaceStrip, qtbot: QtBot) -> None:
    editable.edit_name(1)
    with qtbot.waitSignal(editable.renamed) as renamed:
        type_name(qtbot, editable, "  Bobby ")
    assert renamed.args == [1, "Bobby"]
    assert editable.face(1).name == "Bob"  # until it is set


def test_a_picture_that_comes_leaves_the_typing_alone(editable: FaceStrip, qtbot: QtBot) -> None:
    editable.edit_name(1)
    editor = editable.findChild(QLineEdit)
    qtbot.keyClicks(editor, "Bo")
    first, _, third = faces("Ann", "Bob", "Cid")
    editable.set_faces([first, *faces("Bob", color=BLUE), third])
    qtbot.keyClicks(editor, "bby")
    assert editor.text() == "Bobby"


@pytest.mark.parametrize("name", ["Bob", "   "])
def test_the_same_name_or_none_is_no_other(editable: FaceStrip, qtbot: QtBot, name: str) -> None:
    editable.edit_name(1)
    with qtbot.assertNotEmitted(editable.renamed):
        type_name(qtbot, editable, name)


def test_f2_and_a_double_click_open_the_name(editable: FaceStrip, qtbot: QtBot) -> None:
    editable.select(2)
    qtbot.keyClick(editable, Key.Key_F2)
    assert editable.findChild(QLineEdit).text() == "Cid"
    qtbot.keyClick(editable.findChild(QLineEdit), Key.Key_Escape)
    qtbot.waitUntil(lambda: editable.findChild(QLineEdit) is None)
    click(qtbot, editable, 0)
    qtbot.mouseDClick(editable.viewport(), LEFT, pos=rect_of(editable, 0).center())
    assert editable.findChild(QLineEdit).text() == "Ann"


def test_several_are_selected_and_removed(editable: FaceStrip, qtbot: QtBot) -> None:
    click(qtbot, editable, 0)
    with qtbot.assertNotEmitted(editable.chosen):  # a selection shows nothing
        click(qtbot, editable, 2, Modifier.ControlModifier)
    assert editable.selected() == [0, 2]
    with qtbot.waitSignal(editable.removal_asked) as asked:
        qtbot.keyClick(editable, Key.Key_Delete)
    assert asked.args == [[0, 2]]


def test_a_plain_strip_changes_nothing(strip: FaceStrip, qtbot: QtBot) -> None:
    strip.set_mark(1)
    with qtbot.assertNotEmitted(strip.removal_asked):
        qtbot.keyClick(strip, Key.Key_Delete)
        qtbot.keyClick(strip, Key.Key_F2)
        qtbot.mouseDClick(strip.viewport(), LEFT, pos=rect_of(strip, 1).center())
    assert strip.findChild(QLineEdit) is None


def test_a_face_is_dragged_with_its_name(
    strip: FaceStrip, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dragged: list[str] = []
    monkeypatch.setattr(
        face_strip,
        "start_faces_drag",
        lambda _source, items: dragged.extend(name for name, _ in items),
    )
    start = rect_of(strip, 1).center()
    qtbot.mousePress(strip.viewport(), LEFT, pos=start)
    for step in (4, 60):
        point = QPointF(start + QPoint(step, 0))
        modifier, kind = Modifier.NoModifier, QEvent.Type.MouseMove
        event = QMouseEvent(kind, point, point, Qt.MouseButton.NoButton, LEFT, modifier)
        QApplication.sendEvent(strip.viewport(), event)
    qtbot.mouseRelease(strip.viewport(), LEFT, pos=start + QPoint(60, 0))
    assert dragged == ["Bob"]


def test_the_menu_key_asks_for_the_current_face(editable: FaceStrip, qtbot: QtBot) -> None:
    editable.select(1)
    reason = QContextMenuEvent.Reason.Keyboard
    with qtbot.waitSignal(editable.context_asked) as asked:
        QApplication.sendEvent(
            editable.viewport(), QContextMenuEvent(reason, QPoint(), QPoint(), Modifier.NoModifier)
        )
    assert asked.args[0] == 1


def test_tips_are_made_when_they_are_asked_for(strip: FaceStrip) -> None:
    asked: list[int] = []

    def tip(row: int) -> str:
        asked.append(row)
        return f"Tip {row}"

    strip.set_tip(tip)
    assert not asked
    index = strip.model().index(2, 0)
    assert strip.model().data(index, Qt.ItemDataRole.ToolTipRole) == "Tip 2"
    assert asked == [2]


def test_an_empty_strip_says_what_to_do(qtbot: QtBot) -> None:
    strip = shown(qtbot, FaceStrip(), [])
    plain = strip.viewport().grab().toImage()
    strip.set_empty_text("Nothing here yet.")
    assert strip.accessibleDescription() == "Nothing here yet."
    assert strip.viewport().grab().toImage() != plain
    with qtbot.assertNotEmitted(strip.chosen):
        qtbot.keyClick(strip, Key.Key_Return)
        qtbot.mouseClick(strip.viewport(), LEFT)


def test_cells_are_as_wide_as_the_longest_name(qtbot: QtBot) -> None:
    name = "A name that is rather long"
    strip = shown(qtbot, FaceStrip(named=True), faces("Ann", name))
    index = strip.model().index(1, 0)
    assert strip.visualRect(index).width() > strip.fontMetrics().horizontalAdvance(name)
    strip.set_faces(faces("Ann", "Bob"))
    qtbot.waitUntil(lambda: strip.visualRect(index).width() == 80)
