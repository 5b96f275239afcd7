"""Loading one of the faces that the latent space was measured on."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import SignalInstance

from cae_gui.studio import Session


def load_measured(session: Session, point: int, picked: SignalInstance) -> None:
    """Load the face of a measured latent, by its index.

    Where the gallery shows it, ``picked`` is emitted with its row there; it may show others now.
    """
    explored, faces = session.latents.explored, session.latents.faces
    if explored is None or faces is None:
        return
    row = int(explored.latents.rows[point])
    if faces is session.faces.faces:
        picked.emit(row)
    else:
        session.select(faces.names[row], np.asarray(faces.images[row]))
