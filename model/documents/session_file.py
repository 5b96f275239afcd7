"""A session of Explore and Morph in one portable file, which may be from an untrusted source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.face_set import FACE_SHAPE
from model.io.files import readable
from model.io.tensor_file import TensorFile, TensorFileError, read_tensors, write_tensors
from model.latents.custom_directions import DirectionFaces
from model.latents.directions import Direction
from model.morph.key_frames import EASES, KeyFrame
from model.morph.key_frames import Path as MorphPath

FORMAT = "cae-studio-session-1.1"
"""It adds the history, strengths, grid and analogy, speed and pace of the path. Programs before it
take a file for a session by the name of the first version, and then say that it is another one."""
OLDER = ("cae-studio-session-1",)
SUFFIX = ".cae-session"
MAX_ITEMS = 10_000
MAX_STATES = 1000
MAX_TEXT = 1000
MAX_STRENGTH = 2.0
SPEEDS = 0.1, 10.0
SIDES = 3, 15
"""Faces on a side of the grid."""
MAX_VALUE = 1e6
"""No number of a latent that shows a face comes near; far beyond, arithmetic overflows."""
_MAX_BYTES = 512 << 20

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class SavedFace:
    """A face uint8 (48, 48, 3) with the latent (L,) it started from and that of its whole edit.

    So much of the edit is shown as ``strength`` says, 0 to ``MAX_STRENGTH``.
    """

    name: str
    pixels: NDArray[np.uint8]
    start: Floats
    latent: Floats
    strength: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class SavedHistory:
    """The states of an edit, with the texts of the steps to them, and the index of the present one.

    States of one face share its pixels and its start.
    """

    states: tuple[tuple[str, SavedFace], ...]
    present: int


@dataclass(frozen=True, slots=True, eq=False)
class SavedFaces:
    """Faces uint8 (N, 48, 48, 3) by name, so many in each place of the grid or the analogy.

    ``latents`` (N, L) is None where the model hasn't encoded all of them.
    """

    names: tuple[str, ...]
    pixels: NDArray[np.uint8]
    counts: tuple[int, ...]
    latents: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SavedGrid:
    """A grid with so many faces a side; of its four corners each has a face or none."""

    corners: SavedFaces
    side: int
    arc: bool


@dataclass(frozen=True, slots=True, eq=False)
class SavedAnalogy:
    """The faces of A, B and C, and the strength of A - B, 0 to ``MAX_STRENGTH``."""

    sides: SavedFaces
    strength: float


@dataclass(frozen=True, slots=True, eq=False)
class ExploreSession:
    """A session: the user's work with one model, which ``model`` names by its digest.

    With another model, faces, own directions, grid, analogy and ``key_faces``, what the key frames
    look like (uint8 (K, 48, 48, 3)), can be encoded again; the rest belongs to this one. The path
    is played with ``speed``, and with ``even`` at an even pace.
    """

    model: str
    title: str = ""
    faces: tuple[SavedFace, ...] = ()
    snapshots: tuple[SavedFace, ...] = ()
    directions: tuple[Direction, ...] = ()
    own: tuple[DirectionFaces, ...] = ()
    path: MorphPath | None = None
    key_faces: NDArray[np.uint8] | None = None
    speed: float = 1.0
    even: bool = False
    history: SavedHistory | None = None
    grid: SavedGrid | None = None
    analogy: SavedAnalogy | None = None

    def latents(self) -> list[Floats]:
        """Return all latents of the model, each (L,) or (N, L)."""
        faces = [*self.faces, *self.snapshots]
        faces += [face for _, face in self.history.states] if self.history else []
        found = [part for face in faces for part in (face.start, face.latent)]
        found += [frame.latent for frame in self.path.frames] if self.path else []
        mixed = [self.grid.corners] if self.grid else []
        mixed += [self.analogy.sides] if self.analogy else []
        return found + [item.latents for item in mixed if item.latents is not None]


def save_session(path: Path, session: ExploreSession) -> None:
    """Write a session.

    Raises:
        OSError: the file can't be written; an older one of that name is kept.
    """
    tensors: dict[str, NDArray[Any]] = {}
    about: dict[str, Any] = {"model": session.model, "title": session.title}
    about |= _put_faces("faces", session.faces, tensors)
    about |= _put_faces("snapshots", session.snapshots, tensors)
    about["directions"] = [
        {"name": each.name, "kind": each.kind, "sigma": each.sigma, "auc": each.auc,
         "method": each.method}
        for each in session.directions
    ]  # fmt: skip
    if session.directions:
        tensors["directions"] = np.stack([each.vector for each in session.directions])
    about["own"] = [item.name for item in session.own]
    for number, item in enumerate(session.own):
        tensors[f"own.{number}.with"] = item.with_it
        tensors[f"own.{number}.without"] = item.without
    if session.path is not None:
        about["path"] = _path_about(session)
        tensors["path"] = np.stack([frame.latent for frame in session.path.frames])
    if session.key_faces is not None:
        tensors["path.pixels"] = session.key_faces
    about |= _put_mixes(session, tensors)
    if session.history is not None:
        about["history"] = _put_history(session.history, tensors)
    write_tensors(path, FORMAT, tensors, about)


def load_session(path: Path) -> ExploreSession:
    """Read a session; every size and value is checked first.

    Raises:
        TensorFileError: too large, damaged, of another kind or version.
        OSError: it can't be opened.
    """
    file = read_tensors(path, (FORMAT, *OLDER), _MAX_BYTES)
    try:
        session = ExploreSession(
            _text(file.about["model"]),
            _text(file.about["title"]),
            _faces(file, "faces"),
            _faces(file, "snapshots"),
            _directions(file),
            _own(file),
            _path(file),
            _key_faces(file),
            *_playing(file),
            _history(file),
            _grid(file),
            _analogy(file),
        )
        _check_sizes(session)
    except TensorFileError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise TensorFileError(path, f"is damaged ({error}).") from error
    return session


def _put_faces(
    group: str, items: tuple[SavedFace, ...], tensors: dict[str, NDArray[Any]]
) -> dict[str, Any]:
    """Add the arrays of faces, and return the rest of them."""
    if items:
        tensors[f"{group}.pixels"] = np.stack([item.pixels for item in items])
        tensors[f"{group}.start"] = np.stack([item.start for item in items])
        tensors[f"{group}.latent"] = np.stack([item.latent for item in items])
    strengths = [item.strength for item in items]
    return {group: [item.name for item in items], f"{group}.strength": strengths}


def _faces(file: TensorFile, group: str) -> tuple[SavedFace, ...]:
    names = _list(file.about[group])
    if not names:
        return ()
    pixels = file.array(f"{group}.pixels", np.uint8, len(names), *FACE_SHAPE)
    starts = file.array(f"{group}.start", np.float32, len(names), None)
    latents = file.array(f"{group}.latent", np.float32, *starts.shape)
    strengths = _list(file.about.get(f"{group}.strength", [1.0] * len(names)))
    parts = zip(names, pixels, starts, latents, strengths, strict=True)
    return tuple(
        SavedFace(_text(name), face, start, latent, _number(strength, 0, MAX_STRENGTH))
        for name, face, start, latent, strength in parts
    )


def _put_history(history: SavedHistory, tensors: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Add the arrays of a history, each face once, and return the rest of it."""
    faces = {(id(face.pixels), id(face.start)): face for _, face in history.states}
    numbers = {key: number for number, key in enumerate(faces)}
    tensors["history.pixels"] = np.stack([face.pixels for face in faces.values()])
    tensors["history.start"] = np.stack([face.start for face in faces.values()])
    tensors["history.latent"] = np.stack([face.latent for _, face in history.states])
    states = [
        [text, numbers[id(face.pixels), id(face.start)], face.strength]
        for text, face in history.states
    ]
    names = [face.name for face in faces.values()]
    return {"faces": names, "states": states, "present": history.present}


