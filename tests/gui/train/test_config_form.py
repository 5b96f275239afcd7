from __future__ import annotations

from dataclasses import fields

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QSpinBox, QToolButton, QWidget

from cae_gui.train import config_form
from cae_gui.train.config_form import ConfigForm
from model.config import PRESETS, ConfigError, TrainConfig, setting_of


@pytest.fixture
def form(qtbot):
    widget = ConfigForm()
    qtbot.addWidget(widget)
    widget.show()
    return widget


SHOWN = [item.name for item in fields(TrainConfig) if item.name != "sync_batch_norm"]


def control(form: ConfigForm, name: str) -> QWidget:
    title = setting_of(TrainConfig, name).title
    return next(w for w in form.findChildren(QWidget) if w.accessibleName() == title)


def presets(form: ConfigForm) -> QComboBox:
    return next(w for w in form.findChildren(QComboBox) if w.accessibleName() == "Preset")


def choose_preset(form: ConfigForm, name: str) -> None:
    combo = presets(form)
    combo.setCurrentText(name)
    combo.activated.emit(combo.currentIndex())


def test_starts_with_the_default_configuration(form):
    assert form.config() == TrainConfig()
    assert presets(form).currentText() == "Fast"
    assert form.error() == ""


@pytest.mark.parametrize(
    "config",
    [
        *PRESETS.values(),
        TrainConfig(learning_rate=1 / 300, dropout=1 / 3, seed=2**31 - 1),
        TrainConfig(epochs=10_000, batch_size=4096, flip=False, test_percent=90),
        TrainConfig(learning_rate=1e-6),
    ],
)
def test_shows_and_returns_any_configuration_exactly(form, config):
    form.set_config(config)
    assert form.config() == config
    assert form.undo_stack.count() == (config != TrainConfig())


def test_every_field_has_a_control_with_help_and_limits(form):
    for name in SHOWN:
        setting = setting_of(TrainConfig, name)
        widget = control(form, name)
        assert widget.toolTip() == setting.help
        if isinstance(widget, QSpinBox):
            assert (widget.minimum(), widget.maximum()) == (setting.minimum, setting.maximum)
    assert control(form, "batch_size").suffix() == " faces"
    assert control(form, "test_percent").suffix() == "%"
    assert control(form, "learning_rate").text() == "0.02"


def test_choosing_a_preset_changes_all_at_once(form, qtbot):
    with qtbot.waitSignal(form.undo_stack.indexChanged):
        choose_preset(form, "Reference")
    assert form.config() == PRESETS["Reference"]
    assert control(form, "optimizer").currentText() == "Adam"


def test_preset_is_custom_only_while_values_differ(form, qtbot):
    with qtbot.waitSignal(form.undo_stack.indexChanged):
        control(form, "epochs").setValue(33)
    assert presets(form).currentText() == "Custom"
    assert form.config() == TrainConfig(epochs=33)
    control(form, "epochs").setValue(PRESETS["Fast"].epochs)
    assert presets(form).currentText() == "Fast"
    assert presets(form).findText("Custom") == -1


def test_each_kind_of_control_changes_the_configuration(form, qtbot):
    for name, action, value in (
        ("flip", lambda w: w.setChecked(False), False),
        ("optimizer", lambda w: w.setCurrentIndex(1), "adam"),
        ("learning_rate", lambda w: w.setValue(0.5), 0.5),
        ("seed", lambda w: w.setValue(7), 7),
    ):
        with qtbot.waitSignal(form.undo_stack.indexChanged):
            action(control(form, name))
        assert getattr(form.config(), name) == value


def test_another_optimizer_brings_its_own_rate_unless_one_was_chosen(form):
    optimizer, rate = control(form, "optimizer"), control(form, "learning_rate")
    optimizer.setCurrentText("Adam")
    assert form.config().learning_rate == 0.003
    optimizer.setCurrentText("Muon")
    assert form.config().learning_rate == 0.02
    rate.setValue(0.05)
    optimizer.setCurrentText("Adam")
    assert form.config().learning_rate == 0.05
    form.set_config(TrainConfig(optimizer="adam", learning_rate=0.003))
    optimizer.setCurrentText("Muon")
    assert form.config() == TrainConfig()


