"""The queue of trainings: what waits to be trained, in order, for all programs of this user.

::

    queue/
        queue.json        the trainings, the next one first
        queue.lock        locked while somebody reads or changes queue.json
        KEY.lock          locked for as long as somebody trains the entry of this key

The system releases a lock when its process ends, also when that is killed: an entry whose lock is
free isn't being trained. It keeps the run folder that it began, so that the next one who takes it
continues that run. The file is read as one from an untrusted source.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from model.config import TrainConfig
from model.io.files import lock_file, read_bytes, readable, write_bytes
from model.io.places import data_folder
from model.runs.labels import RunLabels, labels
from model.runs.runs import Run, RunError, kept_source
from model.runs.wording import summary

MAX_ENTRIES = 1000
"""Most trainings in a queue."""
MAX_PROBLEM = 1000
"""Most characters of the sentence that says why a training ended early."""
_MAX_BYTES = 16_000_000
_PATIENCE_S = 5.0  # each holds the lock for as long as it takes to read and write one file
_KEY = re.compile("[0-9a-f]{16}")
_UNNAMED = RunLabels()


class QueueError(ValueError):
    """The queue can't take or do something; the message says why."""


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One training that waits, with what ``Run.create`` needs; the run gets its ``labels``.

    ``run`` is the folder that it has begun already. ``problem`` is a sentence on why it ended
    early: it waits until somebody takes that away. ``is_training`` tells whether this or another
    program trains it now, as far as that was known when the queue was read.
    """

    config: TrainConfig
    faces: str
    source: str
    labels: RunLabels = _UNNAMED
    run: Path | None = None
    problem: str = ""
    key: str = field(default_factory=lambda: secrets.token_hex(8))
    is_training: bool = field(default=False, compare=False)

    @property
    def title(self) -> str:
        """What the training is called: its name, else what its settings are."""
        return self.labels.name or summary(self.config)


class QueueContent(NamedTuple):
    """The trainings of a queue, and how many there were that can't be read."""

    entries: tuple[QueueEntry, ...] = ()
    damaged: int = 0


