from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.config import TrainConfig
from model.runs.labels import RunLabels
from model.runs.queue import MAX_ENTRIES, QueueEntry, QueueError, TrainingQueue
from model.runs.runs import EpochRow, Run
from model.runs.writer import Writer


def entry(name: str, **values: Any) -> QueueEntry:
    """A training on the demo faces."""
    labels = RunLabels(name, "", ("sweep",))
    return QueueEntry(TrainConfig(), "Demo faces", "demo", labels, **values)


def names(queue: TrainingQueue) -> list[str]:
    return [one.labels.name for one in queue.read().entries]


@pytest.fixture
def three() -> list[QueueEntry]:
    return [entry("a"), entry("b"), entry("c")]


@pytest.fixture
def queue(own_folders: None, three: list[QueueEntry]) -> TrainingQueue:
    """A queue of three trainings."""
    queue = TrainingQueue()
    queue.add(three)
    return queue


def test_what_waits_is_there_at_the_next_start(
    queue: TrainingQueue, three: list[QueueEntry], tmp_path: Path
) -> None:
    read = TrainingQueue().read()
    assert list(read.entries) == three
    assert not any(one.is_training for one in read.entries)
    assert read.damaged == 0
    assert queue.folder == tmp_path / "data" / "queue"


def test_reading_an_empty_queue_makes_no_folder(tmp_path: Path) -> None:
    assert TrainingQueue(tmp_path / "none").read() == ((), 0)
    assert TrainingQueue(tmp_path / "none").take() is None
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("cab", "cab"),  # moved
        ("ac", "ac"),  # removed
        ("axbc", "axbc"),  # put between
        ("xabc", "xabc"),  # put first
        ("abcx", "abcx"),  # put last
        ("", ""),
    ],
)
def test_a_change_adds_removes_and_moves(
    queue: TrainingQueue, three: list[QueueEntry], wanted: str, found: str
) -> None:
    by_name = {one.labels.name: one for one in [*three, entry("x")]}
    queue.change(three, [by_name[name] for name in wanted])
    assert names(queue) == list(found)


def test_a_change_keeps_what_others_put_there(
    queue: TrainingQueue, three: list[QueueEntry]
) -> None:
    queue.add([entry("of another")])
    first, second, third = three
    queue.change(three, [third, first])
    assert names(queue) == ["c", "a", "of another"]
    edited = replace(first, config=TrainConfig(epochs=3))
    queue.change([third, first, second], [third, edited, second])
    assert names(queue) == ["c", "a", "of another"]  # what was removed stays so
    assert queue.read().entries[1] == edited


def test_a_training_under_way_stays(queue: TrainingQueue, three: list[QueueEntry]) -> None:
    claim = queue.take()
    assert claim is not None
    with claim:
        assert claim.entry == three[0]
        assert [one.is_training for one in queue.read().entries] == [True, False, False]
        changed = replace(three[0], config=TrainConfig(epochs=3))
        queue.change(three, [changed, *three[1:]])
        queue.change(three, three[1:])
        assert list(queue.read().entries) == three
    assert not any(one.is_training for one in queue.read().entries)


def test_two_takers_get_two_trainings(queue: TrainingQueue) -> None:
    claims = [TrainingQueue().take() for _ in range(4)]
    assert [claim.entry.labels.name for claim in claims if claim] == ["a", "b", "c"]
    assert claims[3] is None
    for claim in claims[:3]:
        assert claim is not None
        claim.finish()
        claim.close()
    assert names(queue) == []
    assert not list(queue.folder.glob("[0-9a-f]*.lock"))


_TAKES = """
import sys
from pathlib import Path
from model.runs.queue import TrainingQueue
queue = TrainingQueue(Path(sys.argv[1]))
claim = queue.take()
print(claim.entry.labels.name, flush=True)
claim.begin(Path(sys.argv[2]))
print("begun", flush=True)
sys.stdin.read()
"""


