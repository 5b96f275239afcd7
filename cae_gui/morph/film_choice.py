"""How the person wants a film or picture; remembered for the next one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FilmChoice:
    """``format`` is one of ``model.morph.film.FORMATS``, ``size`` the side of a face in pixels.

    ``pictures`` and ``columns`` (0: as many as rows) are for strips and grids.
    """

    format: str = "GIF"
    size: int = 192
    frames_per_second: int = 25
    pictures: int = 9
    columns: int = 0