def _history(file: TensorFile) -> SavedHistory | None:
    about = file.about.get("history")
    if about is None:
        return None
    names, items = _list(about["faces"]), _list(about["states"])
    if not 0 < len(items) <= MAX_STATES or len(names) > MAX_STATES:
        raise ValueError("a history of a wrong length")
    present = _whole(about["present"], 0, len(items) - 1)
    pixels = list(file.array("history.pixels", np.uint8, len(names), *FACE_SHAPE))
    starts = file.array("history.start", np.float32, len(names), None)
    latents = file.array("history.latent", np.float32, len(items), starts.shape[1])
    texts, begun = [_text(name) for name in names], list(starts)
    states = []
    for (text, number, strength), latent in zip(items, latents, strict=True):
        at = _whole(number, 0, len(names) - 1)
        shown = _number(strength, 0, MAX_STRENGTH)
        states.append((_text(text), SavedFace(texts[at], pixels[at], begun[at], latent, shown)))
    return SavedHistory(tuple(states), present)


def _put_mixes(session: ExploreSession, tensors: dict[str, NDArray[Any]]) -> dict[str, Any]:
    about: dict[str, Any] = {}
    if (grid := session.grid) is not None:
        faces = _put_mixed("grid", grid.corners, tensors)
        about["grid"] = {**faces, "side": grid.side, "arc": grid.arc}
    if (analogy := session.analogy) is not None:
        faces = _put_mixed("analogy", analogy.sides, tensors)
        about["analogy"] = {**faces, "strength": analogy.strength}
    return about


def _put_mixed(group: str, faces: SavedFaces, tensors: dict[str, NDArray[Any]]) -> dict[str, Any]:
    tensors[f"{group}.pixels"] = faces.pixels
    if faces.latents is not None:
        tensors[f"{group}.latent"] = faces.latents
    return {"names": list(faces.names), "counts": list(faces.counts)}


