"""All directions of a model by name, for scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from model.latents.custom_directions import DirectionFaces, custom_direction, load_directions
from model.latents.directions import Directions, principal_directions
from model.latents.shipped_directions import shipped_directions

if TYPE_CHECKING:
    from model.checkpoint import FaceModel


def named_directions(model: FaceModel, own: str | Path | None = None) -> Directions:
    """Return the principal directions of a model, its attributes, and one's own of a file.

    They are the sliders of Explore, by the same names. Of one's own, those that mean nothing to
    this model are left out.

    Raises:
        ValueError: the model's latent statistics weren't measured.
        TensorFileError: the file is damaged; OSError: it can't be opened.
    """
    from model.inference import encode

    if model.statistics is None:
        raise ValueError("The latent space of this model wasn't measured, so it has no directions.")
    items = [*principal_directions(model.statistics), *shipped_directions(model)]
    for item in load_directions(Path(own)) if own is not None else []:
        if not isinstance(item, DirectionFaces):
            continue
        empty = model.statistics.mean[None][:0]
        with_it, without = (
            encode(model, side) if len(side) else empty for side in (item.with_it, item.without)
        )
        try:
            items.append(custom_direction(item.name, with_it, without, model.statistics))
        except ValueError:
            continue
    return Directions(tuple(items), model.statistics.mean)
