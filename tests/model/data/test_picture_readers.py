from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.data import picture_readers
from model.data.datasets import DataError
from model.data.picture_readers import PROCESSES_FROM, Outcome, PictureProcess, PictureReaders
from model.photos.faces import PhotoError
from model.system.child import start_module

POISONED = """
import os, sys
from model.data import picture_worker
read = picture_worker.read_face
def deadly(path):
    if path.stem.startswith("deadly"):
        os._exit(1)
    return read(path)
picture_worker.read_face = deadly
picture_worker.main()
"""


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """Twenty pictures, each in a grey that tells its number."""
    found = [tmp_path / f"{number:02}.png" for number in range(20)]
    for number, path in enumerate(found):
        Image.new("RGB", (50, 50), (number, number, number)).save(path)
    return list(map(str, found))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The child processes; all must have ended with the test."""
    children: list[subprocess.Popen[bytes]] = []

    def start(module: str) -> subprocess.Popen[bytes]:
        children.append(start_module(module))
        return children[-1]

    monkeypatch.setattr("model.data.picture_readers.start_module", start)
    yield children
    assert all(child.returncode is not None for child in children)


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pictures called deadly end the process that reads them."""

    def start(_module: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", POISONED],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[3],
        )

    monkeypatch.setattr("model.data.picture_readers.start_module", start)


def greys(outcomes: list[Outcome]) -> list[int | str]:
    return [str(one) if isinstance(one, PhotoError) else int(one[0, 0, 0]) for one in outcomes]


def read(paths: list[str], count: int) -> list[int | str]:
    """Read pictures in one chunk, out of so many."""
    with PictureReaders(count) as readers:
        work = readers.each([paths], lambda some: list(readers.read(some)))
        (outcomes,) = [found for found in work if found is not None]
    return greys(outcomes)


@pytest.mark.parametrize("count", [1, PROCESSES_FROM])
def test_faces_and_problems_come_in_order(count: int, paths: list[str], tmp_path: Path) -> None:
    (tmp_path / "03.png").write_text("no picture")
    (tmp_path / "04.png").unlink()

    found = read(paths, count)

    problems = ["“03.png” can't be read as an image.", "“04.png” doesn't exist."]
    assert found == [0, 1, 2, *problems, *range(5, 20)]


def test_few_pictures_start_no_process(
    paths: list[str], started: list[subprocess.Popen[bytes]]
) -> None:
    assert read(paths, PROCESSES_FROM - 1) == list(range(20))
    assert not started
    assert read(paths, PROCESSES_FROM) == list(range(20))
    assert len(started) == 1


def test_a_process_that_somebody_killed_is_replaced(
    paths: list[str], started: list[subprocess.Popen[bytes]]
) -> None:
    with PictureReaders(PROCESSES_FROM) as readers:

        def work(some: list[str]) -> list[Outcome]:
            outcomes = readers.read(some * 50)
            first = next(outcomes)
            started[-1].kill()
            return [first, *outcomes]

        (found,) = [one for one in readers.each([paths], work) if one is not None]

    assert len(started) == 2
    assert greys(found) == list(range(20)) * 50


@pytest.mark.usefixtures("poisoned")
def test_a_picture_that_ends_its_process_is_left_out(paths: list[str], tmp_path: Path) -> None:
    for number in (0, 7, 8, 19):
        (tmp_path / f"{number:02}.png").rename(tmp_path / f"deadly{number}.png")
        paths[number] = str(tmp_path / f"deadly{number}.png")

    found = read(paths, PROCESSES_FROM)

    for number in (0, 7, 8, 19):
        assert str(found[number]).startswith(f"“deadly{number}.png” ended the program that read it")
    assert [one for one in found if isinstance(one, int)] == [*range(1, 7), *range(9, 19)]


def test_a_program_that_cannot_be_started_is_told(
    paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "model.data.picture_readers.start_module", lambda _: start_module("model.no")
    )

    with pytest.raises(DataError, match="can't be started") as caught:
        read(paths, PROCESSES_FROM)
    assert "model.no" in caught.value.details


def test_leaving_ends_work_under_way(
    paths: list[str], started: list[subprocess.Popen[bytes]]
) -> None:
    begun = threading.Event()
    ended: list[bool] = []

    def work(some: list[str]) -> None:
        for _ in readers.read(some * 100_000):
            begun.set()
        ended.append(True)

    with PictureReaders(PROCESSES_FROM) as readers:
        for _ in readers.each([paths], work):
            if begun.is_set():
                break

    assert ended == [True]
    assert started


def test_work_shows_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_readers, "_POLL_S", 0.001)
    go = threading.Event()
    with PictureReaders(1) as readers:
        work = readers.each([1], lambda number: go.wait() and number)
        assert [next(work) for _ in range(5)] == [None] * 5
        go.set()
        assert [one for one in work if one is not None] == [1]


def test_what_goes_wrong_in_a_thread_is_raised() -> None:
    def work(_number: int) -> None:
        raise OSError(28, "No space left on device")

    with PictureReaders(1) as readers, pytest.raises(OSError, match="No space"):
        list(readers.each(range(100), work))


def test_a_reading_process_ends_when_nobody_asks_any_more() -> None:
    with start_module("model.data.picture_worker") as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0


def test_a_reading_process_imports_nothing_heavy() -> None:
    code = (
        "import sys, model.data.picture_worker\n"
        "heavy = {'torch', 'matplotlib', 'sklearn', 'scipy', 'PySide6'}\n"
        "assert not heavy & set(sys.modules)"
    )
    root = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_names_that_are_not_text_reach_the_process(paths: list[str], tmp_path: Path) -> None:
    strange = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")
    Path(paths[5]).rename(strange)
    process = PictureProcess()
    try:
        (face,) = process.read([strange])
    finally:
        process.close()
    assert isinstance(face, np.ndarray)
    assert face[0, 0].tolist() == [5, 5, 5]
