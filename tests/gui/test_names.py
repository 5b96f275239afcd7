"""Names of files and folders that look like HTML or like marks of keys, letter by letter."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as TextQt
from PySide6.QtGui import QTextDocumentFragment, QUndoStack
from PySide6.QtWidgets import QAbstractItemView, QLabel, QWidget
from pytestqt.qtbot import QtBot

from cae_gui.core.undo import Step
from cae_gui.main_window import MainWindow
from cae_gui.widgets.controls import Label, as_tip, in_menu
from cae_gui.widgets.face_view import FaceView
from model.data.datasets import FaceSet
from tests.gui.conftest import save_faces, wait_for_message

NAMES = ["<b>bold<i>", "R&D <img src=x> &amp;", "a <br> b"]


def seen(tip: str) -> str:
    """What a person sees of a tip."""
    return QTextDocumentFragment.fromHtml(tip).toPlainText() if TextQt.mightBeRichText(tip) else tip


@pytest.mark.parametrize("name", [*NAMES, "plain", "two\nlines", "<b>two</b>\nlines", "a < b & c"])
def test_tips_show_every_letter(name: str, qtbot: QtBot) -> None:
    assert seen(as_tip(name)) == name
    label, view = Label(name), FaceView()
    qtbot.addWidget(label)
    qtbot.addWidget(view)
    assert label.textFormat() is Qt.TextFormat.PlainText
    label.setToolTip(name)
    view.set_face_name(name)
    assert seen(label.toolTip()) == name
    assert seen(view.toolTip()) == name


def labels_that_guess(widget: QWidget) -> list[str]:
    auto = Qt.TextFormat.AutoText
    found = [label for label in widget.findChildren(QLabel) if label.textFormat() is auto]
    return [label.text() for label in found if TextQt.mightBeRichText(label.text())]


def texts_with(widget: QWidget, part: str) -> set[str]:
    """Every text and tip of the window that holds a part of a name, as a person sees it."""
    found: set[str] = set()
    for child in widget.findChildren(QWidget):
        tips = [seen(child.toolTip())]
        if isinstance(child, QAbstractItemView) and (model := child.model()) is not None:
            indexes = [model.index(row, 0) for row in range(min(3, model.rowCount()))]
            tips += [seen(str(index.data(Qt.ItemDataRole.ToolTipRole) or "")) for index in indexes]
        if isinstance(child, QLabel):
            tips.append(child.text())
        found.update(tip for tip in tips if part in tip)
    return found


@pytest.mark.parametrize("name", ["<b>bold<i>", "bold & <i>R&D<u>"])
def test_the_window_shows_names_letter_by_letter(
    name: str, window: MainWindow, few_faces: FaceSet, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = save_faces(few_faces, tmp_path / name)
    for number, path in enumerate(sorted(folder.iterdir())):
        path.rename(folder / f"{name}{number:02d}.png")
    with resources.as_file(resources.files("resources") / "pretrained.safetensors") as shipped:
        model = shutil.copy(shipped, tmp_path / f"{name}.safetensors")
    window.files.open_path(folder)
    qtbot.waitUntil(lambda: window.studio.faces.source == str(folder))
    window.files.open_path(Path(model))
    qtbot.waitUntil(lambda: name in window.chip.accessibleDescription())
    for index in range(window.tabs.count()):
        window.tabs.setCurrentIndex(index)
        assert labels_that_guess(window) == []
    texts = texts_with(window, "bold")
    assert len(texts) >= 3
    assert all(name in text for text in texts), texts
    window.files.open_path(tmp_path / f"{name} missing.png")
    wait_for_message(window, qtbot, f"{name} missing.png")
    recent = window.menus._recent
    recent.aboutToShow.emit()
    assert recent.actions()[0].text() == in_menu(Path(model).name)
    assert seen(recent.actions()[0].toolTip()) == str(model)
    assert recent.actions()[0].text().replace("&&", "\0").count("&") == 0


def test_undo_names_steps_letter_by_letter(window: MainWindow) -> None:
    stack = QUndoStack(window)
    window.studio.undo_group.addStack(stack)
    window.studio.undo_group.setActiveStack(stack)
    stack.push(Step("Open “R&D”", lambda _: None, 0, 1))
    actions = {
        action.text() for action in window.findChildren(type(window.menus._recent.menuAction()))
    }
    assert "&Undo Open “R&&D”" in actions
    stack.undo()
    actions = {
        action.text() for action in window.findChildren(type(window.menus._recent.menuAction()))
    }
    assert "&Redo Open “R&&D”" in actions
    assert "&Undo" in actions
