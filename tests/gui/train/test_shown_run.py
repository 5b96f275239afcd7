from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from cae_gui.train.shown_run import EpochSlider

LOSSES = {epoch: 0.01 / epoch for epoch in range(1, 9)}


@pytest.fixture
def epochs(qtbot: QtBot) -> EpochSlider:
    widget = EpochSlider()
    qtbot.addWidget(widget)
    widget.set_epochs([1, 2, 4, 6], LOSSES)
    return widget


def test_starts_at_the_newest_with_its_error(epochs: EpochSlider) -> None:
    assert epochs.epoch() == 6
    assert epochs.text.text() == "Epoch 6  ·  test MSE 0.00167"
    assert epochs.slider.accessibleDescription() == epochs.text.text()


def test_without_previews_there_is_nothing_to_choose(epochs: EpochSlider) -> None:
    epochs.set_epochs([], {})
    assert epochs.epoch() is None
    assert epochs.text.text() == ""
    assert not epochs.slider.isEnabled()
    epochs.set_epochs([3], {})
    assert epochs.epoch() == 3
    assert epochs.text.text() == "Epoch 3"
    assert not epochs.slider.isEnabled()


def test_keys_walk_through_the_epochs_that_have_faces(epochs: EpochSlider, qtbot: QtBot) -> None:
    chosen: list[int] = []
    epochs.chosen.connect(chosen.append)
    keys = (Qt.Key.Key_Left, Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_End)
    for key in keys:
        qtbot.keyClick(epochs.slider, key)
    assert chosen == [4, 1, 2, 6]


def test_goes_along_with_the_newest_without_a_word(epochs: EpochSlider, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(epochs.chosen):
        epochs.set_epochs([1, 2, 4, 6, 7], LOSSES)
    assert epochs.epoch() == 7


def test_stays_where_the_person_went(epochs: EpochSlider) -> None:
    epochs.slider.setValue(1)
    epochs.set_epochs([1, 2, 4, 6, 7], LOSSES)
    assert epochs.epoch() == 2
    epochs.set_epochs([1, 4, 8], LOSSES)  # its faces weren't kept
    assert epochs.epoch() == 4
