from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from model.photos.crop import CropBox, Placement, crop_face
from model.photos.faces import PhotoError
from model.photos.photos import Photo, PhotoLibrary, photos_folder, read_photo
from tests.properties import quickly, values
from tests.shelves import faces_of, keys_of, write_bare_face

BUSY_WINDOW = """
import sys
from pathlib import Path
from PIL import Image
from model.photos.crop import CropBox
from model.photos.crop import Placement
from model.photos.photos import Photo
from model.photos.photos import PhotoLibrary

shelf, own = PhotoLibrary(Path(sys.argv[1])), int(sys.argv[2])

def photo(name, red, green):
    picture = Image.new("RGB", (60, 60), (red, green, 0))
    return Photo(name, picture, Placement(CropBox(0, 0, 60)))

for number in range(6):
    shelf.add_photo(photo("both", 99, 99))
    key = shelf.add_photo(photo(f"{own}-{number}", own, number))
    if number % 2:
        shelf.remove([key])
"""


def face(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (48, 48, 3), np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, name in enumerate(["Ann", "Ann", "Zoë 🙂"]):
        write_bare_face(tmp_path / "photos", face(seed), name)
    return tmp_path / "photos"


def shelved(folder: Path) -> list[tuple[str, int]]:
    faces = faces_of(PhotoLibrary(folder))
    seeds = {face(seed).tobytes(): seed for seed in range(9)}
    return [
        (name, seeds[image.tobytes()])
        for name, image in zip(faces.names, faces.images, strict=True)
    ]


def test_photos_are_there_again(folder: Path) -> None:
    assert shelved(folder) == [("Ann", 0), ("Ann", 1), ("Zoë 🙂", 2)]


def test_a_new_shelf_is_empty_and_writes_nothing(tmp_path: Path) -> None:
    shelf = PhotoLibrary(tmp_path / "none")

    assert len(keys_of(shelf)) == 0
    assert faces_of(shelf).images.shape == (0, 48, 48, 3)
    assert not (tmp_path / "none").exists()


def test_a_removed_photo_is_gone(folder: Path) -> None:
    shelf = PhotoLibrary(folder)
    shelf.remove([keys_of(shelf)[0]])

    assert list(faces_of(shelf).names) == ["Ann", "Zoë 🙂"]
    assert shelved(folder) == [("Ann", 1), ("Zoë 🙂", 2)]
    assert len(list(folder.iterdir())) == 3
    assert shelf.remove(["no such photo"]).count == 0


def damaged_photo(folder: Path) -> None:
    PhotoLibrary(folder)
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
    write_bare_face(folder, face(1), "Ann")
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

    assert len(keys_of(PhotoLibrary(folder))) == 2


def test_two_windows_lose_no_photo(folder: Path) -> None:
    one, other = PhotoLibrary(folder), PhotoLibrary(folder)
    assert len(keys_of(one)) == len(keys_of(other)) == 3
    keys = {one.add_photo(snapshot(3)), other.add_photo(snapshot(4))}

    faces, found = PhotoLibrary(folder).keyed_faces()
    assert sorted(faces.names) == ["Ann", "Ann", "Snapshot 3", "Snapshot 4", "Zoë 🙂"]
    assert keys < set(found)


class TestTwoWindows:
    """Two shelves on one folder, as two processes have them."""

    @pytest.fixture
    def shelves(self, tmp_path: Path) -> tuple[PhotoLibrary, PhotoLibrary]:
        PhotoLibrary(tmp_path).add_photo(snapshot(1))
        shelves = PhotoLibrary(tmp_path), PhotoLibrary(tmp_path)
        assert [len(keys_of(shelf)) for shelf in shelves] == [1, 1]  # both have read it
        return shelves

    def test_the_last_box_counts_and_the_photo_stays_one(
        self, shelves: tuple[PhotoLibrary, PhotoLibrary], tmp_path: Path
    ) -> None:
        one, other = shelves
        key, photo = keys_of(one)[0], snapshot(1)
        boxes = [photo.placement.moved(CropBox(100, 20, side), 1) for side in (60, 70, 80)]
        for shelf, box in zip((one, other, one), boxes, strict=True):
            assert shelf.place(key, box, photo.picture) is not None
            again = PhotoLibrary(tmp_path)
            assert (len(keys_of(again)), again.placement(key)) == (1, box)

    def test_what_the_other_one_removed_is_not_moved(
        self, shelves: tuple[PhotoLibrary, PhotoLibrary], tmp_path: Path
    ) -> None:
        one, other = shelves
        key, photo = keys_of(one)[0], snapshot(1)
        one.remove([keys_of(one)[0]])
        assert other.place(key, photo.placement.moved(CropBox(9, 9, 60), -1), photo.picture) is None
        assert len(keys_of(PhotoLibrary(tmp_path))) == 0

    def test_what_the_other_one_removed_can_be_added_again(
        self, shelves: tuple[PhotoLibrary, PhotoLibrary], tmp_path: Path
    ) -> None:
        one, other = shelves
        one.remove([keys_of(one)[0]])
        assert other.find(snapshot(1).picture) is None
        assert other.add_photo(snapshot(1)) == keys_of(other)[0]
        again = PhotoLibrary(tmp_path)
        assert again.picture(keys_of(again)[0]).size == snapshot(1).picture.size

    def test_a_photo_that_the_other_one_added_keeps_its_box(
        self, shelves: tuple[PhotoLibrary, PhotoLibrary], tmp_path: Path
    ) -> None:
        one, other = shelves
        key = one.add_photo(snapshot(2))
        box = snapshot(2).placement.moved(CropBox(100, 20, 60), 1)
        one.place(key, box, snapshot(2).picture)
        assert other.row_of(other.add_photo(snapshot(2))) == 1
        assert PhotoLibrary(tmp_path).placement(key) == box
        assert len(keys_of(PhotoLibrary(tmp_path))) == 2

    def test_a_picture_that_the_other_one_uses_stays(
        self, shelves: tuple[PhotoLibrary, PhotoLibrary], tmp_path: Path
    ) -> None:
        one, other = shelves
        key, photo = keys_of(one)[0], snapshot(1)
        box = photo.placement.moved(CropBox(100, 20, 60), 1)
        other.place(key, box, photo.picture)
        one.remove([keys_of(one)[0]])
        assert PhotoLibrary(tmp_path).picture(key).size == photo.picture.size

    def test_two_processes_add_and_remove_at_once(self, tmp_path: Path) -> None:
        processes = [
            subprocess.Popen([sys.executable, "-c", BUSY_WINDOW, str(tmp_path), str(number)])
            for number in (1, 2)
        ]
        assert [process.wait() for process in processes] == [0, 0]
        again = PhotoLibrary(tmp_path)
        assert sorted(faces_of(again).names) == [
            "1-0",
            "1-2",
            "1-4",
            "2-0",
            "2-2",
            "2-4",
            "both",
        ]
        assert all(again.picture(keys_of(again)[row]).size == (60, 60) for row in range(7))
        assert len(list((tmp_path / "pictures").iterdir())) == 7
        assert len(list(tmp_path.glob("*.png"))) == 7


def test_the_folder_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAE_STUDIO_DATA", str(tmp_path))

    assert photos_folder() == tmp_path / "photos"


FOUND = (CropBox(20, 30, 60, 10), CropBox(120, 30, 50))


def snapshot(seed: int, side: int = 200) -> Photo:
    noise = np.random.default_rng(seed).integers(0, 256, (side, side + 40, 3), np.uint8)
    picture = Image.fromarray(noise)
    return Photo(f"Snapshot {seed}", picture, Placement(FOUND[0], FOUND, 0))


def second() -> Placement:
    """The box on the other face of a snapshot."""
    return Placement(FOUND[1], FOUND, 1)


def test_a_photo_is_there_again_with_its_box(tmp_path: Path) -> None:
    shelf, photo = PhotoLibrary(tmp_path), snapshot(1)
    key = shelf.add_photo(photo)
    row = shelf.row_of(key)

    again = PhotoLibrary(tmp_path)

    assert again.row_of(key) == row
    assert again.placement(key) == photo.placement
    assert np.array_equal(np.asarray(again.picture(key)), np.asarray(photo.picture))
    assert np.array_equal(faces_of(again).images[row], photo.face())


def test_a_moved_box_is_kept_and_the_photo_stays_where_it_is(tmp_path: Path) -> None:
    shelf = PhotoLibrary(tmp_path)
    for seed in range(3):
        shelf.add_photo(snapshot(seed))
    key, picture = keys_of(shelf)[1], snapshot(1).picture
    placement = snapshot(1).placement.moved(CropBox(100, 20, 90, -5), 1)

    moved = shelf.place(key, placement, picture)

    again = PhotoLibrary(tmp_path)
    assert again.placement(key) == placement
    assert list(faces_of(again).names) == ["Snapshot 0", "Snapshot 1", "Snapshot 2"]
    assert shelf.row_of(key) == 1
    assert np.array_equal(faces_of(again).images[1], crop_face(picture, placement.box))
    assert moved is not None
    assert np.array_equal(faces_of(again).images[1], moved)
    assert len(list(tmp_path.glob("*.png"))) == 3


def test_a_lost_index_loses_no_box(tmp_path: Path) -> None:
    shelf = PhotoLibrary(tmp_path)
    shelf.add_photo(snapshot(1))
    (tmp_path / "index.json").unlink()

    assert PhotoLibrary(tmp_path).placement(keys_of(shelf)[0]) == snapshot(1).placement


def test_the_same_picture_is_kept_once(tmp_path: Path) -> None:
    shelf = PhotoLibrary(tmp_path)
    assert shelf.find(snapshot(1).picture) is None

    one, two, again = (shelf.add_photo(snapshot(seed)) for seed in (1, 2, 1))
    assert one == again != two

    assert shelf.find(snapshot(2).picture) == two
    assert PhotoLibrary(tmp_path).find(snapshot(2).picture) == two


def test_two_photos_with_the_same_face_are_two(tmp_path: Path) -> None:
    shelf, box = PhotoLibrary(tmp_path), Placement(CropBox(0, 0, 60))
    for width in (60, 70):
        shelf.add_photo(Photo("Plain", Image.new("RGB", (width, 60), (1, 2, 3)), box))

    shelf.remove([keys_of(shelf)[0]])

    assert len(keys_of(PhotoLibrary(tmp_path))) == 1
    assert PhotoLibrary(tmp_path).picture(keys_of(shelf)[0]).size == (70, 60)


def test_with_a_photo_its_picture_is_removed(tmp_path: Path) -> None:
    shelf = PhotoLibrary(tmp_path)
    shelf.add_photo(snapshot(1))
    key = keys_of(shelf)[0]
    shelf.remove([keys_of(shelf)[0]])

    assert list((tmp_path / "pictures").iterdir()) == []
    assert shelf.placement(key) is None
    assert shelf.place(key, snapshot(1).placement, snapshot(1).picture) is None
    with pytest.raises(PhotoError, match="doesn't exist"):
        shelf.picture(key)


class TestSeveralFaces:
    """Two faces of one photo."""

    @pytest.fixture
    def shelf(self, tmp_path: Path) -> PhotoLibrary:
        shelf = PhotoLibrary(tmp_path)
        shelf.add_photo(snapshot(0))
        shelf.add_photo(snapshot(1))
        shelf.add_faces(keys_of(shelf)[1], [second()])
        return shelf

    def test_they_share_the_picture(self, shelf: PhotoLibrary, tmp_path: Path) -> None:
        again = PhotoLibrary(tmp_path)
        one, two = keys_of(again)[1], keys_of(again)[2]

        assert list(faces_of(again).names) == ["Snapshot 0", "Snapshot 1", "Snapshot 1 (2)"]
        assert one != two
        assert again.others(one) == {two: FOUND[1]}
        assert again.others(two) == {one: FOUND[0]}
        assert np.array_equal(np.asarray(again.picture(two)), np.asarray(snapshot(1).picture))
        assert np.array_equal(faces_of(again).images[2], crop_face(snapshot(1).picture, FOUND[1]))
        assert len(list((tmp_path / "pictures").iterdir())) == 2

    def test_each_has_a_box_of_its_own(self, shelf: PhotoLibrary, tmp_path: Path) -> None:
        box, picture = CropBox(9, 99, 44, 3), snapshot(1).picture
        shelf.place(keys_of(shelf)[2], second().moved(box), picture)

        again = PhotoLibrary(tmp_path)

        assert again.placement(keys_of(again)[2]) == second().moved(box)
        assert again.placement(keys_of(again)[1]) == snapshot(1).placement
        assert len(list(tmp_path.glob("*.png"))) == 3

    def test_with_the_same_box_they_stay_two(self, shelf: PhotoLibrary, tmp_path: Path) -> None:
        picture = snapshot(1).picture
        shelf.place(keys_of(shelf)[2], second().moved(FOUND[0], 0), picture)
        shelf.place(keys_of(shelf)[2], second(), picture)

        again = PhotoLibrary(tmp_path)
        assert again.placement(keys_of(again)[1]) == snapshot(1).placement
        assert again.placement(keys_of(again)[2]) == second()

    @pytest.mark.parametrize("first", [1, 2])
    def test_the_picture_stays_while_one_is_there(
        self, first: int, shelf: PhotoLibrary, tmp_path: Path
    ) -> None:
        shelf.remove([keys_of(shelf)[first]])
        assert PhotoLibrary(tmp_path).picture(keys_of(shelf)[1]).size == (240, 200)
        assert shelf.find(snapshot(1).picture) == keys_of(shelf)[1]
        assert shelf.others(keys_of(shelf)[1]) == {}
        shelf.remove([keys_of(shelf)[1]])
        assert len(list((tmp_path / "pictures").iterdir())) == 1

    def test_the_same_face_is_added_once(self, shelf: PhotoLibrary) -> None:
        near = second().moved(CropBox(125, 33, 50))
        assert shelf.add_faces(keys_of(shelf)[1], [near]) == [keys_of(shelf)[2]]
        assert shelf.add_faces(keys_of(shelf)[2], [snapshot(1).placement]) == [keys_of(shelf)[1]]
        assert len(keys_of(shelf)) == 3

    def test_a_face_whose_box_moved_on_can_be_added_again(
        self, shelf: PhotoLibrary, tmp_path: Path
    ) -> None:
        shelf.place(keys_of(shelf)[2], second().moved(CropBox(20, 140, 50)), snapshot(1).picture)
        [key] = shelf.add_faces(keys_of(shelf)[1], [second()])

        again = PhotoLibrary(tmp_path)
        assert again.row_of(key) == 3
        assert faces_of(again).names[3] == "Snapshot 1 (3)"
        assert len({keys_of(again)[row] for row in range(4)}) == 4

    def test_two_windows_add_the_same_face_once(self, tmp_path: Path) -> None:
        PhotoLibrary(tmp_path).add_photo(snapshot(1))
        one, other = PhotoLibrary(tmp_path), PhotoLibrary(tmp_path)
        assert len(keys_of(one)) == len(keys_of(other)) == 1
        assert one.add_faces(keys_of(one)[0], [second()]) == other.add_faces(
            keys_of(other)[0], [second()]
        )
        assert len(keys_of(PhotoLibrary(tmp_path))) == 2

    def test_a_photo_that_is_gone_gets_no_more_faces(self, shelf: PhotoLibrary) -> None:
        key = keys_of(shelf)[0]
        shelf.remove([key])
        with pytest.raises(PhotoError, match="doesn't exist"):
            shelf.add_faces(key, [second()])


def write_face(path: Path, origin: dict[str, object]) -> None:
    """Write the face of a snapshot as an earlier version or a stranger may have."""
    info = PngInfo()
    info.add_itxt("Title", "Earlier")
    info.add_itxt("Origin", json.dumps(origin | snapshot(1).placement.as_json()))
    Image.fromarray(snapshot(1).face()).save(path, pnginfo=info)


def test_a_photo_of_an_earlier_version_keeps_its_box_and_takes_more_faces(tmp_path: Path) -> None:
    key = PhotoLibrary(tmp_path).add_photo(snapshot(1))
    [path] = tmp_path.glob("*.png")
    write_face(path, {"picture": key})

    again = PhotoLibrary(tmp_path)

    assert keys_of(again)[0] == key
    assert again.placement(key) == snapshot(1).placement
    again.add_faces(key, [second()])
    assert len(keys_of(PhotoLibrary(tmp_path))) == 2


@pytest.mark.parametrize("mark", ["../x", "A", 7.5, None, "0" * 17])
def test_a_face_with_a_strange_mark_is_left_out(mark: object, tmp_path: Path) -> None:
    key = PhotoLibrary(tmp_path).add_photo(snapshot(1))
    [path] = tmp_path.glob("*.png")
    write_face(path, {"picture": key, "mark": mark})

    assert len(keys_of(PhotoLibrary(tmp_path))) == 0


def test_removed_photos_are_put_back_where_they_were(tmp_path: Path) -> None:
    shelf = PhotoLibrary(tmp_path)
    for seed in range(4):
        shelf.add_photo(snapshot(seed))
    shelf.add_faces(keys_of(shelf)[1], [second()])
    write_bare_face(tmp_path, face(1), "Only a face")
    shelf = PhotoLibrary(tmp_path)
    keys = [keys_of(shelf)[row] for row in range(6)]

    removed = shelf.remove([keys[0], keys[1], keys[4], keys[5]])
    assert removed.count == 4
    assert removed.names == ("Snapshot 0", "Snapshot 1", "Snapshot 1 (2)", "Only a face")
    assert len(list((tmp_path / "pictures").iterdir())) == 2
    assert shelf.restore(removed) == [keys[0], keys[1], keys[4], keys[5]]
    shelf.restore(removed)

    again = PhotoLibrary(tmp_path)
    assert [keys_of(again)[row] for row in range(len(keys_of(again)))] == keys
    assert again.placement(keys[4]) == second()
    assert all(again.picture(key).size == (240, 200) for key in keys[:5])


def test_what_is_removed_for_good_is_not_kept(tmp_path: Path) -> None:
    shelf = PhotoLibrary(tmp_path)
    shelf.add_photo(snapshot(1))

    removed = shelf.remove([keys_of(shelf)[0]], for_good=True)

    assert (removed.count, removed.names) == (1, ())
    assert shelf.restore(removed) == []
    assert len(keys_of(shelf)) == 0


def test_a_photo_that_lost_its_picture_is_removed_all_the_same(tmp_path: Path) -> None:
    shelf = PhotoLibrary(tmp_path)
    key = shelf.add_photo(snapshot(1))
    next((tmp_path / "pictures").iterdir()).unlink()

    shelf.restore(shelf.remove([key]))

    assert list((tmp_path / "pictures").iterdir()) == []
    assert PhotoLibrary(tmp_path).placement(key) == snapshot(1).placement


def test_keys_and_faces_are_of_one_moment(tmp_path: Path) -> None:
    shelf = PhotoLibrary(tmp_path)
    for seed in range(2):
        shelf.add_photo(snapshot(seed))
    faces, keys = shelf.keyed_faces()

    assert list(faces.names) == ["Snapshot 0", "Snapshot 1"]
    assert keys == (keys_of(shelf)[0], keys_of(shelf)[1])


def test_large_pictures_are_kept_smaller_and_nearly_the_same(tmp_path: Path) -> None:
    side = np.linspace(0, 255, 3000).astype(np.uint8)
    pixels = np.stack(np.broadcast_arrays(side[:, None], side[None, :], np.uint8(90)), -1)
    photo = read_photo(np.ascontiguousarray(pixels), "Large")
    shelf = PhotoLibrary(tmp_path)
    shelf.add_photo(photo)

    kept = shelf.picture(keys_of(shelf)[0])

    assert kept.size == photo.picture.size == (1000, 1000)
    assert np.abs(np.asarray(kept).astype(int) - np.asarray(photo.picture)).max() < 12
    assert shelf.find(photo.picture) == keys_of(shelf)[0]


def test_a_face_of_an_earlier_version_has_no_picture(folder: Path) -> None:
    shelf = PhotoLibrary(folder)

    assert shelf.row_of(keys_of(shelf)[0]) == 0
    assert shelf.placement(keys_of(shelf)[0]) is None
    assert shelf.others(keys_of(shelf)[0]) == {}
    assert shelf.placement("nothing") is None


files = st.sampled_from(["", ".", "..", "/dev/zero", "index.json"]) | st.text(max_size=5)
entries = st.fixed_dictionaries({}, optional={"file": files | values, "name": values})
indexes = values | st.fixed_dictionaries({"photos": st.lists(entries, max_size=4) | values})


@quickly
@given(st.binary(max_size=40) | indexes.map(lambda index: json.dumps(index).encode()))
def test_any_index_loses_no_photo(tmp_path: Path, index: bytes) -> None:
    if not (tmp_path / "photos").exists():
        for seed in range(2):
            write_bare_face(tmp_path / "photos", face(seed), "Ann")
    (tmp_path / "photos" / "index.json").write_bytes(index)

    faces = faces_of(PhotoLibrary(tmp_path / "photos"))

    assert {image.tobytes() for image in faces.images} == {face(0).tobytes(), face(1).tobytes()}
    assert "".join(faces.names).encode() == b"AnnAnn"


def test_a_name_in_the_index_can_be_shown_and_written_again(folder: Path) -> None:
    names = ["\ud800", "n" * 10**6, "Ann"]
    index = json.loads((folder / "index.json").read_text())
    for entry, name in zip(index["photos"], names, strict=True):
        entry["name"] = name
    (folder / "index.json").write_text(json.dumps(index))

    shelf = PhotoLibrary(folder)
    shelf.remove([keys_of(shelf)[2]])

    assert list(faces_of(PhotoLibrary(folder)).names) == ["?", "n" * 1000]


def test_a_pipe_or_a_large_file_among_the_photos_is_left_out(folder: Path) -> None:
    with (folder / "large.png").open("wb") as file:
        file.truncate(2_000_000)
    (folder / "index.json").unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.png")
        os.mkfifo(folder / "index.json")

    assert len(keys_of(PhotoLibrary(folder))) == 3
