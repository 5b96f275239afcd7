from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.config import TrainConfig
from model.runs import writer
from model.runs.runs import Run
from model.runs.writer import (
    HEARTBEAT_EVERY_S,
    LOST_AFTER_S,
    HeartbeatMonitor,
    RunError,
    Writer,
    forget_cut_off,
    read_heartbeat,
    was_cut_off,
)

OTHER_PROCESS = """
import sys
from pathlib import Path
from model.runs.writer import Writer
with Writer(Path(sys.argv[1])):
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Run.create(TrainConfig(), "Some", tmp_path).folder


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that stands still until it is told."""
    clock = SimpleNamespace(now=1_000_000.0)
    times = SimpleNamespace(
        time=lambda: clock.now, monotonic=lambda: clock.now, sleep=lambda _seconds: None
    )
    monkeypatch.setattr(writer, "time", times)
    return clock


@contextmanager
def another_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process write to a folder."""
    command = [sys.executable, "-c", OTHER_PROCESS, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        try:
            yield process
        finally:
            process.kill()


def beat_elsewhere(folder: Path, time: float) -> None:
    """Write the heartbeat that another host's writer would."""
    beat = {"host": "node17", "process": 3, "time": time}
    (folder / "running.json").write_text(json.dumps(beat))


class TestLock:
    def test_a_second_writer_of_this_process_is_refused(self, folder: Path) -> None:
        with Writer(folder), pytest.raises(RunError, match="being trained already"):
            Writer(folder).__enter__()
        with Writer(folder):
            pass

    def test_another_process_is_refused_until_it_is_killed(self, folder: Path) -> None:
        with another_process(folder) as process:
            assert HeartbeatMonitor(folder).is_running()
            with pytest.raises(RunError, match="being trained already"):
                Writer(folder).__enter__()
            process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            process.wait()
            assert (folder / "running.json").exists()
            assert not HeartbeatMonitor(folder).is_running()
            with Writer(folder):
                assert HeartbeatMonitor(folder).is_running()

    def test_one_that_was_killed_was_cut_off_until_it_is_forgotten(self, folder: Path) -> None:
        assert not was_cut_off(folder)
        with another_process(folder) as process:
            assert not was_cut_off(folder)
            forget_cut_off(folder)
            assert HeartbeatMonitor(folder).is_running()
            process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            process.wait()
        assert was_cut_off(folder)
        assert Run.open(folder).summary().was_cut_off
        forget_cut_off(folder)
        assert not was_cut_off(folder)

    def test_one_elsewhere_was_not_cut_off_here(self, folder: Path) -> None:
        beat_elsewhere(folder, 0.0)
        assert not was_cut_off(folder)

    def test_nothing_is_left_behind(self, folder: Path) -> None:
        before = list(folder.iterdir())
        with Writer(folder):
            pass
        assert list(folder.iterdir()) == before

    def test_looking_on_holds_no_writer_up(self, folder: Path) -> None:
        with Writer(folder) as first:
            HeartbeatMonitor(folder).is_running()
            first.beat()
        with Writer(folder):
            pass

    def test_a_folder_that_is_gone_is_not_locked(self, tmp_path: Path) -> None:
        with Writer(tmp_path / "gone") as gone:
            gone.beat()
        assert not HeartbeatMonitor(tmp_path / "gone").is_running()

    @pytest.mark.skipif(sys.platform == "win32", reason="flock")
    def test_a_file_system_without_locks_can_be_written(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unknown(*_arguments: Any) -> None:
            raise OSError(38, "Function not implemented")

        monkeypatch.setattr("fcntl.flock", unknown)
        with Writer(folder):
            assert read_heartbeat(folder) is not None


class TestHeartbeat:
    def test_it_comes_every_ten_seconds(self, folder: Path, clock: SimpleNamespace) -> None:
        with Writer(folder) as ours:
            first = read_heartbeat(folder)
            assert first is not None
            assert (first.process, first.time) == (os.getpid(), clock.now)
            clock.now += HEARTBEAT_EVERY_S - 1
            ours.beat()
            assert read_heartbeat(folder) == first
            clock.now += 1
            ours.beat()
            assert read_heartbeat(folder) == first._replace(time=clock.now)

    @pytest.mark.parametrize("late", [-LOST_AFTER_S + 1, 0, LOST_AFTER_S - 1])
    def test_a_writer_elsewhere_is_respected(
        self, late: float, folder: Path, clock: SimpleNamespace
    ) -> None:
        beat_elsewhere(folder, clock.now - late)
        assert HeartbeatMonitor(folder).is_running()
        with pytest.raises(RunError, match="being trained on “node17”"):
            Writer(folder).__enter__()

    @pytest.mark.parametrize("late", [-LOST_AFTER_S, LOST_AFTER_S, 1e300])
    def test_one_that_was_killed_is_forgotten(
        self, late: float, folder: Path, clock: SimpleNamespace
    ) -> None:
        beat_elsewhere(folder, clock.now - late)
        assert not HeartbeatMonitor(folder).is_running()
        with Writer(folder):
            pass

    def test_whoever_looks_on_goes_by_its_own_clock(
        self, folder: Path, clock: SimpleNamespace
    ) -> None:
        monitor = HeartbeatMonitor(folder)
        beat_elsewhere(folder, 12.0)  # a clock that is years behind
        assert not monitor.is_running()
        beat_elsewhere(folder, 22.0)
        assert monitor.is_running()
        clock.now += LOST_AFTER_S - 1
        assert monitor.is_running()
        clock.now += 1
        assert not monitor.is_running()
        beat_elsewhere(folder, 32.0)
        assert monitor.is_running()
        (folder / "running.json").unlink()
        assert not monitor.is_running()

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b"\xff\xfe",
            b"[]",
            b"3",
            b'{"host": "a"}',
            b'{"host": 3, "process": 3, "time": 1000000.0}',
            b'{"host": "a", "process": "b", "time": 1000000.0}',
            b'{"host": "a", "process": 3, "time": "now"}',
            b'{"host": "a", "process": 3, "time": 1' + b"0" * 400 + b"}",
            b'{"host": "a", "process": 3, "time": NaN}',
            b"[" * 100_000,
        ],
    )
    def test_a_damaged_one_is_none(
        self, content: bytes, folder: Path, clock: SimpleNamespace
    ) -> None:
        (folder / "running.json").write_bytes(content)
        assert not HeartbeatMonitor(folder).is_running()
        with Writer(folder):
            pass


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)
beats = st.fixed_dictionaries(
    {"host": st.text(max_size=5) | odd, "process": st.integers() | odd, "time": st.floats() | odd},
    optional={"more": odd},
)


@settings(
    database=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=40) | (beats | odd).map(lambda value: json.dumps(value).encode()))
def test_any_heartbeat_is_one_or_none_and_keeps_nobody_out_for_long(
    folder: Path, content: bytes
) -> None:
    (folder / "running.json").write_bytes(content)
    beat = read_heartbeat(folder)
    assert beat is None or [type(value) for value in beat] == [str, int, float]
    assert writer.HeartbeatMonitor(folder).is_running() in (True, False)
    assert not writer.was_cut_off(folder) or beat is not None