def _mixed(file: TensorFile, group: str, places: int, most: int) -> SavedFaces:
    """Read faces in so many places, with so many at the most in each."""
    about = file.about[group]
    names = tuple(_text(name) for name in _list(about["names"]))
    counts = tuple(_whole(count, 0, most) for count in _list(about["counts"]))
    if len(counts) != places or sum(counts) != len(names):
        raise ValueError("faces that don't fit their places")
    pixels = file.array(f"{group}.pixels", np.uint8, len(names), *FACE_SHAPE)
    latents = None
    if f"{group}.latent" in file.tensors:
        latents = file.array(f"{group}.latent", np.float32, len(names), None)
    return SavedFaces(names, pixels, counts, latents)


def _grid(file: TensorFile) -> SavedGrid | None:
    about = file.about.get("grid")
    if about is None:
        return None
    side = _whole(about["side"], *SIDES)
    return SavedGrid(_mixed(file, "grid", 4, 1), side, bool(about["arc"]))


def _analogy(file: TensorFile) -> SavedAnalogy | None:
    about = file.about.get("analogy")
    if about is None:
        return None
    strength = _number(about["strength"], 0, MAX_STRENGTH)
    return SavedAnalogy(_mixed(file, "analogy", 3, MAX_ITEMS), strength)


def _directions(file: TensorFile) -> tuple[Direction, ...]:
    items = _list(file.about["directions"])
    if not items:
        return ()
    vectors = file.array("directions", np.float32, len(items), None)
    return tuple(_direction(item, vector) for item, vector in zip(items, vectors, strict=True))


def _direction(item: Mapping[str, Any], vector: Floats) -> Direction:
    kind = item["kind"]
    if kind not in ("principal", "attribute", "own"):
        raise ValueError("a direction of an unknown kind")
    auc = None if item["auc"] is None else float(item["auc"])
    sigma = float(item["sigma"])
    if not 0 <= sigma < math.inf or not (auc is None or 0 <= auc <= 1):
        raise ValueError("a direction with a wrong measurement")
    return Direction(_text(item["name"]), kind, vector, sigma, auc, _text(item["method"]))


def _own(file: TensorFile) -> tuple[DirectionFaces, ...]:
    return tuple(
        DirectionFaces(
            _text(name),
            file.array(f"own.{number}.with", np.uint8, None, *FACE_SHAPE),
            file.array(f"own.{number}.without", np.uint8, None, *FACE_SHAPE),
        )
        for number, name in enumerate(_list(file.about["own"]))
    )


def _path_about(session: ExploreSession) -> dict[str, Any]:
    path = session.path
    assert path is not None
    frames = [
        {"name": each.name, "seconds": each.seconds, "ease": each.ease,
         "spherical": each.spherical}
        for each in path.frames
    ]  # fmt: skip
    playing = {"loop": path.loop, "back": path.back, "speed": session.speed, "even": session.even}
    return {"frames": frames, **playing}


def _playing(file: TensorFile) -> tuple[float, bool]:
    about = file.about.get("path") or {}
    return _number(about.get("speed", 1.0), *SPEEDS), bool(about.get("even", False))


def _path(file: TensorFile) -> MorphPath | None:
    about = file.about.get("path")
    if about is None:
        return None
    items = _list(about["frames"])
    latents = file.array("path", np.float32, len(items), None)
    frames = tuple(_key_frame(item, latent) for item, latent in zip(items, latents, strict=True))
    return MorphPath(frames, bool(about["loop"]), bool(about["back"]))


def _key_faces(file: TensorFile) -> NDArray[np.uint8] | None:
    about = file.about.get("path")
    if about is None or "path.pixels" not in file.tensors:
        return None
    return file.array("path.pixels", np.uint8, len(_list(about["frames"])), *FACE_SHAPE)


def _key_frame(item: Mapping[str, Any], latent: Floats) -> KeyFrame:
    seconds, ease = float(item["seconds"]), item["ease"]
    if ease not in EASES or not 0 < seconds <= 3600:
        raise ValueError("a key frame with a wrong time")
    return KeyFrame(latent, _text(item["name"]), seconds, ease, bool(item["spherical"]))


def _check_sizes(session: ExploreSession) -> None:
    latents = session.latents()
    if any(np.abs(latent).max(initial=0) > MAX_VALUE for latent in latents):
        raise ValueError("latents out of all range")
    sizes = {latent.shape[-1] for latent in latents}
    sizes |= {len(each.vector) for each in session.directions}
    if len(sizes) > 1:
        raise ValueError("latents of different sizes")


def _list(value: object) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise ValueError("a list is missing or too long")
    return value


def _whole(value: object, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError("a number is missing or out of range")
    return value


def _number(value: object, least: float, most: float) -> float:
    if not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError("a number is missing or out of range")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ValueError("a text is missing or too long")
    return readable(value)
