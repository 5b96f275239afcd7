"""Scripts of a few lines that make a picture of the window again, in a fresh Python.

Each is tried while it is written: what can't be had again by its name, such as a face that isn't
in the set any more or an edit that no few sliders make, is written down as a latent.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.face_set import FaceSet
from model.latents.directions import Directions
from model.latents.presets import pursue
from model.morph.key_frames import KeyFrame
from model.morph.key_frames import Path as MorphPath

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

Floats = NDArray[np.float32]

WALK = (-2, -1, 0, 1, 2)
"""Coordinates at which a direction is shown, in sigma."""
_MOST_NAMED = 8  # directions that an edit is told by
_NEAR = 1e-3  # of a latent's length; a 255th of a picture is some ten times as much
_WIDE = 88
_IMPORTS = "from pathlib import Path", "import numpy as np", "from PIL import Image"


class ScriptError(RuntimeError):
    """There is no script that makes it again; the message says why and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Where the model and the faces on show come from.

    ``path`` is the model's file, None for the shipped one; ``source`` what ``load_faces`` takes.
    Own photos have a file for each face instead. ``own`` is the file of one's own directions.
    """

    model: FaceModel
    path: Path | None = None
    source: str = ""
    faces: FaceSet | None = None
    photos: tuple[Path | None, ...] = ()
    own: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Used:
    """A face in use: its latent (L,), and its pixels uint8 (48, 48, 3) unless it was made here."""

    name: str
    latent: Floats
    pixels: NDArray[np.uint8] | None = None


def edit_script(origin: Origin, start: Used, latent: Floats) -> str:
    """Return the script of an edited face: the face that it began with, and its latent (L,).

    Raises:
        ScriptError: the model in use isn't in a file.
    """
    script = _Script(origin)
    script.edit(start, latent)
    script.picture()
    return script.text()


def path_script(
    origin: Origin, faces: Sequence[Used], path: MorphPath, *, even: bool, rate: float
) -> str:
    """Return the script of a morph with so many frames a second; ``even``: at an even pace.

    Raises:
        ScriptError: the model in use isn't in a file.
    """
    script = _Script(origin)
    script.latents("latents", faces)
    script.path(path, even)
    script.add(f"pictures = decode(model, path.film({rate:g}))", "decode")
    script.film("morph.gif", f'"GIF", frames_per_second={rate:g}')
    return script.text()


def grid_script(origin: Origin, corners: Sequence[Used], side: int, *, arc: bool) -> str:
    """Return the script of a grid between four corners.

    Raises:
        ScriptError: the model in use isn't in a file.
    """
    script = _Script(origin)
    script.latents("corners", corners)
    how = ", arc=True" if arc else ""
    script.add(f"latents = grid(corners, {side}, {side}{how}).reshape({side**2}, -1)", "grid")
    script.add("pictures = decode(model, latents)", "decode")
    script.film("grid.png", f'"PNG grid", columns={side}')
    return script.text()


def analogy_script(origin: Origin, sides: Sequence[Sequence[Used]], strength: float) -> str:
    """Return the script of an analogy between the means of faces.

    Raises:
        ScriptError: the model in use isn't in a file.
    """
    script = _Script(origin)
    for name, side in zip("abc", sides, strict=True):
        script.latents(name, side, mean=True)
    script.add(f"latent = analogy(a, b, c, {strength:g})", "analogy")
    script.picture()
    return script.text()


def direction_script(origin: Origin, name: str, start: Used | None) -> str:
    """Return the script of a direction of one's own, walked from a face, or from the mean.

    Raises:
        ScriptError: the model in use isn't in a file, or the direction isn't.
    """
    script = _Script(origin)
    script.walk(name, start)
    script.film("direction.png", '"PNG strip"')
    return script.text()


def pack_latent(latent: Floats) -> str:
    """Return a latent (L,) as text, in half precision: five characters for two numbers."""
    return base64.b85encode(latent.astype("<f2").tobytes()).decode()


def unpack_latent(text: str) -> Floats:
    """Return the latent (L,) of a text that “Copy as Python” wrote.

    Raises:
        ValueError: it is no such text.
    """
    return np.frombuffer(base64.b85decode(text), "<f2").astype(np.float32)


class _Script:
    """Lines of Python, the public names that they use, and the same in this process."""

    def __init__(self, origin: Origin) -> None:
        from model.checkpoint import load_face_model, pretrained_model
        from model.latents.latent_set import model_digest

        self._origin = origin
        self._names: set[str] = set()
        self._imports: set[str] = set()
        self._lines: list[str] = []
        self._directions: Directions | None = None
        self._has_faces = False
        path = origin.path
        try:
            self._model = pretrained_model() if path is None else load_face_model(path)
        except (OSError, ValueError):
            self._model = origin.model
            is_kept = False
        else:
            is_kept = model_digest(self._model) == model_digest(origin.model)
        if not is_kept:
            raise ScriptError(
                "The model in use isn't in a file, where a script could find it. Save it first."
            )
        if path is None:
            self.add("model = pretrained_model()", "pretrained_model")
        else:
            self._imports.add("from pathlib import Path")
            self.add(f"model = load_face_model(Path({_quoted(str(path))}))", "load_face_model")

    def add(self, line: str, *names: str) -> None:
        """Add a line, and the public names that it uses."""
        self._lines.append(line)
        self._names.update(names)

    def text(self) -> str:
        """Return the whole script."""
        names = sorted(self._names, key=lambda name: (name[0].islower(), name))
        line = f"from model import {', '.join(names)}"
        if len(line) > _WIDE:
            half = -(-len(names) // 2)
            rows = (", ".join(part) for part in (names[:half], names[half:]))
            line = "from model import (\n" + "".join(f"    {row},\n" for row in rows) + ")"
        imports = [each for each in _IMPORTS if each in self._imports]
        return "\n".join([*imports, line, "", *self._lines, ""])

    def latents(self, target: str, faces: Sequence[Used], *, mean: bool = False) -> None:
        """Add the latents of faces under a name, or their mean."""
        rows = [self._row(face) for face in faces]
        if all(row is not None and not self._origin.photos for row in rows):
            self._load_faces()
            self._names.add("encode")
            latents = f"encode(model, faces.images[{rows}])"
            self.add(f"{target} = {latents}{'.mean(0)' if mean else ''}")
            return
        found = [self._latent(face) for face in faces]
        if len(found) == 1:
            self.add(f"{target} = {found[0]}" if mean else f"{target} = [{found[0]}]")
            return
        parts = "".join(f"    {each},\n" for each in found)
        if mean:
            self._imports.add("import numpy as np")
            self.add(f"{target} = np.mean([\n{parts}], axis=0)")
        else:
            self.add(f"{target} = [\n{parts}]")

    def edit(self, start: Used, latent: Floats) -> None:
        """Add the latent of an edited face."""
        targets = {} if _is_near(start.latent, latent) else self._targets(start, latent)
        if targets is None or self._row(start) is None:
            self.add(f'latent = unpack_latent("{pack_latent(latent)}")', "unpack_latent")
            return
        self.add(f"latent = {self._latent(start)}{_comment(start.name)}")
        if targets:
            self._add_directions()
            parts = (f"{_quoted(name)}: {sigmas}" for name, sigmas in targets.items())
            self.add(f"latent = directions.placed(latent, {{{', '.join(parts)}}})")

    def picture(self) -> None:
        """Add the picture of the latent, and save it."""
        self._imports.add("from PIL import Image")
        self.add("picture = decode(model, latent[None])[0]", "decode")
        self.add('Image.fromarray(picture).save("face.png")')

    def film(self, name: str, settings: str) -> None:
        """Save the pictures as a film, or as one picture."""
        self._imports.add("from pathlib import Path")
        line = f'list(write_film(pictures, Path("{name}"), FilmSettings({settings})))'
        self.add(line, "FilmSettings", "write_film")

    def path(self, path: MorphPath, even: bool) -> None:
        """Add the path through the latents."""
        segments = [_segment(frame, even) for frame in path.frames]
        used = segments[: path.segments]
        if len(set(used)) == 1:
            self.add(f"frames = [KeyFrame(latent{used[0]}) for latent in latents]")
        else:
            parts = [f"    KeyFrame(latents[{i}]{each})" for i, each in enumerate(segments)]
            self.add("frames = [\n" + "".join(f"{part},\n" for part in parts) + "]")
        how = (", loop=True" if path.loop else "") + (", back=True" if path.back else "")
        self.add(f"path = MorphPath(tuple(frames){how})", "KeyFrame", "MorphPath")
        if even:
            self.add("path = even_pace(model, path)", "even_pace")

    def walk(self, name: str, start: Used | None) -> None:
        """Add the pictures along a direction."""
        directions = self._named()
        if directions is None or name not in {item.name for item in directions}:
            raise ScriptError(
                f"“{name}” isn't in its file yet, where a script could find it. Try again."
            )
        self._add_directions()
        if start is None:
            self.add("latent = directions.mean")
        else:
            self.add(f"latent = {self._latent(start)}{_comment(start.name)}")
        self._imports.add("import numpy as np")
        at = f"{{{_quoted(name)}: sigmas}}"
        self.add(f"walk = [directions.placed(latent, {at}) for sigmas in {WALK}]")
        self.add("pictures = decode(model, np.stack(walk))", "decode")

    def _latent(self, face: Used) -> str:
        """Return what gives the latent of a face."""
        row = self._row(face)
        if row is None:
            self._names.add("unpack_latent")
            return f'unpack_latent("{pack_latent(face.latent)}")'
        self._names.add("encode")
        if self._origin.photos:
            self._imports.add("from pathlib import Path")
            self._names.add("read_photo")
            file = _quoted(str(self._origin.photos[row]))
            photo = f"read_photo(Path({file}), {_quoted(face.name)})"
            return f"encode(model, {photo}.face()[None])[0]"
        self._load_faces()
        return f"encode(model, faces.images[[{row}]])[0]"

    def _load_faces(self) -> None:
        if not self._has_faces:
            self._has_faces = True
            self.add(f"faces = load_faces({_quoted(self._origin.source)})", "load_faces")

    def _row(self, face: Used) -> int | None:
        """Return the row of a face in its set, unless its latent isn't what the encoder gives."""
        from model.inference import encode

        faces, photos = self._origin.faces, self._origin.photos
        if faces is None or face.pixels is None or not self._origin.source:
            return None
        rows = [row for row, name in enumerate(faces.names) if name == face.name]
        rows = [row for row in rows if np.array_equal(faces.images[row], face.pixels)]
        if not rows or (photos and not self._is_photo(rows[0], face)):
            return None
        encoded = encode(self._model, face.pixels[None])[0]
        return rows[0] if _is_near(encoded, face.latent) else None

    def _is_photo(self, row: int, face: Used) -> bool:
        """Return whether the file of a photo gives this very face."""
        from model.photos.faces import PhotoError
        from model.photos.photos import read_photo

        file = self._origin.photos[row]
        if file is None or face.pixels is None:
            return False
        try:
            return np.array_equal(read_photo(file, file.name).face(), face.pixels)
        except (OSError, PhotoError):
            return False

    def _named(self) -> Directions | None:
        """Return the directions that a script has; None where nothing is known of the latents."""
        from model.io.tensor_file import TensorFileError
        from model.latents.named_directions import named_directions

        if self._directions is None and self._model.statistics is not None:
            own = self._origin.own
            try:
                self._directions = named_directions(self._model, own)
            except (OSError, TensorFileError):
                self._directions = named_directions(self._model)
        return self._directions

    def _add_directions(self) -> None:
        own = self._origin.own
        file = f", {_quoted(str(own))}" if own is not None and own.exists() else ""
        self.add(f"directions = named_directions(model{file})", "named_directions")

    def _targets(self, start: Used, latent: Floats) -> dict[str, float] | None:
        """Return a few coordinates by name that lead from the start to a latent, if such exist."""
        directions, least = self._named(), _least(latent)
        if directions is None:
            return None
        names = list(dict.fromkeys(item.name for item in directions))
        indexes = [directions.index_of(name) for name in names]
        offset, matrix = latent - start.latent, directions.matrix[indexes]
        chosen, steps = pursue(offset, matrix, _MOST_NAMED, least)
        needed = [at for at, step in zip(chosen, steps, strict=True) if abs(step) > least]
        found = directions.coordinates(latent)
        targets = {names[at]: round(float(found[indexes[at]]), 4) for at in needed}
        return targets if _is_near(directions.placed(start.latent, targets), latent) else None


def _segment(frame: KeyFrame, even: bool) -> str:
    parts = [f", seconds={frame.seconds:g}"]
    parts += [f", ease={_quoted(frame.ease)}"] if not even else []
    parts += [", spherical=True"] if frame.spherical else []
    return "".join(parts)


def _quoted(text: str) -> str:
    """Return a text as Python's source has it; it may come from a file of somebody else."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _least(latent: Floats) -> float:
    return _NEAR * max(float(np.linalg.norm(latent)), 1.0)


def _is_near(one: Floats, other: Floats) -> bool:
    return one.shape == other.shape and float(np.linalg.norm(one - other)) <= _least(other)


def _comment(name: str) -> str:
    """Return a name as a comment; it may come from a file of somebody else."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in name[:60])
    return f"  # {shown}" if shown else ""
