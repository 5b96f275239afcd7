"""The lines to beat: what other ways of describing the same faces reach on the same test faces."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cae_gui.core.errors import Problem
from cae_gui.core.jobs import StreamJob
from model.config import TrainConfig
from model.data.lfw import TITLE as LFW_TITLE
from model.face_set import FaceSet
from model.plots.curves import mse_text

Line = tuple[str, float]
"""What is drawn at a line, and its MSE."""

PUBLISHED, PCA_OF_500 = 0.00156, 0.00065
"""Test MSE on LFW: of the network as published, and of 500 principal components."""
_FEWEST_FACES, _MOST_FACES = 10, 3000
"""Of fewer faces principal components say nothing, of more they take long beside other work."""
_PAUSE_MS = 400
"""Delay from the last change of a setting, so that typing starts only one measurement."""


class _Key(NamedTuple):
    """What the error of principal components depends on; face sets are equal only to themselves."""

    faces: FaceSet
    size: int
    test_percent: int
    seed: int


class Lines(QObject):
    """Knows the lines of LFW, and measures the principal components of smaller sets.

    Signals:
        changed(): more lines are known.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job = StreamJob(self)
        self._faces: FaceSet | None = None
        self._known: dict[_Key, float] = {}
        self._shipped: float | None = None
        self._next: _Key | None = None
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._measure)

    def of(self, title: str, config: TrainConfig) -> tuple[Line, ...]:
        """Return the lines known for a training on the faces of this title."""
        if title == LFW_TITLE:
            return self._of_lfw(config)
        if self._faces is None or self._faces.title != title:
            return ()
        mse = self._known.get(_key(self._faces, config))
        if mse is None:
            return ()
        trained = self._faces.parts(config.test_percent)[0]
        return (_line(f"PCA of {min(config.latent_dim, trained - 1)}", mse),)

    def want(self, faces: FaceSet, config: TrainConfig) -> None:
        """Measure what isn't known yet for a training on these faces, after a short delay."""
        if faces is not self._faces:
            self._faces = faces
            self._known.clear()
        key = _key(faces, config)
        is_open = key not in self._known and _FEWEST_FACES <= len(faces.images) <= _MOST_FACES
        if faces.title == LFW_TITLE:
            is_open = self._shipped is None
        if not is_open:
            self.cancel()
        elif key != self._next:
            self.cancel()
            self._next = key
            self._timer.start()

    def cancel(self) -> None:
        """Measure nothing until the next ``want``; what is under way ends after its step."""
        self._timer.stop()
        self._next = None
        self.job.cancel()

    def _of_lfw(self, config: TrainConfig) -> tuple[Line, ...]:
        lines = [_line("Published network", PUBLISHED)]
        usual = TrainConfig()
        # With another split the shipped model has learned from some of the test faces.
        if (config.test_percent, config.seed) == (usual.test_percent, usual.seed):
            if self._shipped is not None:
                lines.append(_line("Shipped model", self._shipped))
            if config.latent_dim == usual.latent_dim:
                lines.append(_line(f"PCA of {usual.latent_dim}", PCA_OF_500))
        return tuple(lines)

    @Slot()
    def _measure(self) -> None:
        key = self._next
        if key is not None:
            work = _shipped_mse if key.faces.title == LFW_TITLE else partial(_pca_mse, key)
            self.job.begin(work, then=partial(self._keep, key), failed=self._on_failed)

    def _keep(self, key: _Key, mse: float | None) -> None:
        if mse is None:
            return
        if key.faces.title == LFW_TITLE:
            self._shipped = mse
        elif key.faces is self._faces:
            self._known[key] = mse
        if self._next == key:
            self._next = None
        self.changed.emit()

    def _on_failed(self, _problem: Problem) -> None:
        self._next = None  # a chart without this line is no worse


def _line(name: str, mse: float) -> Line:
    return f"{name}: {mse_text(mse)}", mse


def _key(faces: FaceSet, config: TrainConfig) -> _Key:
    return _Key(faces, config.latent_dim, config.test_percent, config.seed)


def _pca_mse(key: _Key) -> Iterator[float | None]:
    from model.evaluation import pca_mse

    train, test = key.faces.split(key.test_percent, key.seed)
    for step in pca_mse(key.faces.images, train, test, key.size):
        yield step if isinstance(step, float) else None


def _shipped_mse() -> Iterator[float | None]:
    from model.checkpoint import pretrained_model

    yield pretrained_model().test_mse


__all__ = ["Line", "Lines"]
