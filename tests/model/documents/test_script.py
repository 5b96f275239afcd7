from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.checkpoint import FaceModel, pretrained_model
from model.data.datasets import demo_faces
from model.documents.script import (
    Origin,
    ScriptError,
    Used,
    analogy_script,
    direction_script,
    edit_script,
    pack_latent,
    path_script,
    unpack_latent,
)
from model.face_set import FaceSet
from model.inference import decode, encode
from model.latents.custom_directions import DirectionFaces, save_directions
from model.latents.named_directions import named_directions
from model.morph.key_frames import KeyFrame
from model.morph.key_frames import Path as MorphPath
from model.network import ConvAutoencoder
from model.photos.photos import PhotoLibrary, read_photo

HOSTILE = 'x"\n__import__("os").abort()\n#'


@pytest.fixture(scope="module")
def origin() -> Origin:
    return Origin(pretrained_model(), None, "demo", demo_faces())


def used(origin: Origin, row: int) -> Used:
    faces = origin.faces
    assert faces is not None
    pixels = faces.images[row]
    return Used(faces.names[row], encode(origin.model, pixels[None])[0], pixels)


def run(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(compile(text, "script.py", "exec"), names)
    return names


def difference(one: np.ndarray, other: np.ndarray) -> int:
    assert one.shape == other.shape
    return int(np.abs(one.astype(int) - other).max())


def test_a_latent_as_text_comes_back_nearly() -> None:
    latent = np.random.default_rng(0).normal(size=500).astype(np.float32)
    text = pack_latent(latent)
    assert len(text) == 1250
    assert not set(text) & set("\"'\\\n ")
    assert np.abs(unpack_latent(text) - latent).max() < 2e-3
    with pytest.raises(ValueError, match="base85"):
        unpack_latent('nothing of this kind "')


def test_a_face_without_an_edit(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = used(origin, 6)
    text = edit_script(origin, face, face.latent)
    assert "named_directions" not in text
    assert len(text.splitlines()) == 8
    made = run(text, tmp_path, monkeypatch)["picture"]
    assert difference(made, decode(origin.model, face.latent[None])[0]) <= 1
    with Image.open(tmp_path / "face.png") as picture:
        assert difference(np.asarray(picture), made) == 0


def test_what_is_not_what_it_is_called_is_a_latent(origin: Origin) -> None:
    """A refined face, a face of another set, and one of the same name with other pixels."""
    face = used(origin, 6)
    assert face.pixels is not None
    for other in (
        Used(face.name, face.latent + np.float32(0.1), face.pixels),
        Used("Somebody", face.latent, face.pixels),
        Used(face.name, face.latent, face.pixels[::-1]),
        Used(face.name, face.latent),
    ):
        text = edit_script(origin, other, other.latent)
        assert "unpack_latent" in text
        assert "load_faces" not in text


def test_names_and_places_are_no_code(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = origin.faces
    assert faces is not None
    named = FaceSet("Mine", faces.images[:2], (HOSTILE, "Other"))
    hostile = Origin(origin.model, None, HOSTILE, named, (), tmp_path / "own.directions")
    face = Used(HOSTILE, used(origin, 0).latent, faces.images[0])
    save_directions(tmp_path / "own.directions", [
        DirectionFaces(HOSTILE, np.array(faces.images[:6]), np.array(faces.images[6:12]))
    ])  # fmt: skip
    text = direction_script(hostile, HOSTILE, face)
    monkeypatch.setattr("model.load_faces", lambda source: {HOSTILE: named}[source])
    assert run(text, tmp_path, monkeypatch)["pictures"].shape == (5, 48, 48, 3)
    assert "\n__import__" not in text


def test_own_photos_are_read_from_their_files(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = origin.faces
    assert faces is not None
    picture = tmp_path / "me.png"
    Image.fromarray(np.array(faces.images[3])).resize((300, 240)).save(picture)
    library = PhotoLibrary(tmp_path / "photos")
    library.add_photo(read_photo(picture, "Me"))
    kept, keys = library.keyed_faces()
    photos = tuple(map(library.file, keys))
    mine = Origin(origin.model, None, "photos", kept, photos)
    face = used(mine, 0)
    text = edit_script(mine, face, face.latent)
    assert "read_photo" in text
    assert "load_faces" not in text
    made = run(text, tmp_path, monkeypatch)["picture"]
    assert difference(made, decode(origin.model, face.latent[None])[0]) <= 1
    for file in photos:
        assert file is not None
        file.unlink()
    assert "unpack_latent" in edit_script(mine, face, face.latent)


def test_segments_that_differ_are_told_one_by_one(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = [used(origin, row) for row in (1, 2, 3)]
    frames = (
        KeyFrame(faces[0].latent, seconds=0.5, ease="slow end"),
        KeyFrame(faces[1].latent, seconds=1.25, spherical=True),
        KeyFrame(faces[2].latent),
    )
    for path in (MorphPath(frames), MorphPath(frames, loop=True)):
        text = path_script(origin, faces, path, even=False, rate=8)
        made = run(text, tmp_path, monkeypatch)["pictures"]
        assert difference(made, decode(origin.model, path.film(8))) <= 1


def test_faces_without_a_name_are_mixed_by_their_latents(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [used(origin, row) for row in (1, 2, 3, 4)]
    sides = [[known[0], Used("Made", known[1].latent)], [Used("Made", known[2].latent)], known[3:]]
    text = analogy_script(origin, sides, 0.5)
    made = run(text, tmp_path, monkeypatch)["picture"]
    a = (known[0].latent + known[1].latent) / 2
    result = known[3].latent + np.float32(0.5) * (a - known[2].latent)
    assert difference(made, decode(origin.model, result[None])[0]) <= 1


def test_without_measured_latents_an_edit_is_told_by_its_latent(
    origin: Origin, tmp_path: Path
) -> None:
    from model.checkpoint import save_model

    small = FaceModel(ConvAutoencoder(8).eval())
    path = tmp_path / "small.safetensors"
    save_model(path, small)
    mine = Origin(small, path, "demo", origin.faces)
    face = used(mine, 1)
    text = edit_script(mine, face, face.latent + 1)
    assert "unpack_latent" in text
    with pytest.raises(ValueError, match="wasn't measured"):
        named_directions(small)
    with pytest.raises(ScriptError, match="isn't in its file yet"):
        direction_script(mine, "Hat", None)


def test_a_model_that_is_in_no_file_has_no_script(origin: Origin, tmp_path: Path) -> None:
    small = FaceModel(ConvAutoencoder(8).eval())
    face = Used("A", np.zeros(8, np.float32))
    for path in (None, tmp_path / "gone.safetensors"):
        with pytest.raises(ScriptError, match="isn't in a file"):
            edit_script(Origin(small, path), face, face.latent)
