from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt, QUrl
from PySide6.QtGui import QCursor, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cae_gui.widgets import message_bar
from cae_gui.widgets.message_bar import SHOW_IN_FOLDER, Action, MessageBar

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    QCursor.setPos(0, 0)
    window = QWidget()
    window.move(20, 20)  # the mouse, which keeps messages, is elsewhere
    column = QVBoxLayout(window)
    column.addWidget(MessageBar())
    column.addWidget(QLineEdit())
    window.resize(800, 200)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    return window


@pytest.fixture
def bar(window: QWidget) -> MessageBar:
    return window.findChild(MessageBar)


def button(bar: MessageBar, label: str) -> QAbstractButton:
    buttons = [b for b in bar.findChildren(QAbstractButton) if b.isVisible()]
    return next(b for b in buttons if label in (b.text(), b.accessibleName()))


def labels(bar: MessageBar) -> list[str]:
    buttons = [b for b in bar.findChildren(QAbstractButton) if b.isVisible()]
    return [b.accessibleName() or b.text() for b in buttons]


def press(bar: MessageBar, label: str, qtbot: QtBot) -> None:
    qtbot.mouseClick(button(bar, label), LEFT)


def test_takes_no_room_until_there_is_something(bar: MessageBar) -> None:
    assert not bar.isVisible()
    bar.show_message("Saved.")
    assert bar.isVisible()
    assert bar.message() == "Saved."
    bar.clear()
    assert not bar.isVisible()


def test_an_action_is_done_once_its_message_is_gone(bar: MessageBar, qtbot: QtBot) -> None:
    seen: list[str] = []
    download = Action("&Download", lambda: seen.append(bar.message()))
    bar.show_message("LFW isn’t here.", kind="offer", actions=[download, Action("Demo faces")])
    press(bar, "&Download", qtbot)
    assert seen == [""]
    assert not bar.isVisible()


def test_an_action_may_show_a_message(bar: MessageBar, qtbot: QtBot) -> None:
    again = Action("Again", lambda: bar.show_message("Failed again.", actions=[Action("Give up")]))
    bar.show_message("Failed.", kind="error", actions=[again])
    press(bar, "Again", qtbot)
    assert bar.message() == "Failed again."
    press(bar, "Give up", qtbot)
    assert bar.message() == ""


def test_equal_offers_about_different_things_are_kept(bar: MessageBar, qtbot: QtBot) -> None:
    put_back: list[int] = []
    for number in (1, 2):
        action = Action("Put back", partial(put_back.append, number))
        bar.show_message("“a.png” was removed.", actions=[action])
    for _ in range(2):
        press(bar, "Put back", qtbot)
    assert put_back == [2, 1]


def test_the_same_offer_does_not_pile_up(bar: MessageBar, qtbot: QtBot) -> None:
    done: list[int] = []
    for _ in range(2):
        bar.show_message("It was removed.", actions=[Action("Forget", done.clear)])
    press(bar, "Forget", qtbot)
    assert bar.message() == ""


def test_more_actions_than_there_is_room_for_are_refused(bar: MessageBar) -> None:
    with pytest.raises(ValueError, match="4 actions"):
        bar.show_message("Choose.", actions=[Action(str(number)) for number in range(5)])


def test_details_are_copied(bar: MessageBar, qtbot: QtBot) -> None:
    bar.show_message("Reading failed.", kind="error", details="Traceback: x")
    press(bar, "Copy details", qtbot)
    assert QGuiApplication.clipboard().text() == "Reading failed.\n\nTraceback: x"
    assert "Copied" in labels(bar)


def test_no_details_no_button(bar: MessageBar) -> None:
    bar.show_message("Saved.")
    assert labels(bar) == ["Close this message"]


def test_the_newest_comes_first_and_all_can_be_read(bar: MessageBar, qtbot: QtBot) -> None:
    for text in ("one", "two", "three"):
        bar.show_message(text)
    seen = [bar.message()]
    for _ in range(2):
        press(bar, "Older message", qtbot)
        seen.append(bar.message())
    assert seen == ["three", "two", "one"]
    assert not button(bar, "Older message").isEnabled()
    press(bar, "Newer message", qtbot)
    press(bar, "Close this message", qtbot)
    assert bar.message() == "one"
    press(bar, "Close this message", qtbot)
    assert bar.message() == "three"


def test_the_same_message_does_not_pile_up(bar: MessageBar) -> None:
    for text in ("one", "two", "one"):
        bar.show_message(text)
    assert bar.message() == "one"
    bar.show_message("two")
    assert "Older message" in labels(bar)
    bar.clear()
    assert bar.message() == ""


def test_never_takes_the_focus(window: QWidget, bar: MessageBar) -> None:
    field = window.findChild(QLineEdit)
    field.setFocus()
    bar.show_message("Failed.", kind="error", actions=[Action("Again")])
    assert QApplication.focusWidget() is field


