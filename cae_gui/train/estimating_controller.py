"""Says before a training how long it would take here, or why it can't start."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Slot

from cae_gui.core.problems import Problem
from cae_gui.core.times import duration
from cae_gui.studio import Studio
from cae_gui.train.train_workspace import TrainWorkspace
from cae_gui.train.training import Estimated
from model.config import PRESETS, ConfigError, TrainConfig
from model.data.datasets import DataError, FaceSet
from model.training.estimate import Estimate, what_matters

Key = tuple[str, TrainConfig]
"""Title of the faces, and the settings that decide the speed."""

_PAUSE_MS = 400
"""Between the last change of a setting and the trial; nobody waits for every digit typed."""


class EstimatingController(QObject):
    """Tries a training out for a second while the Train workspace is in view and nothing trains.

    First with the settings of the form, then with those of the presets. What was measured is kept:
    other epochs, other test faces or a setting that was there before need no new trial.
    """

    def __init__(self, studio: Studio, view: TrainWorkspace, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._training, self._view = studio, studio.training, view
        self._known: dict[Key, Estimate | str] = {}
        self._trying: Key | None = None
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._on_time)
        view.came_into_view.connect(self._refresh)
        view.went_out_of_view.connect(self._cancel)
        view.form.undo_stack.indexChanged.connect(self._refresh)
        view.further.toggled.connect(self._refresh)
        studio.faces.changed.connect(self._refresh)
        studio.models.replaced.connect(self._refresh)
        self._training.state_changed.connect(self._refresh)
        self._training.estimated.connect(self._on_estimated)
        self._training.trial_failed.connect(self._on_failed)

    @Slot()
    def _refresh(self) -> None:
        """Show what is known, and see to it that the rest is measured."""
        faces, config = self._studio.faces.faces, self._config()
        if faces is None or config is None or self._training.is_active:
            self._view.set_estimate("")
            self._cancel()
            return
        if reason := _refusal(config, faces):
            self._view.refuse(reason)
        else:
            self._view.set_estimate(*self._texts(config, faces))
        self._show_presets(faces)
        missing = self._missing(faces)
        if missing is None or _key(missing, faces) != self._trying:
            self._cancel()
            if missing is not None and self._view.isVisible():
                self._timer.start()

    @Slot()
    def _cancel(self) -> None:
        self._timer.stop()
        if self._trying is not None:
            self._trying = None
            self._training.cancel_trial()

    @Slot()
    def _on_time(self) -> None:
        faces = self._studio.faces.faces
        missing = self._missing(faces) if faces is not None else None
        if faces is None or missing is None or self._training.is_active:
            return
        if self._studio.models.model is None or self._studio.is_computing:
            self._timer.start()  # what is measured beside other work would be too slow
            return
        self._trying = _key(missing, faces)
        self._training.try_out(missing, faces)

    @Slot(object)
    def _on_estimated(self, event: Estimated) -> None:
        self._keep(_key(event.config, event.faces), event.estimate)

    @Slot(object)
    def _on_failed(self, problem: Problem) -> None:
        if self._trying is not None:
            self._keep(self._trying, problem.text)

    def _keep(self, key: Key, result: Estimate | str) -> None:
        self._known[key] = result
        self._trying = None
        self._refresh()

    def _config(self) -> TrainConfig | None:
        """Return what Start would train with; None where the form is in error."""
        if self._view.form.error():
            return None
        config, model = self._view.form.config(), self._studio.models.model
        if self._view.further.isChecked() and model is not None:
            return replace(config, latent_dim=model.network.latent_dim)
        return config

    def _missing(self, faces: FaceSet) -> TrainConfig | None:
        """Return the next configuration to try out."""
        own = self._config()
        wanted = [own] if own else []
        for config in (*wanted, *PRESETS.values()):
            if _key(config, faces) not in self._known and not _refusal(config, faces):
                return config
        return None

    def _texts(self, config: TrainConfig, faces: FaceSet) -> tuple[str, str]:
        """Return the sentence near Start, and its details."""
        known = self._known.get(_key(config, faces))
        if known is None:
            return "Estimating how long it would take …", "Tries the training for about a second."
        if isinstance(known, str):
            return f"No estimate: {known}", ""
        estimate = known.of(config, faces)
        details = (
            f"{estimate.images_per_s:,.0f} images/s on {estimate.device}, tried for about a second "
            "with these settings. Other work on this computer makes it longer."
        )
        return f"{_about(estimate)} on this computer", details

    def _show_presets(self, faces: FaceSet) -> None:
        times = {}
        for name, config in PRESETS.items():
            known = self._known.get(_key(config, faces))
            if isinstance(known, Estimate) and not _refusal(config, faces):
                times[name] = _about(known.of(config, faces))
        self._view.form.set_preset_times(times)


def _key(config: TrainConfig, faces: FaceSet) -> Key:
    return faces.title, what_matters(config)


def _refusal(config: TrainConfig, faces: FaceSet) -> str:
    """Return why these faces are too few for the settings, or nothing."""
    try:
        config.check_faces(faces.title, faces.parts(config.test_percent)[0])
    except (ConfigError, DataError) as error:
        return str(error)
    return ""


def _about(estimate: Estimate) -> str:
    return f"About {duration(estimate.seconds)}"
