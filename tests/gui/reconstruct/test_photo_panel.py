from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cae_gui.reconstruct.photo_panel import PhotoPanel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot) -> PhotoPanel:
    panel = PhotoPanel()
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def test_all_faces_are_offered_where_several_are_free(panel: PhotoPanel) -> None:
    for count, offered in ((0, False), (1, False), (2, True), (7, True)):
        panel.set_free(count)
        assert panel.add_all.isVisible() is offered
    assert panel.add_all.text().replace("&", "") == "Add the other 7 faces"


def test_buttons_ask(panel: PhotoPanel, qtbot: QtBot) -> None:
    panel.set_free(3)
    for button, signal in (
        (panel.add_face, panel.add_face_asked),
        (panel.add_all, panel.add_all_asked),
        (panel.remove, panel.remove_asked),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, LEFT)
