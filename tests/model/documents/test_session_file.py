from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.documents.session_file import (
    FORMAT,
    MAX_STATES,
    OLDER,
    ExploreSession,
    SavedAnalogy,
    SavedFace,
    SavedFaces,
    SavedGrid,
    SavedHistory,
    load_session,
    save_session,
)
from model.io.tensor_file import TensorFileError, read_tensors, write_tensors
from model.latents.custom_directions import DirectionFaces
from model.latents.directions import Direction
from model.morph import key_frames

SIZE = 7
random = np.random.default_rng(0)


def latent() -> np.ndarray:
    return random.normal(size=SIZE).astype(np.float32)


def face(name: str) -> SavedFace:
    return SavedFace(name, random.integers(0, 256, (48, 48, 3), np.uint8), latent(), latent())


def pixels(count: int) -> np.ndarray:
    return random.integers(0, 256, (count, 48, 48, 3), np.uint8)


def history() -> SavedHistory:
    """Two states of one face and one of another."""
    first, other = face("A"), face("B")
    edited = replace(first, latent=latent(), strength=0.5)
    return SavedHistory((("", first), ("Smiling", edited), ("Load B", other)), 1)


def session() -> ExploreSession:
    unit = np.eye(SIZE, dtype=np.float32)
    frames = (
        key_frames.KeyFrame(latent(), "A", 0.5, "slow end", True),
        key_frames.KeyFrame(latent(), "B"),
    )
    return ExploreSession(
        "digest",
        "Größe",
        (face("A"), face("B")),
        (face("S"),),
        (
            Direction("Smiling", "attribute", unit[0], 2.5, 0.96, "m"),
            Direction("X", "own", unit[1], 1),
        ),
        (DirectionFaces("X", np.stack([face("c").pixels]), np.zeros((0, 48, 48, 3), np.uint8)),),
        key_frames.Path(frames, loop=True),
        pixels(2),
        1.5,
        True,
        history(),
        SavedGrid(SavedFaces(("A", "B"), pixels(2), (1, 0, 0, 1)), 5, True),
        SavedAnalogy(
            SavedFaces(
                ("A", "B", "C", "D"),
                pixels(4),
                (2, 1, 1),
                random.normal(size=(4, SIZE)).astype(np.float32),
            ),
            0.25,
        ),
    )


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if hasattr(one, "__dataclass_fields__"):
        return all(
            same(getattr(one, each), getattr(other, each)) for each in one.__dataclass_fields__
        )
    return bool(one == other)


def test_a_session_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.cae-session"
    saved = session()
    save_session(path, saved)
    assert same(load_session(path), saved)
    assert not same(load_session(path), session())


def test_an_empty_session_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a.cae-session"
    save_session(path, ExploreSession("digest"))
    assert same(load_session(path), ExploreSession("digest"))


def test_states_of_one_face_share_it(tmp_path: Path) -> None:
    path = tmp_path / "a.cae-session"
    save_session(path, ExploreSession("digest", history=history()))
    found = load_session(path).history
    assert found is not None
    faces = [each for _, each in found.states]
    assert faces[0].pixels is faces[1].pixels
    assert faces[0].start is faces[1].start
    assert faces[0].start is not faces[2].start
    assert [each.strength for each in faces] == [1, 0.5, 1]


def test_a_session_of_the_first_version_opens_as_before(tmp_path: Path) -> None:
    path = tmp_path / "a.cae-session"
    saved = session()
    save_session(path, saved)
    file = read_tensors(path, FORMAT, 1 << 30)
    about = {
        name: part
        for name, part in file.about.items()
        if name not in ("history", "grid", "analogy") and not name.endswith(".strength")
    }
    for name in ("speed", "even"):
        del about["path"][name]
    write_tensors(path, OLDER[0], file.tensors, about)
    wanted = replace(saved, speed=1.0, even=False, history=None, grid=None, analogy=None)
    assert same(load_session(path), wanted)


def changed(path: Path, change: dict[str, Any], drop: str = "") -> Path:
    """Write the file again with parts of its description replaced, or an array dropped."""
    file = read_tensors(path, FORMAT, 1 << 30)
    tensors = {name: array for name, array in file.tensors.items() if name != drop}
    write_tensors(path, FORMAT, tensors, {**file.about, **change})
    return path


