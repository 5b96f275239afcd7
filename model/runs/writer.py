"""Exclusive writing to a run folder: a lock against a second writer, and a heartbeat for readers.

The lock lies on ``run.json``, which every run has and which is never replaced. The system releases
it when the writer ends, also when it is killed, so on this machine it is exact. On other machines
it may not be visible: a folder that a cluster writes to is shared or synchronised. So the writer
also keeps a small file, ``running.json``, with its host and the time.
"""

from __future__ import annotations

import json
import math
import os
import platform
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from model.io.files import lock_file, read_bytes, write_bytes

HEARTBEAT_EVERY_S = 10.0
LOST_AFTER_S = 60.0
"""A heartbeat older than this counts as stopped: six were missed."""

_MAX_BYTES = 10_000
_PATIENCE_S = 1.0  # readers hold the lock too, for a moment


class RunError(ValueError):
    """A folder that can't be used as a run; the message says why."""


class Heartbeat(NamedTuple):
    """A heartbeat: the writer's host, process, and the time in seconds since 1970."""

    host: str
    process: int
    time: float


class Writer:
    """Makes this process the only writer of a run folder for as long as it is entered.

    Where the folder can't be locked or written, nothing is protected and nothing fails: saving
    will tell.

    Raises:
        RunError: on entering, another process or another training of this one writes there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._handle: int | None = None
        self._next_heartbeat = 0.0

    def __enter__(self) -> Self:
        beat = read_heartbeat(self._folder)
        if beat and not _is_here(beat) and _is_fresh(beat):
            raise RunError(
                f"“{self._folder.name}” is being trained on “{beat.host}”. If that training was "
                "killed, try again in a minute."
            )
        self._handle = _lock_patiently(self._folder)
        self.beat()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            _heartbeat_path(self._folder).unlink(missing_ok=True)
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def beat(self) -> None:
        """Write a heartbeat if the last one is ten seconds old; cheap to call often."""
        if time.monotonic() < self._next_heartbeat:
            return
        self._next_heartbeat = time.monotonic() + HEARTBEAT_EVERY_S
        beat = Heartbeat(platform.node(), os.getpid(), time.time())
        with suppress(OSError):
            write_bytes(_heartbeat_path(self._folder), json.dumps(beat._asdict()).encode())


class HeartbeatMonitor:
    """Polls whether a folder is being written to; uses only this machine's clock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._beat: Heartbeat | None = None
        self._changed = -math.inf

    def is_running(self) -> bool:
        """Return whether a writer is active there now."""
        beat = read_heartbeat(self._folder)
        if beat is None or _is_here(beat):
            return beat is not None and _is_locked(self._folder)
        if beat != self._beat:
            # The first one may be a killed writer's; from then on a new one is a sign of life.
            is_alive = self._beat is not None or _is_fresh(beat)
            self._changed = time.monotonic() if is_alive else -math.inf
            self._beat = beat
        return time.monotonic() - self._changed < LOST_AFTER_S


def was_cut_off(folder: Path) -> bool:
    """Return whether a writer on this machine died here: its heartbeat is left, its lock is not."""
    beat = read_heartbeat(folder)
    return beat is not None and _is_here(beat) and not _is_locked(folder)


def forget_cut_off(folder: Path) -> None:
    """Remove the heartbeat of a writer that died; one that began meanwhile keeps its own."""
    with suppress(OSError):
        handle = lock_file(folder / "run.json")
        try:
            _heartbeat_path(folder).unlink(missing_ok=True)
        finally:
            os.close(handle)


def read_heartbeat(folder: Path) -> Heartbeat | None:
    """Return the heartbeat in a folder, or None where there is none that can be read."""
    try:
        beat = Heartbeat(**json.loads(read_bytes(_heartbeat_path(folder), _MAX_BYTES)))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    kinds = isinstance(beat.host, str), isinstance(beat.process, int), isinstance(beat.time, float)
    return beat if all(kinds) else None


def _heartbeat_path(folder: Path) -> Path:
    return folder / "running.json"


def _is_here(beat: Heartbeat) -> bool:
    return beat.host == platform.node()


def _is_fresh(beat: Heartbeat) -> bool:
    # Clocks differ: a beat from the near future is as good as one from the near past.
    return abs(time.time() - beat.time) < LOST_AFTER_S


def _lock_patiently(folder: Path) -> int | None:
    """Return the handle that holds the lock, or None where the folder can't be locked."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return lock_file(folder / "run.json")
        except BlockingIOError:
            pass
        except OSError:  # it is gone, or the file system has no locks
            return None
        if time.monotonic() >= end:
            raise RunError(
                f"“{folder.name}” is being trained already, by this or another program on this "
                "machine. Stop that training first, or wait for its end."
            )
        time.sleep(0.02)


def _is_locked(folder: Path) -> bool:
    try:
        os.close(lock_file(folder / "run.json", shared=True))
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False
