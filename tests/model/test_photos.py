from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.photos import PhotoShelf, photos_folder


def face(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (48, 48, 3), np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shelf = PhotoShelf(tmp_path / "photos")
    for seed, name in enumerate(["Ann", "Ann", "Zoë 🙂"]):
        assert shelf.add(face(seed), name) == seed
    return tmp_path / "photos"


def shelved(folder: Path) -> list[tuple[str, int]]:
    faces = PhotoShelf(folder).faces()
    seeds = {face(seed).tobytes(): seed for seed in range(9)}
    return [
        (name, seeds[image.tobytes()])
        for name, image in zip(faces.names, faces.images, strict=True)
    ]


def test_photos_are_there_again(folder: Path) -> None:
    assert shelved(folder) == [("Ann", 0), ("Ann", 1), ("Zoë 🙂", 2)]


def test_a_new_shelf_is_empty_and_writes_nothing(tmp_path: Path) -> None:
    shelf = PhotoShelf(tmp_path / "none")

    assert len(shelf) == 0
    assert shelf.faces().images.shape == (0, 48, 48, 3)
    assert not (tmp_path / "none").exists()


def test_the_same_pixels_are_kept_once(folder: Path) -> None:
    shelf = PhotoShelf(folder)

    assert shelf.add(face(1), "Someone else") == 1
    assert len(shelf) == 3


def test_a_removed_photo_is_gone(folder: Path) -> None:
    shelf = PhotoShelf(folder)
    shelf.remove(0)

    assert list(shelf.faces().names) == ["Ann", "Zoë 🙂"]
    assert shelved(folder) == [("Ann", 1), ("Zoë 🙂", 2)]
    assert len(list(folder.iterdir())) == 3
    for row in (2, -1):
        with pytest.raises(IndexError):
            shelf.remove(row)


def damaged_photo(folder: Path) -> None:
    PhotoShelf(folder)
    next(path for path in folder.glob("*.png") if is_second(path)).write_bytes(b"no picture")


def changed_photo(folder: Path) -> None:
    path = next(path for path in folder.glob("*.png") if is_second(path))
    Image.new("RGB", (9, 9)).save(path)


def lost_photo(folder: Path) -> None:
    next(path for path in folder.glob("*.png") if is_second(path)).unlink()


def is_second(path: Path) -> bool:
    with Image.open(path) as image:
        return np.array_equal(np.asarray(image), face(1))


@pytest.mark.parametrize("damage", [damaged_photo, changed_photo, lost_photo])
def test_a_damaged_photo_is_left_out(damage: Callable[[Path], None], folder: Path) -> None:
    damage(folder)

    assert shelved(folder) == [("Ann", 0), ("Zoë 🙂", 2)]
    assert PhotoShelf(folder).add(face(1), "Ann") == 2
    assert shelved(folder) == [("Ann", 0), ("Zoë 🙂", 2), ("Ann", 1)]


@pytest.mark.parametrize("index", [None, "", "{", "[]", '{"photos": [{"file": 3}]}'])
def test_without_an_index_only_the_order_is_lost(index: str | None, folder: Path) -> None:
    if index is None:
        (folder / "index.json").unlink()
    else:
        (folder / "index.json").write_text(index)

    assert sorted(shelved(folder)) == [("Ann", 0), ("Ann", 1), ("Zoë 🙂", 2)]


def test_the_index_leads_nowhere_else(folder: Path, tmp_path: Path) -> None:
    outside = next(folder.glob("*.png")).rename(tmp_path / "outside.png")
    (folder / "index.json").write_text(f'{{"photos": [{{"file": "../{outside.name}"}}]}}')

    assert len(PhotoShelf(folder)) == 2


def test_two_windows_lose_no_photo(folder: Path) -> None:
    one, other = PhotoShelf(folder), PhotoShelf(folder)
    one.add(face(3), "From one")
    other.add(face(4), "From the other")

    assert sorted(shelved(folder))[2:4] == [("From one", 3), ("From the other", 4)]


def test_what_is_no_face_is_refused(folder: Path) -> None:
    for image in (np.zeros((47, 48, 3), np.uint8), np.zeros((48, 48, 3))):
        with pytest.raises(ValueError, match="A face can't be"):
            PhotoShelf(folder).add(image, "x")  # type: ignore[arg-type]


def test_a_face_can_be_changed_by_its_owner_afterwards(folder: Path) -> None:
    shelf, mine = PhotoShelf(folder), face(5)
    row = shelf.add(mine, "\udcff")
    mine[:] = 0

    assert np.array_equal(shelf.faces().images[row], face(5))
    assert shelf.faces().names[row] == "?"


def test_the_folder_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAE_STUDIO_DATA", str(tmp_path))

    assert photos_folder() == tmp_path / "photos"
