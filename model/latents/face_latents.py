"""The latents of single faces, each encoded once for a model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.progress import WorkProgress

if TYPE_CHECKING:
    from model.checkpoint import FaceModel

Floats = NDArray[np.float32]
Images = NDArray[np.uint8]


class FaceLatents:
    """Caches the latents of faces for one model; 2 kB each."""

    def __init__(self, model: FaceModel) -> None:
        self.model = model
        self._known: dict[bytes, Floats] = {}

    def encode(self, images: Images) -> Iterator[WorkProgress]:
        """Encode those of the images uint8 (N, 48, 48, 3) that aren't known, batch by batch."""
        from model.inference import ENCODE_BATCH, encode

        keys = map(_key, images)
        new = {key: row for row, key in enumerate(keys) if key not in self._known}
        left = list(new.items())
        for start in range(0, len(left), ENCODE_BATCH):
            part = left[start : start + ENCODE_BATCH]
            latents = encode(self.model, images[[row for _, row in part]])
            self._known.update(zip((key for key, _ in part), latents, strict=True))
            yield WorkProgress("Encoding faces", start + len(part), len(left))

    def of(self, images: Images) -> Floats:
        """Return the latents (N, L) of images that have been encoded.

        Raises:
            KeyError: one of them hasn't.
        """
        latents = [self._known[_key(image)] for image in images]
        return np.array(latents, np.float32).reshape(len(images), self.model.network.latent_dim)


def _key(image: Images) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(image).tobytes(), digest_size=16).digest()
