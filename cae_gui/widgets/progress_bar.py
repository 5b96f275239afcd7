"""A progress bar that is painted together with everything else."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar


class ProgressBar(QProgressBar):
    """A bar without a text, whose new value waits for the next painting of the window.

    QProgressBar paints itself before ``setValue`` returns: 2 to 10 ms each time, while a picture
    that follows a slider waits.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setTextVisible(False)

    def setValue(self, value: int) -> None:
        if value != self.value():
            self.setUpdatesEnabled(False)
            super().setValue(value)
            self.setUpdatesEnabled(True)
