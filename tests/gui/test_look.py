"""What holds for the look of the whole window: keys, focus, names, places, sizes and colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QKeySequence, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QMenu,
    QTabBar,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cae_gui.main_window import MainWindow
from cae_gui.widgets.controls import ElidedLabel
from cae_gui.widgets.message_bar import Action
from cae_gui.widgets.theme import palette_of
from cae_gui.widgets.tokens import HEADER, NARROW, border_of
from cae_gui.widgets.workspace import Workspace
from tests.gui.conftest import LOADING_MS
from tests.gui.widgets.test_theme import contrast

WORKSPACES = ("train", "reconstruct", "explore", "morph")
LARGE = 1920, 1080
SMALL = 900, 500
Role = QPalette.ColorRole


def turn_to(window: MainWindow, workspace: str) -> Workspace:
    page: Workspace = getattr(window, workspace)
    window.tabs.setCurrentWidget(page)
    QApplication.processEvents()
    return page


def sub_tabs(page: QWidget) -> Iterator[None]:
    """Turn to every tab of every set of tabs in a page, one after the other."""
    yield
    for tabs in page.findChildren(QTabWidget):
        for index in range(tabs.count()):
            if tabs.isVisible():
                tabs.setCurrentIndex(index)
                QApplication.processEvents()
                yield


# Mnemonics


def texts_of(widget: QWidget) -> list[str]:
    """Return the texts of a widget that may have a mnemonic."""
    if isinstance(widget, QAbstractButton):
        return [widget.text()]
    if isinstance(widget, QLabel):
        return [widget.text()] if widget.buddy() is not None else []
    if isinstance(widget, QTabBar):
        return [widget.tabText(index) for index in range(widget.count())]
    return []


def mnemonics(window: MainWindow) -> dict[str, list[str]]:
    """Return the texts in view for each key that they react to."""
    texts = [action.text() for action in window.menuBar().actions()]
    for widget in window.findChildren(QWidget):
        if widget.isVisible():
            texts += texts_of(widget)
    found: dict[str, list[str]] = {}
    for text in texts:
        if key := QKeySequence.mnemonic(text).toString():
            found.setdefault(key, []).append(text)
    return found


@pytest.mark.parametrize("workspace", WORKSPACES)
def test_no_two_texts_in_view_have_the_same_mnemonic(workspace: str, window: MainWindow) -> None:
    window.resize(*LARGE)
    page, collisions = turn_to(window, workspace), set[tuple[str, ...]]()
    for _ in sub_tabs(page):
        found = mnemonics(window)
        assert len(found) >= len(WORKSPACES)
        collisions |= {tuple(texts) for texts in found.values() if len(texts) > 1}
    assert not collisions


def test_no_two_entries_of_a_menu_have_the_same_mnemonic(window: MainWindow) -> None:
    for menu in window.menuBar().findChildren(QMenu):
        keys = [QKeySequence.mnemonic(action.text()).toString() for action in menu.actions()]
        counts = Counter(filter(None, keys))
        assert not [key for key, count in counts.items() if count > 1], menu.title()


# Focus


def is_seen(widget: QWidget, window: MainWindow) -> bool:
    """Return whether something of a widget is in view and lies under nothing else."""
    if not widget.isVisible():
        return False
    for x in (0.5, 0.1, 0.9):
        for y in (0.5, 0.1, 0.9):
            point = QPoint(int(widget.width() * x), int(widget.height() * y))
            at = window.childAt(widget.mapTo(window, point))
            if at is not None and (at is widget or widget.isAncestorOf(at)):
                return True
    return False


def walk(window: MainWindow, qtbot: QtBot, most: int = 200) -> list[QWidget]:
    """Press Tab until the focus is where it began, and return where it was."""
    window.activateWindow()
    window.header.fold_left.setFocus()
    first = QApplication.focusWidget()
    assert first is not None
    been = [first]
    for _ in range(most):
        qtbot.keyClick(been[-1], Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is not None
        if focused is first:
            return been
        been.append(focused)
    raise AssertionError(f"{most} times Tab, and never back: {been[-5:]}")


def part_of(widget: QWidget, page: Workspace) -> str:
    """Return where in a page a widget lies, in which the drawer is closed."""
    place, stage = widget.mapTo(page, widget.rect().center()), page.stage_rect()
    if place.x() > stage.right():
        return "inspector"
    return "strip" if place.y() > stage.bottom() else "stage"


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # tips on focus
@pytest.mark.parametrize("form", ["wide", "narrow", "folded"])
@pytest.mark.parametrize("workspace", WORKSPACES)
def test_tab_goes_to_what_is_seen_and_round(
    workspace: str, form: str, window: MainWindow, qtbot: QtBot
) -> None:
    window.resize(NARROW - 50 if form == "narrow" else 1440, 900)
    page = turn_to(window, workspace)
    if form == "folded":
        for action in (window.folding.gallery, window.folding.inspector):
            action.trigger()
    QApplication.processEvents()
    been = walk(window, qtbot)
    hidden = [widget for widget in been if not is_seen(widget, window)]
    assert not hidden
    assert window.header.export in been
    assert any(page.isAncestorOf(widget) for widget in been)
    is_in_gallery = any(window.gallery.isAncestorOf(widget) for widget in been)
    assert is_in_gallery is window.gallery.isVisible()
    parts = [part_of(widget, page) for widget in been if page.isAncestorOf(widget)]
    assert parts[0] == "stage"
    assert parts == sorted(parts, key=["stage", "strip", "inspector"].index)


def test_the_focus_goes_to_a_message_and_back(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    window.gallery.focus_faces()
    before = QApplication.focusWidget()
    window.messages.show_message("Failed.", kind="error", actions=[Action("Again")])
    qtbot.keyClick(window, Qt.Key.Key_F8)
    focused = QApplication.focusWidget()
    assert window.messages.isAncestorOf(focused)
    qtbot.keyClick(focused, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is before


# Names


def cut_texts(window: MainWindow) -> list[str]:
    """Return the texts in view for which there is less room than they need."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible():
            continue
        room = widget.width()
        if isinstance(widget, ElidedLabel):
            needed = widget.fontMetrics().horizontalAdvance(widget.text())
        elif isinstance(widget, QAbstractButton) or (
            isinstance(widget, QLabel) and not widget.wordWrap()
        ):
            needed = widget.minimumSizeHint().width() if widget.text() else 0
        elif isinstance(widget, QTabBar):
            needed = sum(widget.tabRect(index).width() for index in range(widget.count()))
        else:
            continue
        if needed > room:
            found.append(f"{type(widget).__name__} “{getattr(widget, 'text', str)()}”")
    return found