def test_unknown_kinds_are_refused(bar: MessageBar) -> None:
    with pytest.raises(ValueError, match="kind"):
        bar.show_message("x", kind="fatal")


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes by itself goes at once."""
    monkeypatch.setattr(message_bar, "STAY_MS", 1)


@pytest.mark.usefixtures("brief")
def test_what_asks_for_nothing_goes_by_itself(window: QWidget, qtbot: QtBot) -> None:
    bar = window.findChild(MessageBar)
    bar.show_message("Failed.", kind="error")
    bar.show_message("Removed.", actions=[Action("Put back")])
    bar.show_message("Noted.")
    qtbot.waitUntil(lambda: bar.message() == "Removed.")
    bar.show_message("Noted again.")
    qtbot.waitUntil(lambda: bar.message() == "Removed.")
    press(bar, "Put back", qtbot)
    assert bar.message() == "Failed."


@pytest.mark.usefixtures("brief")
def test_it_stays_while_it_has_the_focus(window: QWidget, qtbot: QtBot) -> None:
    bar, field = window.findChild(MessageBar), window.findChild(QLineEdit)
    field.setFocus()
    bar.show_message("Noted.")
    bar.take_focus()
    assert bar.isAncestorOf(QApplication.focusWidget())
    for _ in range(2):
        with qtbot.waitSignal(bar._timer.timeout):
            pass
    assert bar.message() == "Noted."
    field.setFocus()
    qtbot.waitUntil(lambda: bar.message() == "")


def test_escape_closes_it_and_the_focus_goes_back(window: QWidget, qtbot: QtBot) -> None:
    bar, field = window.findChild(MessageBar), window.findChild(QLineEdit)
    field.setFocus()
    bar.take_focus()  # there is nothing to go to
    assert QApplication.focusWidget() is field
    bar.show_message("Failed.", kind="error", actions=[Action("Again")])
    bar.show_message("Failed again.", kind="error", details="x")
    bar.take_focus()
    for _ in range(2):
        focused = QApplication.focusWidget()
        assert bar.isAncestorOf(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert QApplication.focusWidget() is field


def test_a_saved_file_leads_to_its_folder(
    bar: MessageBar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    for _ in range(2):
        bar.show_saved(tmp_path / "face.png")
    assert bar.message() == "Saved as “face.png”."
    press(bar, SHOW_IN_FOLDER, qtbot)
    assert [url.toLocalFile() for url in opened] == [str(tmp_path)]
    assert bar.message() == ""


def test_it_floats_at_the_bottom_and_moves_nothing(qtbot: QtBot) -> None:
    page = QWidget()
    field = QLineEdit()
    QVBoxLayout(page).addWidget(field)
    bar = MessageBar(page)
    qtbot.addWidget(page)
    page.resize(700, 400)
    bar.float_over(page, page.rect)
    page.show()
    before, least = field.geometry(), page.minimumSizeHint()
    bar.show_message("A sentence. " * 20, kind="error", details="x", actions=[Action("Again")])
    assert field.geometry() == before
    assert page.minimumSizeHint() == least
    assert page.rect().contains(bar.geometry())
    low, high = bar.geometry().bottom(), bar.height()
    bar.show_message("Short.")
    assert bar.height() < high
    assert bar.geometry().bottom() == low
    page.resize(400, 300)
    assert page.rect().contains(bar.geometry())
    assert bar.isVisible()


def test_a_message_is_whole_whatever_was_in_its_place_before(qtbot: QtBot) -> None:
    page = QWidget()
    bar = MessageBar(page)
    qtbot.addWidget(page)
    page.resize(665, 400)
    bar.float_over(page, page.rect)
    with qtbot.waitExposed(page):
        page.show()

    def is_whole() -> bool:
        text = next(label for label in bar.findChildren(QLabel) if label.text() == bar.message())
        return text.height() >= text.heightForWidth(text.width()) > 0

    bar.show_message("A sentence. " * 15)
    assert is_whole()
    bar.show_message("Short.", kind="offer", actions=[Action("Again")])
    assert is_whole()
    press(bar, "Older message", qtbot)
    assert is_whole()
    bar.clear()
    bar.show_message("A sentence. " * 20)
    assert is_whole()


def test_it_lies_above_a_caption_where_there_is_room(qtbot: QtBot) -> None:
    page, captions = QWidget(), [QRect(0, 350, 700, 20)]
    bar = MessageBar(page)
    qtbot.addWidget(page)
    page.resize(700, 400)
    bar.float_over(page, page.rect, lambda: captions)
    page.show()
    bar.show_message("Short.")
    assert bar.height() > 0
    assert bar.geometry().bottom() < 350
    assert bar.geometry().top() > 200
    captions.append(QRect(0, 210, 700, 100))  # above this one it would hide the picture
    bar.place()
    assert bar.geometry().bottom() > 370
    captions.clear()
    low = bar.geometry()
    bar.place()
    assert bar.geometry() == low


def test_it_covers_a_caption_or_a_picture_rather_than_a_control(qtbot: QtBot) -> None:
    page, captions = QWidget(), [QRect(0, 320, 700, 20)]
    controls = [QRect(300, 360, 40, 28), QRect(350, 360, 40, 28)]
    bar = MessageBar(page)
    qtbot.addWidget(page)
    page.resize(700, 400)
    bar.float_over(page, page.rect, lambda: captions, lambda: controls)
    page.show()
    bar.show_message("Short.")
    assert bar.geometry().bottom() < 320
    captions.append(QRect(0, 210, 700, 100))
    bar.place()
    assert 320 < bar.geometry().bottom() < 360
    controls.append(QRect(0, 20, 700, 340))  # leaves no room at all
    bar.place()
    assert bar.geometry().bottom() > 360


def test_enter_presses_the_action_with_the_focus(
    bar: MessageBar, window: QWidget, qtbot: QtBot
) -> None:
    done: list[str] = []
    window.findChild(QLineEdit).setFocus()
    bar.show_message("Go on?", kind="offer", actions=[Action("Yes", lambda: done.append("yes"))])
    bar.take_focus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert done == ["yes"]
