"""A short test of an installation: each part of the engine once, with what ships."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from model.checkpoint import FaceModel, pretrained_model
from model.config import TrainConfig
from model.data.datasets import demo_faces
from model.data.lfw import prepare_lfw
from model.data.picture_readers import PictureProcess
from model.evaluation import quality
from model.events import Finished
from model.face_set import DataError, FaceSet, Prepared
from model.inference import decode, encode, reconstruct
from model.latents.latent_map import has_tsne, tsne_map
from model.morph.film import FilmSettings, write_film
from model.training.training import train

_WORST_MSE = 0.01  # of any demo face; most are below 0.002
_LFW_PIXELS = 250
_BATCH = 8
_MAPPED = 40


@dataclass(frozen=True, slots=True)
class Check:
    """What was tried, whether it worked, and what came of it or why not, in a few words."""

    name: str
    passed: bool
    text: str


def self_test() -> Iterator[Check]:
    """Try each part of the engine, in a temporary folder; takes some ten seconds.

    What needs the shipped model isn't tried where that can't be loaded.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        try:
            model, faces = pretrained_model(), demo_faces()
        except Exception as error:
            yield Check("Shipped model", False, _reason(error))
            return
        yield Check("Shipped model", True, f"loaded, with {len(faces.images)} demo faces")
        folder = Path(name)
        for title, work in _works(model, faces, folder).items():
            yield tried(title, work)


def tried(name: str, work: Callable[[], str]) -> Check:
    """Do some work that returns what came of it; whatever it raises is why it failed."""
    try:
        return Check(name, True, work())
    except Exception as error:
        return Check(name, False, _reason(error))


def _works(model: FaceModel, faces: FaceSet, folder: Path) -> dict[str, Callable[[], str]]:
    return {
        "Reconstruction": partial(_reconstruct, model, faces),
        "Training": partial(_train, faces),
        "GIF": partial(_write_gif, model, faces, folder),
        "Process that reads LFW": partial(_read_lfw, faces, folder),
        "Process that reads pictures": partial(_read_pictures, faces, folder),
        "Process that maps by t-SNE": partial(_map, model, faces, folder),
    }


def _reason(error: Exception) -> str:
    details = error.details.splitlines()[-1:] if isinstance(error, DataError) else []
    return " ".join(" ".join([f"{type(error).__name__}: {error}", *details]).split())


def _reconstruct(model: FaceModel, faces: FaceSet) -> str:
    original = np.asarray(faces.images[0])
    found = quality(original, reconstruct(model, original[None]).images[0])
    if found.mse > _WORST_MSE:
        raise ValueError(f"the error of a demo face is {found.mse:.5f}")
    return f"MSE {found.mse:.5f}, SSIM {found.ssim:.3f}"


def _train(faces: FaceSet) -> str:
    config = TrainConfig(epochs=1, batch_size=_BATCH, test_percent=20)
    some = 20 * 2 * _BATCH // 16  # of which four fifths are two batches
    few = FaceSet(faces.title, np.asarray(faces.images[:some]), faces.names[:some])
    *_, last = train(config, few)
    if not isinstance(last, Finished):
        raise TypeError(f"the training ended with {type(last).__name__}")
    return f"two steps of {_BATCH} faces, test error {last.best_mse:.3f}"


def _write_gif(model: FaceModel, faces: FaceSet, folder: Path) -> str:
    path, (first, last) = folder / "morph.gif", encode(model, np.asarray(faces.images[:2]))
    way = np.linspace(first, last, 5, dtype=np.float32)
    for _ in write_film(decode(model, way), path, FilmSettings("GIF")):
        pass
    with Image.open(path) as film:
        frames = getattr(film, "n_frames", 1)
    return f"{frames} frames, {path.stat().st_size:,} bytes"


def _read_lfw(faces: FaceSet, folder: Path) -> str:
    people = folder / "lfw_home" / "lfw_funneled"
    for number in range(2):
        person = people / f"Demo_{number}"
        person.mkdir(parents=True)
        _enlarged(faces, number).save(person / f"{person.name}_0001.jpg")
    *_, last = prepare_lfw(folder / "cache", folder)
    if not isinstance(last, Prepared):
        raise TypeError(f"the preparation ended with {type(last).__name__}")
    return f"{len(last.faces.images)} faces"


def _read_pictures(faces: FaceSet, folder: Path) -> str:
    path = folder / "photo.png"
    _enlarged(faces, 0).save(path)
    with closing(PictureProcess()) as process:
        for outcome in process.read([str(path)]):
            if isinstance(outcome, Exception):
                raise outcome
    return "1 face"


def _map(model: FaceModel, faces: FaceSet, folder: Path) -> str:
    if not has_tsne():
        return "openTSNE isn't installed; it is the extra “map”"
    if model.statistics is None:
        raise ValueError("the shipped model has no statistics")
    latents = encode(model, np.asarray(faces.images[:_MAPPED]))
    *_, last = tsne_map(latents, model.statistics, folder=folder)
    return f"{len(last.points)} faces, {last.total} steps"


def _enlarged(faces: FaceSet, row: int) -> Image.Image:
    return Image.fromarray(np.asarray(faces.images[row])).resize((_LFW_PIXELS, _LFW_PIXELS))