def taker(queue: TrainingQueue, run: Run) -> subprocess.Popen[str]:
    """Another program that takes the next training and begins a run."""
    words = [sys.executable, "-c", _TAKES, str(queue.folder), str(run.folder)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_what_a_killed_program_has_begun_is_continued(queue: TrainingQueue) -> None:
    run = Run.create(TrainConfig(), "Demo faces", source="demo")
    with taker(queue, run) as other:
        assert other.stdout is not None
        assert [other.stdout.readline() for _ in range(2)] == ["a\n", "begun\n"]
        second = queue.take()
        assert second is not None
        assert second.entry.labels.name == "b"
        second.close()
        other.kill()
    again = queue.take()
    assert again is not None
    with again:
        assert (again.entry.labels.name, again.entry.run) == ("a", run.folder)


def test_a_run_that_goes_on_elsewhere_is_left_alone(queue: TrainingQueue) -> None:
    run = Run.create(TrainConfig(epochs=1), "Demo faces", source="demo")
    claim = queue.take()
    assert claim is not None
    with claim:
        claim.begin(run.folder)
    with Writer(run.folder):
        assert [one.is_training for one in queue.read().entries] == [True, False, False]
        taken = queue.take()
        assert taken is not None
        assert taken.entry.labels.name == "b"
        taken.close()
    run.append(EpochRow(1, 0.1, 0.1, 0.1, 1.0))
    taken = queue.take()  # the run was finished there
    assert taken is not None
    taken.close()
    assert names(queue) == ["b", "c"]


def test_a_deleted_run_begins_anew(queue: TrainingQueue) -> None:
    run = Run.create(TrainConfig(), "Demo faces", source="demo")
    claim = queue.take()
    assert claim is not None
    with claim:
        claim.begin(run.folder)
    run.discard()
    again = queue.take()
    assert again is not None
    assert (again.entry.labels.name, again.entry.run) == ("a", None)
    again.close()


def test_what_failed_waits_for_a_word(queue: TrainingQueue, three: list[QueueEntry]) -> None:
    claim = queue.take()
    assert claim is not None
    with claim:
        claim.fail("The faces\nare gone.")
    failed, *others = queue.read().entries
    assert failed.problem == "The faces are gone."
    assert others == three[1:]
    second = queue.take()
    assert second is not None
    assert second.entry.labels.name == "b"
    second.close()
    queue.change([failed, *others], [replace(failed, problem=""), *others])
    first = queue.take()
    assert first is not None
    assert first.entry.labels.name == "a"
    first.close()


def test_faces_without_a_source_are_refused(queue: TrainingQueue) -> None:
    for source in ("", "photos", "relative/folder"):
        with pytest.raises(QueueError, match="can't be loaded again"):
            queue.add([QueueEntry(TrainConfig(), "My photos", source)])
    assert names(queue) == ["a", "b", "c"]


def test_too_many_are_refused(queue: TrainingQueue) -> None:
    with pytest.raises(QueueError, match="at most 1,000"):
        queue.add([entry(str(number)) for number in range(MAX_ENTRIES)])
    assert names(queue) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"entries": 3}', b"\xff", b"[" * 9999], ids=range(6)
)
def test_a_damaged_file_is_kept_beside_the_next(queue: TrainingQueue, content: bytes) -> None:
    file = queue.folder / "queue.json"
    file.write_bytes(content)
    assert queue.read() == ((), 1)
    assert queue.take() is None
    queue.add([entry("next")])
    assert names(queue) == ["next"]
    assert (queue.folder / "queue.json.damaged").read_bytes() == content


def damage(values: dict[str, Any], path: Sequence[str], value: object) -> None:
    for name in path[:-1]:
        values = values[name]
    values[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["key"], "../../run"),
        (["key"], None),
        (["config"], []),
        (["config", "epochs"], 10**9),
        (["config", "epochs"], "many"),
        (["source"], "relative"),
        (["labels"], 7),
        (["labels", "tags"], None),
    ],
)
def test_an_entry_that_cannot_be_read_is_left_out(
    queue: TrainingQueue, path: list[str], value: object
) -> None:
    file = queue.folder / "queue.json"
    content = json.loads(file.read_bytes())
    damage(content["entries"][1], path, value)
    file.write_text(json.dumps(content))
    assert names(queue) == ["a", "c"]
    assert queue.read().damaged == 1


@pytest.mark.parametrize("value", ["relative", "/nowhere\0", 7, None])
def test_a_run_folder_must_be_one(queue: TrainingQueue, value: object) -> None:
    file = queue.folder / "queue.json"
    content = json.loads(file.read_bytes())
    content["entries"][0]["run"] = value
    file.write_text(json.dumps(content))
    assert queue.read().entries[0].run is None


def test_a_run_without_measurements_is_empty(own_folders: None) -> None:
    run = Run.create(TrainConfig(), "Demo faces")
    assert run.is_empty()
    (run.folder / "labels.json").write_text("{}")
    assert run.is_empty()
    run.append(EpochRow(1, 0.1, 0.1, 0.1, 1.0))
    assert not run.is_empty()
