from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar
from pytestqt.qtbot import QtBot

from cae_gui.explore.typicality_gauge import TypicalityGauge


@pytest.fixture
def gauge(qtbot: QtBot) -> TypicalityGauge:
    gauge = TypicalityGauge()
    qtbot.addWidget(gauge)
    with qtbot.waitExposed(gauge):
        gauge.show()
    return gauge


def test_a_share_is_a_sentence_and_a_bar(gauge: TypicalityGauge, qtbot: QtBot) -> None:
    gauge.set_share("“Patches”", 0.634)
    assert gauge.text() == "Typical of “Patches”: 63 %"
    bar = gauge.findChild(QProgressBar)
    assert bar.value() == 63
    assert bar.accessibleName() == gauge.text()
    with qtbot.waitSignal(gauge.more_asked):
        qtbot.mouseClick(gauge.more, Qt.MouseButton.LeftButton)


def test_without_a_share_a_text_says_why(gauge: TypicalityGauge) -> None:
    gauge.set_share("“Patches”", 0.5)
    gauge.set_text("Measuring …")
    assert gauge.text() == "Measuring …"
    assert gauge.findChild(QProgressBar).value() == 0
    assert not gauge.more.isEnabled()


def test_a_face_as_typical_as_can_be_has_nowhere_to_go(gauge: TypicalityGauge) -> None:
    gauge.set_share("“Patches”", 1.0)
    assert not gauge.more.isEnabled()
    gauge.set_share("“Patches”", 0.0)
    assert gauge.more.isEnabled()


def test_a_text_moves_nothing_around_it(gauge: TypicalityGauge) -> None:
    before = gauge.sizeHint()
    gauge.set_text("Measuring what is typical: 100 of 1,000 faces, and so on and on " * 4)
    assert gauge.sizeHint() == before
    assert gauge.minimumSizeHint().width() < 400
