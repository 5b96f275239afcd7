"""The status bar: model, faces, what runs, and whether a training is under way."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel, QStatusBar

from cae_gui.train.training import State
from cae_gui.widgets.progress_line import ProgressLine


class Status:
    """Sets the permanent texts of a status bar."""

    def __init__(self, bar: QStatusBar) -> None:
        bar.setSizeGripEnabled(False)
        bar.setContentsMargins(8, 0, 8, 4)
        self.progress = ProgressLine()
        self._faces, self._model = QLabel(), QLabel()
        self._device, self._training = QLabel(), QLabel()
        self._faces.setAccessibleName("Faces on show")
        self._model.setAccessibleName("Model in use")
        self._device.setAccessibleName("Device that trains")
        self._training.setAccessibleName("State of the training")
        self._faces.setContentsMargins(0, 0, 16, 0)
        bar.addWidget(self._faces)
        bar.addWidget(self._model, 1)
        bar.addPermanentWidget(self.progress)
        # Nothing moves when the progress comes and goes.
        bar.setMinimumHeight(self.progress.sizeHint().height() + 8)
        bar.addPermanentWidget(self._training)
        bar.addPermanentWidget(self._device)
        self.set_faces("Loading faces …")
        self.set_model("")

    def set_faces(self, text: str) -> None:
        """Say which faces are on show."""
        self._faces.setText(text)

    def set_model(self, title: str) -> None:
        """Say which model is in use."""
        self._model.setText(f"Model: {title}" if title else "Loading the model …")

    def set_device(self, name: str) -> None:
        """Say what trainings run on."""
        self._device.setText(name)

    @Slot(object)
    def set_training(self, state: State) -> None:
        """Say what the training does."""
        texts = {
            State.PREPARING: "Preparing the training",
            State.RUNNING: "Training",
            State.PAUSED: "Training paused",
            State.STOPPING: "Stopping the training",
        }
        self._training.setText(texts.get(state, ""))
