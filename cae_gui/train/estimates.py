"""Estimates of a training's duration on this machine, by short trials before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cae_gui.core.errors import Problem
from cae_gui.core.jobs import StreamJob
from cae_gui.core.models import Models
from cae_gui.core.times import duration
from cae_gui.train.training import Training
from cae_gui.widgets.numbers import counted
from model.config import PRESETS, ConfigError, TrainConfig
from model.data.datasets import DataError, FaceSet
from model.training.estimate import Estimate, what_matters

Key = tuple[str, TrainConfig]
"""Title of the data set, and the settings that affect the speed."""

_PAUSE_MS = 400
"""Delay from the last change of a setting to a trial, so that typing starts only one."""


class Estimates(QObject):
    """Runs trials of about a second each: of the wanted configuration, then of the presets.

    Results are cached, and also used for another number of epochs or of test faces. A trial
    waits until a model is loaded and none of ``other_jobs`` is busy, which would slow it down.

    Signals:
        changed(): a trial ended.
    """

    changed = Signal()

    def __init__(
        self,
        training: Training,
        models: Models,
        other_jobs: Sequence[StreamJob],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._training, self._models, self._other_jobs = training, models, other_jobs
        self._known: dict[Key, Estimate | str] = {}
        self._next: tuple[TrainConfig, FaceSet] | None = None
        self._trying: Key | None = None
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._try_next)

    def want(self, config: TrainConfig, faces: FaceSet) -> None:
        """After a short delay, measure these settings and the presets where they aren't cached."""
        missing = self._missing(config, faces)
        if missing is None or _key(missing, faces) != self._trying:
            self.cancel()
            if missing is not None:
                self._next = missing, faces
                self._timer.start()

    @Slot()
    def cancel(self) -> None:
        """Run no trials until the next ``want``; one under way ends after its step."""
        self._timer.stop()
        self._next = None
        if self._trying is not None:
            self._trying = None
            self._training.cancel_trial()

    def texts(self, config: TrainConfig, faces: FaceSet) -> tuple[str, str]:
        """Return a sentence with the duration of a training, and one with details."""
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
        epochs = counted(config.epochs, "epoch")
        return f"{_about(estimate).capitalize()} for {epochs} on this computer", details

    def time_of(self, configs: Sequence[TrainConfig], like: TrainConfig, faces: FaceSet) -> str:
        """Return how long trainings take in all, or "" where that isn't known.

        Settings that weren't measured count as being as fast as ``like``.
        """
        usual = self._known.get(_key(like, faces))
        seconds = 0.0
        for config in configs:
            known = self._known.get(_key(config, faces), usual)
            if not isinstance(known, Estimate):
                return ""
            seconds += known.of(config, faces).seconds
        return f"about {duration(seconds)}"

    def preset_times(self, faces: FaceSet) -> dict[str, str]:
        """Return the durations, by name, of the presets that were measured on these faces."""
        times = {}
        for name, config in PRESETS.items():
            known = self._known.get(_key(config, faces))
            if isinstance(known, Estimate) and not refusal(config, faces):
                times[name] = _about(known.of(config, faces))
        return times

    def _missing(self, config: TrainConfig, faces: FaceSet) -> TrainConfig | None:
        """Return the next configuration to measure, or None."""
        for wanted in (config, *PRESETS.values()):
            if _key(wanted, faces) not in self._known and not refusal(wanted, faces):
                return wanted
        return None

    @Slot()
    def _try_next(self) -> None:
        if self._next is None or self._training.is_active:
            return
        if self._models.model is None or any(job.is_busy for job in self._other_jobs):
            self._timer.start()
            return
        config, faces = self._next
        self._next, self._trying = None, _key(config, faces)
        then, failed = partial(self._keep, self._trying), partial(self._on_failed, self._trying)
        self._training.try_out(config, faces, then=then, failed=failed)

    def _on_failed(self, key: Key, problem: Problem) -> None:
        if self._trying == key:
            self._keep(key, problem.text)

    def _keep(self, key: Key, result: Estimate | str) -> None:
        self._known[key] = result
        self._trying = None
        self.changed.emit()


def refusal(config: TrainConfig, faces: FaceSet) -> str:
    """Return a sentence if the faces are too few for these settings, or ""."""
    try:
        config.check_faces(faces.title, faces.parts(config.test_percent)[0])
    except (ConfigError, DataError) as error:
        return str(error)
    return ""


def _key(config: TrainConfig, faces: FaceSet) -> Key:
    return faces.title, what_matters(config)


def _about(estimate: Estimate) -> str:
    return f"about {duration(estimate.seconds)}"