class TrainingQueue:
    """The queue in a folder, by default that of the user; safe for several threads and programs.

    Every method but the constructor raises ``OSError`` where the folder can't be read or written,
    and ``QueueError`` where another program keeps the queue locked for five seconds.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or data_folder() / "queue"

    def read(self) -> QueueContent:
        """Return what is in the queue now, the next training first."""
        if not self._file.exists():
            return QueueContent()
        with self._locked():
            return self._look()

    def add(self, entries: Sequence[QueueEntry]) -> None:
        """Put trainings at the end.

        Raises:
            QueueError: as ``change``.
        """
        self.change((), entries)

    def change(self, before: Sequence[QueueEntry], after: Sequence[QueueEntry]) -> None:
        """Do what makes ``before`` to ``after``: remove, replace, add and move trainings.

        What isn't in these, as others have put it there meanwhile, keeps its place. A training
        under way is neither removed nor replaced; one that was removed or trained meanwhile isn't
        replaced.

        Raises:
            QueueError: there are too many, or one names no faces that can be loaded again.
        """
        for entry in after:
            check_source(entry.faces, entry.source)
        with self._locked():
            found = self._look().entries
            wanted = with_change(found, before, after)
            for key in {one.key for one in found} - {one.key for one in wanted}:
                self._forget_lock(key)
            self._save(wanted)

    def take(self) -> Claim | None:
        """Take the next training that nobody else trains; None where there is none.

        One whose run was finished by other means leaves the queue; one whose run was deleted
        begins anew.
        """
        if not self._file.exists():
            return None
        with self._locked():
            for entry in self._load().entries:
                if entry.problem:
                    continue
                try:
                    handle = self._lock_entry(entry.key)
                except BlockingIOError:
                    continue
                claim = Claim(self, entry, handle)
                if self._is_to_be_trained(claim):
                    return claim
                claim.close()
        return None

    def _is_to_be_trained(self, claim: Claim) -> bool:
        run = _opened(claim.entry.run)
        if run is None:
            claim.entry = replace(claim.entry, run=None)
            return True
        state = run.summary()
        if state.is_finished and not state.is_running:
            self._drop(claim.entry.key)
            return False
        return not state.is_running

    @property
    def _file(self) -> Path:
        return self.folder / "queue.json"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = _lock_patiently(self.folder / "queue.lock")
        try:
            yield
        finally:
            if handle is not None:
                os.close(handle)

    def _look(self) -> QueueContent:
        found = self._load()
        entries = (replace(one, is_training=self._is_busy(one)) for one in found.entries)
        return QueueContent(tuple(entries), found.damaged)

    def _load(self) -> QueueContent:
        try:
            found = json.loads(read_bytes(self._file, _MAX_BYTES))["entries"]
            if not isinstance(found, list):
                return QueueContent(damaged=1)
        except FileNotFoundError:
            return QueueContent()
        except (ValueError, LookupError, TypeError, RecursionError):
            return QueueContent(damaged=1)
        read = [_entry_of(values) for values in found]
        entries = {entry.key: entry for entry in read if entry is not None}
        kept = tuple(entries.values())[:MAX_ENTRIES]
        return QueueContent(kept, len(found) - len(kept))

    def _save(self, entries: Sequence[QueueEntry]) -> None:
        """Write the queue in one step; what can't be read of the earlier one is kept beside it."""
        if len(entries) > MAX_ENTRIES:
            raise QueueError(f"The queue holds at most {MAX_ENTRIES:,} trainings.")
        if self._load().damaged:
            with suppress(FileNotFoundError):
                self._file.replace(self._file.with_name("queue.json.damaged"))
        content = {"entries": [_values_of(entry) for entry in entries]}
        write_bytes(self._file, json.dumps(content, ensure_ascii=False, indent=1).encode())

    def _replace(self, entry: QueueEntry) -> None:
        entries = self._load().entries
        self._save([entry if one.key == entry.key else one for one in entries])

    def _drop(self, key: str) -> None:
        self._save([one for one in self._load().entries if one.key != key])
        self._forget_lock(key)

    def _lock_entry(self, key: str) -> int | None:
        """Return the handle of an entry's lock; None where the file system has no locks."""
        path = self.folder / f"{key}.lock"
        path.touch()
        try:
            return lock_file(path)
        except BlockingIOError:
            raise
        except OSError:
            return None

    def _is_busy(self, entry: QueueEntry) -> bool:
        """Tell whether an entry is being trained, by way of the queue or by its run."""
        try:
            os.close(lock_file(self.folder / f"{entry.key}.lock", shared=True))
        except BlockingIOError:
            return True
        except OSError:
            pass
        run = _opened(entry.run)
        return run is not None and run.summary().is_running

    def _forget_lock(self, key: str) -> None:
        with suppress(OSError):  # Windows removes no file that is open
            (self.folder / f"{key}.lock").unlink()


