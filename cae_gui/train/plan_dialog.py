"""Asks how many epochs a training has from now on, or over how many it finishes."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from cae_gui.core.times import duration
from cae_gui.train.training import Place
from cae_gui.widgets.controls import Label
from cae_gui.widgets.fields import CountBox
from cae_gui.widgets.layouts import filled
from cae_gui.widgets.numbers import counted
from model.config import TrainConfig, rate_factor, setting_of, usual_cool_down
from model.plots.curves import readable
from model.training.steering import FinishNow, SetEpochs, Wish

_TEXT_WIDTH = 340
_IN_ALL = "&Epochs in all, those done included"


class PlanDialog(QDialog):
    """Offers other numbers of epochs, and to finish; says what becomes of the learning rate.

    With ``only_longer`` it offers more epochs only, for a run that isn't being trained.

    Signals:
        chosen(Wish): what is wanted of the training.
    """

    chosen = Signal(object)

    def __init__(
        self, place: Place, parent: QWidget | None = None, *, only_longer: bool = False
    ) -> None:
        super().__init__(parent)
        self._place, self._only_longer = place, only_longer
        begun = math.ceil(place.epoch)
        most = setting_of(TrainConfig, "epochs").maximum
        assert most is not None
        self.setWindowTitle("Train longer" if only_longer else "Change the end of the training")
        self.epochs, self.cool_down = CountBox(), CountBox()
        self.epochs.setRange(begun + 1 if only_longer else max(begun, 1), int(most))
        self.epochs.setAccessibleName("Epochs in all")
        self.cool_down.setRange(1, max(place.plan.epochs - begun, 1))
        self.cool_down.setAccessibleName("Epochs to finish in")
        self.by_epochs = QRadioButton(_IN_ALL)
        self.by_finish = QRadioButton("&Finish: epochs after the one under way")
        self.by_finish.setEnabled(begun < place.plan.epochs)
        self.cool_down.setEnabled(begun < place.plan.epochs)
        self.outlook = Label(wordWrap=True)
        self.outlook.setMinimumWidth(_TEXT_WIDTH)
        self.outlook.setMinimumHeight(3 * self.outlook.fontMetrics().lineSpacing())
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        accept = "&Train" if only_longer else "&Change"
        self.change = self.buttons.addButton(accept, QDialogButtonBox.ButtonRole.AcceptRole)
        self._arrange()
        self.by_epochs.setChecked(True)
        usual = usual_cool_down(begun)
        self.epochs.setValue(begun + max(usual, 5) if place.is_ended else place.plan.epochs)
        self.cool_down.setValue(min(usual, self.cool_down.maximum()))
        self._connect()
        self.epochs.setFocus()
        self.epochs.selectAll()
        self._update()

    def wish(self) -> Wish:
        """Return what is chosen now."""
        if self.by_finish.isChecked():
            return FinishNow(self.cool_down.value())
        return SetEpochs(self.epochs.value())

    def _arrange(self) -> None:
        rows = QGridLayout()
        rows.setHorizontalSpacing(16)
        rows.setVerticalSpacing(8)
        choices: list[tuple[QWidget, CountBox]] = [
            (self.by_epochs, self.epochs),
            (self.by_finish, self.cool_down),
        ]
        if self._only_longer:
            choices = [(Label(_IN_ALL, buddy=self.epochs), self.epochs)]
        for row, (left, box) in enumerate(choices):
            rows.addWidget(left, row, 0)
            rows.addWidget(box, row, 1)
        rows.setColumnStretch(0, 1)
        items = rows, self.outlook, self.buttons
        filled(QVBoxLayout(self), *items, margins=(16, 16, 16, 16), spacing=16)

    def _connect(self) -> None:
        for radio, box in ((self.by_epochs, self.epochs), (self.by_finish, self.cool_down)):
            radio.toggled.connect(self._update)
            box.valueChanged.connect(radio.click)
            box.valueChanged.connect(self._update)
            box.refused.connect(self._update)
        self.buttons.accepted.connect(self._on_accepted)
        self.buttons.rejected.connect(self.reject)

    def _box(self) -> CountBox:
        return self.cool_down if self.by_finish.isChecked() else self.epochs

    @Slot()
    def _update(self) -> None:
        box = self._box()
        refused = box.refusal() if box.is_marked() else ""
        if refused and box is self.epochs and self._place.step:
            done = "done" if self._only_longer else "begun"
            refused += f" {counted(math.ceil(self._place.epoch), 'epoch')} have {done} already."
        self.outlook.setText(refused or self._outlook())
        role = QPalette.ColorRole
        self.outlook.setForegroundRole(role.BrightText if refused else role.WindowText)
        self.change.setEnabled(not refused)

    def _outlook(self) -> str:
        """Return what comes of the choice: the end, the time until then, and the rates."""
        place = self._place
        plan = place.after(self.wish())
        left = plan.epochs - place.epoch
        time = f", in about {duration(left * place.epoch_s)}" if place.epoch_s and left else ""
        end = f"Ends after epoch {plan.epochs}{time}."
        if plan == place.plan:
            return f"{end} That is as planned."
        if not (plan.bends and left):
            return f"{end} The learning rate goes on as planned until then."
        step, per_epoch = place.step, place.steps_per_epoch
        rate = place.config.learning_rate * rate_factor(place.config, step, per_epoch, plan.bends)
        if place.is_ended:
            return (
                f"{end} The learning rate rises to {readable(rate, 2)} again, since nothing is "
                "learned at zero, and falls back by then; the error rises with it at first."
            )
        return f"{end} The learning rate falls from {readable(rate, 2)} to zero by then."

    @Slot()
    def _on_accepted(self) -> None:
        self._box().finish()
        self._update()
        if self.change.isEnabled():  # else it says why not
            wish = self.wish()
            self.accept()
            self.chosen.emit(wish)
