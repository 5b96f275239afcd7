"""Stores the measured latent statistics of a run's model in the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from model.checkpoint import FaceModel, ModelFileError, load_face_model, save_model
from model.data.datasets import FaceSet
from model.runs.runs import Run, RunError
from model.runs.writer import Writer


def keep_statistics(path: Path, model: FaceModel, faces: FaceSet) -> None:
    """Store a model's statistics in the file of a run that it was opened from.

    Does nothing where the faces aren't those of the run, the file is no run's, the run is being
    trained, or the file holds another model by now or can't be written: then the latent space is
    measured again the next time.
    """
    try:
        if Run.open(path.parent).faces != faces.title:
            return
        with Writer(path.parent):
            kept = load_face_model(path)
            if kept.statistics is None and _is_same(kept, model):
                save_model(path, replace(kept, statistics=model.statistics))
    except (RunError, ModelFileError, OSError):
        return


def _is_same(one: FaceModel, other: FaceModel) -> bool:
    weights = other.network.state_dict()
    return one.network.latent_dim == other.network.latent_dim and all(
        value.equal(weights[name]) for name, value in one.network.state_dict().items()
    )
