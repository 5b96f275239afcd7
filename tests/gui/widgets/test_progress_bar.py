from __future__ import annotations

import pytest
from PySide6.QtGui import QPaintEvent
from pytestqt.qtbot import QtBot

from cae_gui.widgets.progress_bar import ProgressBar


class Counted(ProgressBar):
    def __init__(self) -> None:
        super().__init__()
        self.paintings = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.paintings += 1


@pytest.fixture
def bar(qtbot: QtBot) -> Counted:
    bar = Counted()
    qtbot.addWidget(bar)
    with qtbot.waitExposed(bar):
        bar.show()
    qtbot.waitUntil(lambda: bar.paintings > 0)
    return bar


def test_a_new_value_waits_for_the_next_painting(bar: Counted, qtbot: QtBot) -> None:
    before = bar.paintings
    bar.setValue(40)
    bar.setValue(60)
    assert bar.value() == 60
    assert bar.paintings == before
    qtbot.waitUntil(lambda: bar.paintings > before)
    assert bar.updatesEnabled()
