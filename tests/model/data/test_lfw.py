from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.data import lfw as lfw_module
from model.data.datasets import DataError, FaceSet, LfwMissingError, Prepared, load_faces, prepare
from model.data.lfw import data_home_in
from model.photos.faces import CropBox, crop_face, open_photo
from model.progress import WorkProgress

CROP = CropBox(78, 94, 96)
COUNTS = {"Ann_Lee": 3, "Bo": 1, "Zoë_van_Dam": 2}


def make_data_home(home: Path) -> Path:
    random = np.random.default_rng(0)
    for person, count in COUNTS.items():
        folder = home / "lfw_home" / "lfw_funneled" / person
        folder.mkdir(parents=True)
        for number in range(1, count + 1):
            image = Image.fromarray(random.integers(0, 256, (250, 250, 3), np.uint8))
            image.save(folder / f"{person}_{number:04d}.jpg")
    return home


@pytest.fixture(autouse=True)
def small_lfw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = make_data_home(tmp_path / "data")
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(home))
    return home


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def start(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    yield started
    assert all(child.returncode is not None for child in started), "a child process was left"


def files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_faces_and_names_are_those_of_the_photos(
    small_lfw: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    children: list[subprocess.Popen[bytes]],
) -> None:
    # A module in the working folder must not get in the way of the child process.
    (tmp_path / "numpy.py").write_text("raise SystemExit('wrong module')")
    monkeypatch.chdir(tmp_path)
    before = files_below(small_lfw)

    *progress, last = prepare("lfw", cache_folder=tmp_path / "cache")

    assert isinstance(last, Prepared)
    assert all(isinstance(event, WorkProgress) for event in progress)
    faces = last.faces
    assert faces.title == "LFW"
    expected = {
        (path.parent.name.replace("_", " "), crop_face(open_photo(path), CROP).tobytes())
        for path in small_lfw.rglob("*.jpg")
    }
    seen = zip(faces.names, faces.images, strict=True)
    assert {(name, image.tobytes()) for name, image in seen} == expected
    assert files_below(small_lfw) == before, "nothing is written beside the photos"

    again = load_faces("lfw", cache_folder=tmp_path / "cache")

    assert len(children) == 1, "the second time nothing is read again"
    assert np.array_equal(again.images, faces.images)


def test_opening_the_cache_needs_no_scikit_learn(tmp_path: Path) -> None:
    load_faces("lfw", cache_folder=tmp_path / "cache")
    code = (
        "import sys; from model.data.datasets import load_faces;"
        "print(len(load_faces('lfw', cache_folder=sys.argv[1]).images));"
        "assert not {'sklearn', 'torch'} & set(sys.modules)"
    )
    code = code.replace("sys.argv[1]", "__import__('pathlib').Path(sys.argv[1])")
    root = Path(__file__).resolve().parents[3]

    output = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "cache")],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )

    assert output.stdout.strip() == "6"


def test_a_changed_or_damaged_data_set_is_read_again(small_lfw: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    load_faces("lfw", cache_folder=cache)
    person = small_lfw / "lfw_home" / "lfw_funneled" / "Cy"
    person.mkdir()
    Image.new("RGB", (250, 250)).save(person / "Cy_0001.jpg")

    assert len(load_faces("lfw", cache_folder=cache).images) == 7

    with next(cache.glob("*/images.npy")).open("r+b") as stream:
        stream.seek(5000)
        stream.write(b"damage")
    first, *_, last = prepare("lfw", cache_folder=cache)
    assert isinstance(first, WorkProgress)
    assert "damaged" in first.text
    assert isinstance(last, Prepared)
    assert len(last.faces.images) == 7


def test_closing_ends_the_child_and_leaves_no_file(
    tmp_path: Path, children: list[subprocess.Popen[bytes]]
) -> None:
    events = prepare("lfw", cache_folder=tmp_path / "cache")
    while not children:
        next(events)
    next(events)

    events.close()

    assert children[0].returncode is not None
    assert not list((tmp_path / "cache").iterdir())


def test_the_child_ends_with_its_parent(small_lfw: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "model.data.lfw_worker",
        str(small_lfw),
        str(tmp_path / "x.npy"),
    ]

    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, cwd=Path(__file__).resolve().parents[3], check=False
    )

    assert ended.returncode == 1


def test_what_scikit_learn_says_is_in_the_details(small_lfw: Path, tmp_path: Path) -> None:
    photo = next(small_lfw.rglob("*.jpg"))
    photo.write_text("no photo")

    with pytest.raises(DataError, match="scikit-learn can't read LFW") as caught:
        load_faces("lfw", cache_folder=tmp_path / "cache")

    assert photo.name in caught.value.details
    assert not list((tmp_path / "cache").iterdir())


def test_a_missing_data_set_is_told_at_once(
    small_lfw: Path, tmp_path: Path, children: list[subprocess.Popen[bytes]]
) -> None:
    path = small_lfw / "lfw_home" / "lfw_funneled"
    path.rename(tmp_path / "elsewhere")

    with pytest.raises(LfwMissingError, match="lfw_funneled") as caught:
        load_faces("lfw", cache_folder=tmp_path / "cache")
    assert "https://ndownloader.figshare.com/files/5976015" in caught.value.details

    assert not children
    assert not (tmp_path / "cache").exists()


def test_a_copy_that_lacks_people_is_used_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):  # the second time from the cache
        *_, last = prepare("lfw", cache_folder=tmp_path / "cache")
        assert isinstance(last, Prepared)
        (sentence,) = last.skipped
        assert "isn't complete on this machine: 3 of 5,749 people, 6 of 13,233 faces" in sentence
        assert "https://" in sentence
    monkeypatch.setattr(lfw_module, "PEOPLE", 3)
    monkeypatch.setattr(lfw_module, "FACES", 6)
    *_, last = prepare("lfw", cache_folder=tmp_path / "cache")
    assert isinstance(last, Prepared)
    assert last.skipped == ()


def test_a_folder_that_holds_lfw_is_recognised(small_lfw: Path) -> None:
    home = small_lfw / "lfw_home"

    for folder in (small_lfw, home, home / "lfw_funneled"):
        assert data_home_in(folder) == small_lfw
    assert data_home_in(home / "lfw_funneled" / "Bo") is None
    assert data_home_in(small_lfw.parent) is None


def test_the_real_lfw(lfw: FaceSet, lfw_data_home: Path, lfw_cache: Path) -> None:
    photos = lfw_data_home / "lfw_home" / "lfw_funneled"

    assert len(lfw.images) in (12_547, 13_233)  # some copies lack some people
    for row in (0, 1, 5_000, len(lfw.images) - 1):
        person = photos / lfw.names[row].replace(" ", "_")
        faces = [crop_face(open_photo(path), CROP) for path in sorted(person.iterdir())]
        assert any(np.array_equal(face, lfw.images[row]) for face in faces)
    again = list(prepare(lfw_data_home, cache_folder=lfw_cache))
    assert len(again) == 1, "it is in the cache"