@pytest.mark.parametrize("workspace", WORKSPACES)
def test_nothing_is_cut_where_there_is_room(workspace: str, window: MainWindow) -> None:
    window.resize(*LARGE)
    page, cut = turn_to(window, workspace), set[str]()
    for _ in sub_tabs(page):
        cut |= set(cut_texts(window))
    assert not cut
    assert "…" not in window.chip.text()


# Places and sizes


def places(part: QWidget) -> dict[QWidget, QRect]:
    seen = [part, *(child for child in part.findChildren(QWidget) if child.isVisible())]
    return {each: QRect(each.mapTo(part, QPoint(0, 0)), each.size()) for each in seen}


@pytest.mark.parametrize("workspace", WORKSPACES)
def test_a_message_moves_nothing(workspace: str, window: MainWindow) -> None:
    page = turn_to(window, workspace)
    before, least = places(page), page.minimumSizeHint()
    window.messages.show_message("A long sentence. " * 30, kind="error", details="x")
    QApplication.processEvents()
    assert places(page) == before
    assert page.minimumSizeHint() == least
    bar = window.messages
    assert bar.isVisible()
    assert window.tabs.rect().contains(bar.geometry())


@pytest.mark.parametrize("workspace", ["reconstruct", "explore"])
def test_a_message_covers_no_caption(workspace: str, window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 720)
    page = turn_to(window, workspace)
    qtbot.waitUntil(lambda: bool(page.captions()), timeout=LOADING_MS)
    window.messages.show_message("The picture was copied.")
    assert window.messages.height() > 0
    assert not any(rect.intersects(window.messages.geometry()) for rect in page.captions())


@pytest.mark.parametrize("workspace", ["explore", "morph"])
def test_a_message_covers_no_control_of_the_stage(workspace: str, window: MainWindow) -> None:
    window.resize(1280, 720)
    page = turn_to(window, workspace)
    window.messages.show_message("The picture was copied.")
    for _ in sub_tabs(page):
        window.messages.place()
        assert page.controls()
        assert not [at for at in page.controls() if at.intersects(window.messages.geometry())]


@pytest.mark.parametrize("workspace", WORKSPACES)
def test_every_workspace_fits_into_the_smallest_window(workspace: str, window: MainWindow) -> None:
    window.resize(*SMALL)
    page = turn_to(window, workspace)
    assert (window.width(), window.height()) == SMALL
    least, room = page.minimumSizeHint(), window.tabs.size()
    assert least.width() <= room.width()
    assert least.height() <= room.height()


def test_the_header_is_as_high_as_it_should_be_and_over_all(window: MainWindow) -> None:
    header = window.header
    assert header.height() == HEADER
    assert header.width() == window.width()
    assert header.mapTo(window, QPoint(0, 0)).y() < window.gallery.mapTo(window, QPoint(0, 0)).y()


# Colours


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_and_edges_are_told_from_what_is_behind(scheme: str) -> None:
    palette = palette_of(scheme)  # type: ignore[arg-type]
    body = [
        (Role.WindowText, Role.Window),
        (Role.PlaceholderText, Role.Window),
        (Role.PlaceholderText, Role.Base),
        (Role.ButtonText, Role.Button),  # of a message, too
        (Role.ButtonText, Role.Midlight),
        (Role.BrightText, Role.Window),
        (Role.HighlightedText, Role.Highlight),
        (Role.Link, Role.Button),
    ]
    for text, ground in body:
        assert contrast(palette.color(text), palette.color(ground)) >= 4.5, (text, ground)
    for ground in (Role.Window, Role.Base, Role.Button):
        for edge in (palette.color(Role.Highlight), palette.color(Role.BrightText)):
            assert contrast(edge, palette.color(ground)) >= 3, ground
    for ground in (Role.Window, Role.Base):
        assert contrast(border_of(palette), palette.color(ground)) >= 3, ground
