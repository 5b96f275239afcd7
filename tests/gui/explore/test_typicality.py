from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QProgressBar
from pytestqt.qtbot import QtBot

from cae_gui.explore.typicality import TypicalityGauge
from cae_gui.studio import Studio
from cae_gui.widgets.face_view import FaceView


@pytest.fixture
def gauge(qtbot: QtBot) -> Iterator[TypicalityGauge]:
    studio, face = Studio(), FaceView()
    qtbot.addWidget(face)
    gauge = TypicalityGauge(studio.models, studio.faces, studio.latents, studio.explorer, face)
    qtbot.addWidget(gauge)
    with qtbot.waitExposed(gauge):
        gauge.show()
    yield gauge
    studio.shut_down()


def test_a_share_is_a_sentence_and_a_bar(gauge: TypicalityGauge) -> None:
    gauge.set_share("“Patches”", 0.634)
    assert gauge.text() == "Typical of “Patches”: 63 %"
    bar = gauge.findChild(QProgressBar)
    assert bar.value() == 63
    assert bar.accessibleName() == gauge.text()
    assert gauge.more.isEnabled()


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
