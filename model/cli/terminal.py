"""A status line that is updated in place on a terminal, and plain lines in a log."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

# A progress bar library would replace these lines by about as many that set it up.

BAR_WIDTH = 20


class Console:
    """Writes lines; below them, on a terminal only, a status that changes in place."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._is_terminal = self._stream.isatty()
        self._status = ""

    def line(self, text: str) -> None:
        """Write a line that stays, above the status."""
        status, before = self._status, self._clear()
        self._stream.write(f"{before}{text}\n")
        self.status(status)
        self._stream.flush()

    def status(self, text: str) -> None:
        """Replace the status; an empty text takes it away."""
        if not self._is_terminal:
            return
        self._stream.write(self._clear())
        # Never the last column: some terminals would begin a new line there.
        self._status = text[: shutil.get_terminal_size().columns - 1]
        self._stream.write(self._status)
        self._stream.flush()

    def _clear(self) -> str:
        """Return what blanks the status; it uses no codes that a terminal may not know."""
        blank = f"\r{' ' * len(self._status)}\r" if self._status else ""
        self._status = ""
        return blank


def bar(share: float) -> str:
    """Draw a share from 0 to 1."""
    filled = round(min(max(share, 0.0), 1.0) * BAR_WIDTH)
    return "█" * filled + "░" * (BAR_WIDTH - filled)


def progress_text(text: str, done: int, total: int) -> str:
    """Say what is being done and how far it is; a ``total`` of 0 is not known yet."""
    return f"{text}  {bar(done / total)}  {done:,} of {total:,}" if total else text


def time_text(seconds: float) -> str:
    """Return a duration as 0:05, 12:34 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