def test_every_change_can_be_undone(form, qtbot):
    stack = form.undo_stack
    control(form, "epochs").setValue(33)
    control(form, "flip").setChecked(False)
    choose_preset(form, "Reference")
    assert [stack.text(step) for step in range(stack.count())] == [
        "Epochs",
        setting_of(TrainConfig, "flip").title,
        "Preset “Reference”",
    ]
    with qtbot.waitSignal(form.undo_stack.indexChanged):
        stack.undo()
    assert form.config() == TrainConfig(epochs=33, flip=False)
    assert presets(form).currentText() == "Custom"
    stack.undo()
    stack.undo()
    assert form.config() == TrainConfig()
    assert presets(form).currentText() == "Fast"
    stack.setIndex(3)
    assert form.config() == PRESETS["Reference"]


def test_typing_in_one_field_is_one_step(form, qtbot):
    epochs, stack = control(form, "epochs"), form.undo_stack
    qtbot.waitExposed(form)
    form.activateWindow()
    epochs.setFocus()
    epochs.selectAll()
    qtbot.keyClicks(epochs, "345")
    assert form.config().epochs == 345
    assert stack.count() == 1
    qtbot.keyClick(epochs, Qt.Key.Key_Return)  # done: what follows is another change
    epochs.stepUp()
    epochs.stepUp()
    assert stack.count() == 2
    stack.undo()
    assert form.config().epochs == 345
    stack.undo()
    assert form.config().epochs == TrainConfig().epochs
    epochs.stepUp()
    epochs.stepDown()
    assert not stack.canUndo()


def test_each_choice_is_a_step(form):
    for checked in (False, True):
        control(form, "flip").setChecked(checked)
    assert form.undo_stack.count() == 2
    form.undo_stack.undo()
    assert not form.config().flip


def test_another_field_is_another_step(form):
    control(form, "epochs").setValue(33)
    control(form, "batch_size").setValue(32)
    assert form.undo_stack.count() == 2


def test_an_optimizer_takes_its_rate_back(form):
    control(form, "optimizer").setCurrentText("Adam")
    form.undo_stack.undo()
    assert form.config() == TrainConfig()
    form.undo_stack.redo()
    assert form.config() == TrainConfig(optimizer="adam", learning_rate=0.003)


def test_what_is_undone_is_seen(form):
    fold = form.findChild(QToolButton)
    form.undo_stack.undo()
    control(form, "epochs").setValue(33)
    form.undo_stack.undo()
    assert not fold.isChecked()
    control(form, "dropout").setValue(0.5)
    form.undo_stack.undo()
    assert control(form, "dropout").isVisible()


def test_settings_of_elsewhere_are_a_step_unless_they_are_the_same(form):
    form.set_config(TrainConfig())
    assert form.undo_stack.count() == 0
    form.set_config(TrainConfig(epochs=7), "Settings of a run")
    assert form.undo_stack.undoText() == "Settings of a run"
    form.undo_stack.undo()
    assert form.config() == TrainConfig()


def test_the_rest_is_folded(form):
    fold = form.findChild(QToolButton)
    assert control(form, "epochs").isVisible()
    assert not control(form, "seed").isVisible()
    fold.click()
    assert control(form, "seed").isVisible()
    fold.click()
    assert not control(form, "seed").isVisible()


def test_patience_with_a_linear_schedule_says_what_is_lost(form):
    form.findChild(QToolButton).click()
    assert not form._note.isVisible()
    form.set_config(TrainConfig(patience=5))
    assert form._note.isVisible()
    assert "gains most in its last epochs" in form._note.text()
    form.set_config(TrainConfig(patience=5, schedule="step"))
    assert not form._note.isVisible()


def test_error_is_shown_under_its_field_and_goes_again(form, monkeypatch):
    def refuse(**values: object) -> TrainConfig:
        if values["dropout"]:
            raise ConfigError("Dropout (dropout) doesn't go with this batch size")
        return TrainConfig(**values)

    monkeypatch.setattr(config_form, "TrainConfig", refuse)
    control(form, "dropout").setValue(0.5)
    sentence = "Dropout (dropout) doesn't go with this batch size."
    assert form.error() == sentence
    label = next(w for w in form.findChildren(QLabel) if w.text() == sentence)
    assert label.isVisible()
    assert label.y() > control(form, "dropout").y()
    with pytest.raises(ConfigError):
        form.config()
    control(form, "dropout").setValue(0)
    assert form.error() == ""
    assert not label.isVisible()


def test_mnemonics_are_unique_and_labels_have_buddies(form):
    texts = [label.text() for label in form.findChildren(QLabel) if label.buddy()]
    texts += [w.text() for kind in (QCheckBox, QToolButton) for w in form.findChildren(kind)]
    letters = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
    assert len(letters) == len(set(letters)) == 4
    assert not set(letters) & set("fdvhtrem")  # of the menus and of the workspaces
