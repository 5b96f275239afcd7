"""The page of Reconstruct without a window."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cae_gui.reconstruct.page import ReconstructPage
from cae_gui.reconstruct.photo_panel import PhotoPanel
from cae_gui.studio import Studio


def reconstruct_page(studio: Studio, pick: Callable[[int], object]) -> ReconstructPage:
    """Return a page of this state; ``pick`` is called with the row of a face that is clicked."""
    photos = studio.photos
    own = PhotoPanel(
        studio.photo,
        pick=pytest.fail,
        add_face=photos.add_face,
        add_all_faces=photos.add_all_faces,
        remove=photos.remove,
    )
    return ReconstructPage(
        studio.models,
        studio.tasks,
        studio.selection,
        studio.faces,
        own,
        pick,
        studio.refinement,
        studio.errors,
    )
