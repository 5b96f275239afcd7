"""Loading one of the faces that the latent space was measured on."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import SignalInstance

from cae_gui.studio import Studio


def load_measured(studio: Studio, point: int, picked: SignalInstance) -> None:
    """Load the face of a measured latent, by its index.

    Where the gallery shows it, ``picked`` is emitted with its row there; it may show others now.
    """
    explored, faces = studio.latents.explored, studio.latents.faces
    if explored is None or faces is None:
        return
    row = int(explored.latents.rows[point])
    if faces is studio.faces.faces:
        picked.emit(row)
    else:
        studio.selection.select(faces.names[row], np.asarray(faces.images[row]))
