"""What ``train`` prints of a training."""

from __future__ import annotations

from model.cli.terminal import Console, bar, time_text
from model.events import EpochDone, Event, Finished, Notice, Progress, Started
from model.runs.runs import Run


class TrainingLog:
    """Turns events into lines, one an epoch, and into the status below them."""

    def __init__(self, console: Console, run: Run) -> None:
        self._console = console
        self._folder = run.folder
        self._epochs = run.config.epochs
        self._loss: float | None = None
        self._speed = 0.0

    def show(self, event: Event) -> None:
        """Print what there is to say of an event."""
        match event:
            case Started():
                self._console.line(self._started(event))
                self._console.line(f"The run is kept in “{self._folder}”.")
            case Progress():
                self._console.status(self._progress(event))
            case EpochDone():
                self._console.status("")
                self._console.line(self._epoch(event))
            case Notice():
                self._console.line(event.text)
            case Finished():
                mse, epoch = event.best_mse, event.best_epoch
                self._console.line(f"Finished. Best test MSE {mse:.5f}, in epoch {epoch}.")
            case _:
                pass  # a snapshot is for a window

    def _started(self, event: Started) -> str:
        if event.first_epoch > event.epochs:
            return f"All {event.epochs} epochs of this run are done."
        return (
            f"{event.device}: {event.train_images:,} faces to train on, "
            f"{event.test_images:,} to test on, epochs {event.first_epoch} to {event.epochs}."
        )

    def _progress(self, event: Progress) -> str:
        self._loss = event.loss if event.loss is not None else self._loss
        self._speed = event.images_per_s
        loss = f"loss {self._loss:.5f}  " if self._loss is not None else ""
        return (
            f"Epoch {event.epoch}/{self._epochs} {bar(event.step / event.steps)} "
            f"{loss}rate {event.learning_rate:.2g}  {event.images_per_s:,.0f} images/s  "
            f"{time_text(event.remaining_s)} left"
        )

    def _epoch(self, event: EpochDone) -> str:
        speed = f"{self._speed:,.0f} images/s  " if self._speed else ""
        return (
            f"Epoch {event.epoch:>{len(str(self._epochs))}}/{self._epochs}  "
            f"train MSE {event.train_mse:.5f}  test MSE {event.test_mse:.5f}  "
            f"rate {event.learning_rate:.2g}  {speed}{time_text(event.seconds)}"
            f"{'  best' if event.best else ''}"
        )
