"""A session of Explore in one portable file, which may come from an untrusted source."""

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

FORMAT = "cae-studio-session-1"
SUFFIX = ".cae-session"
MAX_ITEMS = 10_000
MAX_TEXT = 1000
MAX_VALUE = 1e6
"""No number of a latent that shows a face comes near; far beyond, arithmetic overflows."""
_MAX_BYTES = 512 << 20

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class SavedFace:
    """A face uint8 (48, 48, 3) with the latent (L,) it started from and the one it has now."""

    name: str
    pixels: NDArray[np.uint8]
    start: Floats
    latent: Floats


@dataclass(frozen=True, slots=True, eq=False)
class ExploreSession:
    """A session: the user's work with one model, which ``model`` names by its digest.

    With another model, faces, own directions and ``key_faces``, what the key frames look like
    (uint8 (K, 48, 48, 3)), can be encoded again; the rest belongs to this one.
    """

    model: str
    title: str = ""
    faces: tuple[SavedFace, ...] = ()
    snapshots: tuple[SavedFace, ...] = ()
    directions: tuple[Direction, ...] = ()
    own: tuple[DirectionFaces, ...] = ()
    path: MorphPath | None = None
    key_faces: NDArray[np.uint8] | None = None


def save_session(path: Path, session: ExploreSession) -> None:
    """Write a session.

    Raises:
        OSError: the file can't be written; an older one of that name is kept.
    """
    tensors: dict[str, NDArray[Any]] = {}
    about: dict[str, Any] = {"model": session.model, "title": session.title}
    for group in ("faces", "snapshots"):
        items: tuple[SavedFace, ...] = getattr(session, group)
        about[group] = [item.name for item in items]
        if items:
            for part in ("pixels", "start", "latent"):
                tensors[f"{group}.{part}"] = np.stack([getattr(item, part) for item in items])
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
        about["path"] = _path_about(session.path)
        tensors["path"] = np.stack([frame.latent for frame in session.path.frames])
    if session.key_faces is not None:
        tensors["path.pixels"] = session.key_faces
    write_tensors(path, FORMAT, tensors, about)


def load_session(path: Path) -> ExploreSession:
    """Read a session; every size and value is checked first.

    Raises:
        TensorFileError: too large, damaged, of another kind or version.
        OSError: it can't be opened.
    """
    file = read_tensors(path, FORMAT, _MAX_BYTES)
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
        )
        _check_sizes(session)
    except TensorFileError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise TensorFileError(path, f"is damaged ({error}).") from error
    return session


def _faces(file: TensorFile, group: str) -> tuple[SavedFace, ...]:
    names = _list(file.about[group])
    if not names:
        return ()
    pixels = file.array(f"{group}.pixels", np.uint8, len(names), *FACE_SHAPE)
    starts = file.array(f"{group}.start", np.float32, len(names), None)
    latents = file.array(f"{group}.latent", np.float32, *starts.shape)
    parts = zip(names, pixels, starts, latents, strict=True)
    return tuple(SavedFace(_text(name), *arrays) for name, *arrays in parts)


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


def _path_about(path: MorphPath) -> dict[str, Any]:
    frames = [
        {"name": each.name, "seconds": each.seconds, "ease": each.ease,
         "spherical": each.spherical}
        for each in path.frames
    ]  # fmt: skip
    return {"frames": frames, "loop": path.loop, "back": path.back}


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
    latents = [
        part for face in session.faces + session.snapshots for part in (face.start, face.latent)
    ]
    latents += [frame.latent for frame in session.path.frames] if session.path else []
    if any(np.abs(latent).max(initial=0) > MAX_VALUE for latent in latents):
        raise ValueError("latents out of all range")
    sizes = {face.start.shape for face in session.faces + session.snapshots}
    sizes |= {each.vector.shape for each in session.directions}
    sizes |= {frame.latent.shape for frame in session.path.frames} if session.path else set()
    if len(sizes) > 1:
        raise ValueError("latents of different sizes")


def _list(value: object) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise ValueError("a list is missing or too long")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ValueError("a text is missing or too long")
    return readable(value)
