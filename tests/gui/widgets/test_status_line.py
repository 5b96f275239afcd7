from __future__ import annotations

from pytestqt.qtbot import QtBot

from cae_gui.widgets.status_line import StatusLine
from tests.gui.conftest import picture_of, same_picture


def test_a_long_text_needs_no_more_room_and_is_told_as_a_tip(qtbot: QtBot) -> None:
    line = StatusLine()
    qtbot.addWidget(line)
    line.setText("Epoch 3")
    width = line.minimumSizeHint().width()
    line.resize(120, 24)
    short = picture_of(line)
    line.setText("Epoch 3 of 60, and a great deal more to say about it than there is room for")
    assert line.minimumSizeHint().width() == width
    assert line.toolTip() == line.text()
    assert not same_picture(short, picture_of(line))
