from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from cae_gui.train.config_form import SettingEditor
from model.config import TrainConfig, setting_of


@pytest.fixture
def host(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def editor(host: QWidget, name: str) -> SettingEditor:
    default = TrainConfig.__dataclass_fields__[name].default
    made = SettingEditor(setting_of(TrainConfig, name), default, host)
    made.control.show()
    return made


def test_value_is_exact_until_changed(host, qtbot):
    rate = editor(host, "learning_rate")
    with qtbot.assertNotEmitted(rate.changed):
        rate.set_value(0.0033333333333)
    assert rate.value() == 0.0033333333333
    with qtbot.waitSignal(rate.changed):
        rate.control.setValue(0.005)
    assert rate.value() == 0.005


@pytest.mark.parametrize(
    ("start", "stepped"), [(0.02, 0.021), (0.002, 0.0021), (0.00001, 0.000011)]
)
def test_learning_rate_steps_with_its_magnitude(host, start, stepped):
    rate = editor(host, "learning_rate")
    rate.set_value(start)
    rate.control.stepUp()
    assert rate.value() == pytest.approx(stepped)


def test_plain_numbers_have_no_trailing_zeros(host):
    rate = editor(host, "learning_rate")
    for value, text in ((0.02, "0.02"), (1.0, "1"), (1e-6, "0.000001")):
        rate.set_value(value)
        assert rate.control.text() == text


@pytest.mark.parametrize("key", [QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo])
def test_undo_is_left_to_the_menu(host, key):
    epochs = editor(host, "epochs")
    combination = QKeySequence.keyBindings(key)[0][0]
    kind = QEvent.Type.ShortcutOverride
    event = QKeyEvent(kind, combination.key(), combination.keyboardModifiers())
    QApplication.sendEvent(epochs.control, event)
    assert not event.isAccepted()
    typed = QKeyEvent(kind, Qt.Key.Key_5, Qt.KeyboardModifier.NoModifier, "5")
    QApplication.sendEvent(epochs.control, typed)
    assert typed.isAccepted()


def test_wheel_changes_only_the_focused_control(host, qtbot):
    epochs = editor(host, "epochs")
    wheel = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    epochs.control.clearFocus()
    QApplication.sendEvent(epochs.control, wheel)
    assert epochs.value() == TrainConfig().epochs
    host.activateWindow()
    epochs.control.setFocus()
    qtbot.waitUntil(epochs.control.hasFocus)
    QApplication.sendEvent(epochs.control, wheel)
    assert epochs.value() == TrainConfig().epochs + 1
