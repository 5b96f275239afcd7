"""How long the GUI thread keeps its event loop waiting, and where it is meanwhile."""

from __future__ import annotations

import faulthandler
import gc
import sys
import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Slot

BEAT_MS = 5


class Heartbeat(QObject):
    """A precise 5 ms timer on the GUI thread.

    ``late_ms`` is how late each beat came, ``busy_ms`` how long this thread computed since the one
    before: the rest of a delay it waited, for a core or for another thread of this process.
    """

    def __init__(self) -> None:
        super().__init__()
        self.late_ms: list[float] = []
        self.busy_ms: list[float] = []
        self.last = time.perf_counter()
        self._computed = time.thread_time()
        self._timer = QTimer(self, interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_beat)

    def start(self) -> None:
        """Beat from now on."""
        self.last, self._computed = time.perf_counter(), time.thread_time()
        self._timer.start()

    def stop(self) -> None:
        """End beating."""
        self._timer.stop()

    @Slot()
    def _on_beat(self) -> None:
        now, computed = time.perf_counter(), time.thread_time()
        self.late_ms.append(max(0.0, (now - self.last) * 1000 - BEAT_MS))
        self.busy_ms.append((computed - self._computed) * 1000)
        self.last, self._computed = now, computed

    def take(self) -> list[tuple[float, float]]:
        """Return how late and how busy each beat since the last call was, and forget them."""
        beats = list(zip(self.late_ms, self.busy_ms, strict=True))
        self.late_ms.clear()
        self.busy_ms.clear()
        return beats


class StallReporter(threading.Thread):
    """Writes what all threads do whenever a heartbeat is late by more than ``least_ms``.

    A thread that keeps Python's lock can't be seen while it does; it is seen right after. Where
    the system says so, the time that the GUI thread had to wait for a core is told apart.
    """

    def __init__(self, heartbeat: Heartbeat, least_ms: float = 20) -> None:
        super().__init__(name="stalls", daemon=True)
        self._heartbeat, self._least_s = heartbeat, (least_ms + BEAT_MS) / 1000
        self._schedule = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._ended = threading.Event()
        self._collection = 0.0

    def run(self) -> None:
        """Look every two milliseconds; write each stall once."""
        gc.callbacks.append(self._on_collection)
        reported, beat, core_s = 0.0, 0.0, self._core_s()
        while not self._ended.wait(0.002):
            last = self._heartbeat.last
            if last != beat:
                beat, core_s = last, self._core_s()
            waiting = time.perf_counter() - last
            if waiting > self._least_s and last != reported:
                reported = last
                self._write(
                    f"stalled for {waiting * 1000:.0f} ms so far, "
                    f"{(self._core_s() - core_s) * 1000:.0f} of them waiting for a core"
                )
                # It takes no reference to a frame: the last one would destroy the frame's Qt
                # objects in this thread.
                faulthandler.dump_traceback(sys.stderr)
        gc.callbacks.remove(self._on_collection)

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
        self.join()

    def _core_s(self) -> float:
        try:
            return int(self._schedule.read_text().split()[1]) / 1e9
        except OSError:
            return 0.0

    def _on_collection(self, phase: str, details: dict[str, int]) -> None:
        if phase == "start":
            self._collection = time.perf_counter()
            return
        took = (time.perf_counter() - self._collection) * 1000
        if took > BEAT_MS:
            name = threading.current_thread().name
            self._write(f"{name} collected garbage {details['generation']} for {took:.0f} ms")

    def _write(self, text: str) -> None:
        sys.stderr.write(f"--- {text}\n")
        sys.stderr.flush()