@pytest.mark.parametrize(
    "change",
    [
        {"model": 3},
        {"title": "x" * 2000},
        {"faces": "A"},
        {"faces": ["A"]},
        {"faces": ["A"] * 20_000},
        {"faces": [None, None]},
        {"directions": [{}, {}]},
        {"directions": [{"name": "a", "kind": "evil", "sigma": 1, "auc": None, "method": ""}] * 2},
        {"directions": [{"name": "a", "kind": "own", "sigma": -1, "auc": None, "method": ""}] * 2},
        {"own": ["A", "B"]},
        {"path": []},
        {"path": {"frames": [{"name": "", "seconds": 1e9, "ease": "even", "spherical": 0}] * 2,
                  "loop": False, "back": False}},
        {"path": {"frames": [{"name": "", "seconds": 1, "ease": [], "spherical": 0}] * 2,
                  "loop": False, "back": False}},
        {"faces.strength": [1.0, 3.0]},
        {"faces.strength": [1.0]},
        {"path": {"frames": [{"name": "", "seconds": 1, "ease": "even", "spherical": 0}] * 2,
                  "loop": False, "back": False, "speed": 0}},
        {"history": {"faces": ["A", "B"], "states": [["", 0, 1.0]] * 3, "present": 3}},
        {"history": {"faces": ["A", "B"], "states": [["", 2, 1.0]] * 3, "present": 0}},
        {"history": {"faces": ["A", "B"], "states": [["", 0, -1.0]] * 3, "present": 0}},
        {"history": {"faces": ["A", "B"], "states": [["", 0]] * 3, "present": 0}},
        {"history": {"faces": [], "states": [], "present": 0}},
        {"history": {"faces": ["A"], "states": [["", 0, 1.0]] * (MAX_STATES + 1), "present": 0}},
        {"grid": {"names": ["A", "B"], "counts": [1, 1], "side": 5, "arc": True}},
        {"grid": {"names": ["A", "B"], "counts": [2, 0, 0, 0], "side": 5, "arc": True}},
        {"grid": {"names": ["A", "B"], "counts": [1, 0, 0, 1], "side": 500, "arc": True}},
        {"analogy": {"names": ["A"] * 4, "counts": [1, 1, 1], "strength": 1.0}},
        {"analogy": {"names": ["A"] * 4, "counts": [2, 1, 1], "strength": float("nan")}},
    ],
)  # fmt: skip
def test_a_wrong_description_is_a_plain_error(change: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "a.cae-session"
    save_session(path, session())
    with pytest.raises(TensorFileError, match="“a.cae-session”"):
        load_session(changed(path, change))


@pytest.mark.parametrize(
    "name",
    [
        "faces.pixels", "faces.latent", "directions", "path", "own.0.with",
        "history.start", "history.latent", "grid.pixels", "analogy.pixels",
    ],
)  # fmt: skip
def test_a_missing_array_is_a_plain_error(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.cae-session"
    save_session(path, session())
    with pytest.raises(TensorFileError, match=name):
        load_session(changed(path, {}, drop=name))


def test_pictures_of_key_frames_may_be_missing_but_not_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.cae-session"
    save_session(path, replace(session(), key_faces=None))
    assert load_session(path).key_faces is None
    save_session(path, replace(session(), key_faces=np.zeros((3, 48, 48, 3), np.uint8)))
    with pytest.raises(TensorFileError, match="path.pixels"):
        load_session(path)


def test_latents_of_different_sizes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.cae-session"
    other = np.zeros(3, np.float32)
    odd = SavedFace("O", face("O").pixels, other, other)
    save_session(path, ExploreSession("digest", "", (face("A"),), (odd,)))
    with pytest.raises(TensorFileError, match="different sizes"):
        load_session(path)


def test_latents_out_of_all_range_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.cae-session"
    saved = session()
    far = np.full(SIZE, 3e38, np.float32)
    save_session(path, replace(saved, faces=(replace(saved.faces[0], latent=far),)))
    with pytest.raises(TensorFileError, match="out of all range"):
        load_session(path)
    assert saved.path is not None
    frames = (saved.path.frames[0], key_frames.KeyFrame(far, "B"))
    save_session(path, replace(saved, path=key_frames.Path(frames)))
    with pytest.raises(TensorFileError, match="out of all range"):
        load_session(path)
    wild = SavedHistory((("", replace(face("A"), latent=far)),), 0)
    save_session(path, replace(saved, history=wild))
    with pytest.raises(TensorFileError, match="out of all range"):
        load_session(path)


def test_another_version_and_something_else_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.cae-session"
    write_tensors(path, "cae-studio-session-99", {}, {})
    with pytest.raises(TensorFileError, match="was made by a newer version of CAE Studio"):
        load_session(path)
    write_tensors(path, "cae-studio-session-0", {}, {})
    with pytest.raises(TensorFileError, match="another version"):
        load_session(path)
    path.write_bytes(json.dumps({"a": 1}).encode())
    with pytest.raises(TensorFileError, match="is damaged"):
        load_session(path)


def test_texts_that_cannot_be_written_are_made_readable(tmp_path: Path) -> None:
    path = tmp_path / "a.cae-session"
    save_session(path, session())
    assert load_session(changed(path, {"title": "\ud800"})).title == "?"


@pytest.mark.parametrize(
    "wrong", [{"sigma": float("nan")}, {"sigma": float("inf")}, {"auc": 2}, {"auc": float("nan")}]
)
def test_a_direction_with_a_wrong_measurement_is_refused(
    wrong: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "a.cae-session"
    save_session(path, session())
    about = {"name": "a", "kind": "own", "sigma": 1, "auc": 0.5, "method": ""}
    assert load_session(changed(path, {"directions": [about] * 2})).directions[0].sigma == 1
    with pytest.raises(TensorFileError, match="wrong measurement"):
        load_session(changed(path, {"directions": [about | wrong] * 2}))


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
odd = st.recursive(plain, lambda inner: st.lists(inner, max_size=2), max_leaves=3)
names = st.lists(st.text(max_size=5) | odd, max_size=3)
directions = st.fixed_dictionaries(
    {"name": st.text(max_size=3) | odd, "kind": st.sampled_from(["own", "attribute"]) | odd,
     "sigma": st.floats() | odd, "auc": st.none() | st.floats() | odd, "method": st.just("") | odd}
)  # fmt: skip
key_frames_about = st.fixed_dictionaries(
    {"name": st.text(max_size=3) | odd, "seconds": st.floats() | odd,
     "ease": st.sampled_from(sorted(key_frames.EASES)) | odd, "spherical": st.booleans() | odd}
)  # fmt: skip
paths = st.fixed_dictionaries(
    {"frames": st.lists(key_frames_about | odd, max_size=3) | odd},
    optional={"loop": st.booleans() | odd, "back": st.booleans() | odd},
)
mixes = {"names": names | odd, "counts": st.lists(st.integers(0, 2) | odd, max_size=4) | odd}
states = st.lists(st.tuples(st.text(max_size=3), st.integers(0, 2), st.floats()) | odd, max_size=3)
histories = st.fixed_dictionaries(
    {"faces": names | odd, "states": states | odd, "present": st.integers(0, 2) | odd}
)
grids = st.fixed_dictionaries({**mixes, "side": st.integers(0, 20) | odd, "arc": odd})
analogies = st.fixed_dictionaries({**mixes, "strength": st.floats() | odd})
descriptions = st.fixed_dictionaries(
    {},
    optional={
        "model": odd, "title": odd, "faces": names | odd, "snapshots": names | odd,
        "directions": st.lists(directions | odd, max_size=3) | odd, "own": names | odd,
        "path": paths | odd, "history": histories | odd, "grid": grids | odd,
        "analogy": analogies | odd, "faces.strength": st.lists(st.floats() | odd) | odd,
    },
)  # fmt: skip


@settings(
    database=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(descriptions)
def test_any_description_is_a_session_or_told(tmp_path: Path, description: dict[str, Any]) -> None:
    path = tmp_path / "a.cae-session"
    save_session(path, session())
    try:
        found = load_session(changed(path, description))
    except TensorFileError as error:
        assert "a.cae-session" in str(error)
        return
    texts = [found.model, found.title, *(face.name for face in found.faces + found.snapshots)]
    assert all(text.encode().decode() == text for text in texts)  # it can be shown
    assert all(0 <= each.sigma < np.inf for each in found.directions)
    if found.path is not None:
        assert np.isfinite(found.path.film(1)).all()
