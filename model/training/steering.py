"""What a person asks of a training under way: another number of epochs, or its end soon."""

from __future__ import annotations

from dataclasses import dataclass
from queue import Empty, SimpleQueue


@dataclass(frozen=True, slots=True)
class SetEpochs:
    """Train so many epochs in all, those done included."""

    epochs: int


@dataclass(frozen=True, slots=True)
class FinishNow:
    """Let the rate fall to zero within the epoch under way and so many epochs more, then end."""

    cool_down: int


Wish = SetEpochs | FinishNow


class Steering:
    """Takes wishes in any thread; the training fulfils them between two steps, in their order.

    It does so when it begins, after a report, and when it is stopped, so that what was asked of a
    paused training isn't lost.
    """

    def __init__(self) -> None:
        self._wishes: SimpleQueue[Wish] = SimpleQueue()

    def ask(self, wish: Wish) -> None:
        """Ask for a change; see ``with_epochs`` and ``finishing`` of ``model.config``."""
        self._wishes.put(wish)

    def take(self) -> list[Wish]:
        """Return the wishes since the last call."""
        wishes: list[Wish] = []
        try:
            while True:
                wishes.append(self._wishes.get_nowait())
        except Empty:
            return wishes
