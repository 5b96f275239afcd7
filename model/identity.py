"""Short digests of models and face sets, used as cache keys."""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING

import numpy as np

from model.data.mapped import take
from model.face_set import FaceSet

if TYPE_CHECKING:
    from model.checkpoint import FaceModel
    from model.network import ConvAutoencoder

_SAMPLED_FACES = 256
_DIGEST_BYTES = 12


def model_digest(model: FaceModel) -> str:
    """Return 24 hexadecimal digits that stand for the model's weights."""
    return _network_digest(model.network)


@functools.lru_cache(maxsize=4)
def _network_digest(network: ConvAutoencoder) -> str:
    found = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for name, tensor in sorted(network.state_dict().items()):
        found.update(f"{name}{tuple(tensor.shape)}".encode())
        found.update(tensor.cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def faces_digest(faces: FaceSet) -> str:
    """Return 24 hexadecimal digits that stand for a set's faces, from 256 of them."""
    found = hashlib.blake2b(str(len(faces.images)).encode(), digest_size=_DIGEST_BYTES)
    rows = np.unique(np.linspace(0, len(faces.images) - 1, _SAMPLED_FACES).astype(np.int64))
    found.update(take(faces.images, rows).tobytes())
    return found.hexdigest()