class Claim:
    """The right to train one entry, which no other program has until ``close``; a context manager.

    The entry stays in the queue until ``finish``. Every method but ``close`` raises as those of
    ``TrainingQueue``.
    """

    def __init__(self, queue: TrainingQueue, entry: QueueEntry, handle: int | None) -> None:
        self.entry = entry
        self._queue, self._handle = queue, handle

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def begin(self, run: Path | None) -> None:
        """Note the run folder that the entry trains in; None for none any more."""
        self._change(replace(self.entry, run=run))

    def fail(self, problem: str) -> None:
        """Note why the training ended early; it isn't taken again until that is taken away."""
        self._change(replace(self.entry, problem=_sentence(problem)))

    def finish(self) -> None:
        """Take the entry out of the queue: its training is done."""
        with self._queue._locked():
            self._queue._drop(self.entry.key)

    def close(self) -> None:
        """Let others take the entry, if it is still in the queue."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _change(self, entry: QueueEntry) -> None:
        self.entry = entry
        with self._queue._locked():
            self._queue._replace(entry)


def with_change(
    now: Sequence[QueueEntry], before: Sequence[QueueEntry], after: Sequence[QueueEntry]
) -> list[QueueEntry]:
    """Return ``now`` after the change that makes ``before`` to ``after``; see ``TrainingQueue``."""
    old, new = ({one.key: one for one in entries} for entries in (before, after))
    found = {one.key: one for one in now}
    for key in old.keys() - new.keys():
        if key in found and not found[key].is_training:
            del found[key]
    for key, entry in new.items():
        if key not in old:
            found.setdefault(key, entry)
        elif key in found and entry != old[key] and not found[key].is_training:
            found[key] = entry
    order = _merged(list(found), [key for key in new if key in found], old.keys())
    return [found[key] for key in order]


def _merged(present: list[str], wanted: list[str], known: Collection[str]) -> list[str]:
    """Return the keys of ``present`` with those of ``wanted`` in that order.

    Keys that aren't wanted keep their places. New ones, not ``known``, come after the one before
    them in ``wanted``, else before the one after them, else at the end.
    """
    asked, is_old = set(wanted), set(known)
    old = [key for key in present if key not in asked or key in is_old]
    there = set(old)
    slots = iter([key for key in wanted if key in there])
    merged = [next(slots) if key in asked else key for key in old]
    for at, key in enumerate(wanted):
        if key in there:
            continue
        following = next((other for other in wanted[at + 1 :] if other in there), None)
        if at:
            merged.insert(merged.index(wanted[at - 1]) + 1, key)
        elif following is not None:
            merged.insert(merged.index(following), key)
        else:
            merged.append(key)
        there.add(key)
    return merged


def check_source(faces: str, source: str) -> None:
    """Refuse faces that no training can load again; ``faces`` is their title.

    Raises:
        QueueError: the source isn't one (see ``Run``).
    """
    if not kept_source(source):
        raise QueueError(
            f"“{faces}” can't be loaded again from a folder, so its training can't wait in the "
            "queue. Put the faces into a folder, and choose that."
        )


def _lock_patiently(path: Path) -> int | None:
    """Return the handle that holds the lock; None where the file system has no locks."""
    path.touch()
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return lock_file(path)
        except BlockingIOError:
            pass
        except OSError:
            return None
        if time.monotonic() >= end:
            raise QueueError("Another program is changing the queue. Try again in a moment.")
        time.sleep(0.01)


def _opened(folder: Path | None) -> Run | None:
    try:
        return None if folder is None else Run.open(folder)
    except RunError:
        return None


def _sentence(text: str) -> str:
    return readable(" ".join(text.split()))[:MAX_PROBLEM]


def _values_of(entry: QueueEntry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "faces": entry.faces,
        "source": entry.source,
        "labels": entry.labels._asdict(),
        "run": "" if entry.run is None else str(entry.run),
        "problem": entry.problem,
        "config": entry.config.to_dict(),
    }


def _entry_of(values: Any) -> QueueEntry | None:
    """Return the entry that plain values describe; None where they describe none."""
    try:
        named = values["labels"]
        tags = [str(tag) for tag in named["tags"]]
        entry = QueueEntry(
            config=TrainConfig.from_dict(values["config"]),
            faces=readable(str(values["faces"])),
            source=kept_source(values["source"]),
            labels=labels(str(named["name"]), str(named["notes"]), tags),
            run=_folder(values["run"]),
            problem=_sentence(str(values["problem"])),
            key=str(values["key"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return entry if _KEY.fullmatch(entry.key) and entry.source else None


def _folder(value: object) -> Path | None:
    if not isinstance(value, str) or "\0" in value or not Path(value).is_absolute():
        return None
    return Path(value)
