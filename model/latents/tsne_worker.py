"""The child process that makes a map: ``python -m model.latents.tsne_worker GIVEN.NPZ MADE.NPY``.

Every few steps the map so far replaces MADE.NPY and a JSON line on standard output says how far
it is.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.io.files import replacing

EVERY = 25
"""Steps between two maps: about a second's work for 12,000 faces."""

_GATHERING, _SPREADING, _FOLLOWING = 250, 500, 250
_PERPLEXITY = 30


def main(given: str, made: str) -> None:
    """Map the given latents."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warnings.simplefilter("ignore")
    with np.load(given, allow_pickle=False) as file:
        latents, start, fresh = file["latents"], file["start"], bool(file["fresh"])
    _map(latents, start, fresh, Path(made))


def _map(latents: NDArray[np.float32], start: NDArray[np.float32], fresh: bool, made: Path) -> None:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.initialization import rescale

    perplexity = min(_PERPLEXITY, max(1.0, (len(latents) - 1) / 3))
    affinities = PerplexityBasedNN(latents, perplexity=perplexity, random_state=0)
    # A fresh map grows out of a point; one that follows another begins at full size.
    start = rescale(start.astype(np.float64)) if fresh else start.astype(np.float64)
    grid = len(latents) > 3000  # for few points the exact tree is quicker than the grid
    method = "fft" if grid else "bh"
    points = TSNEEmbedding(start, affinities, negative_gradient_method=method, random_state=0)
    phases = [(_GATHERING, 12.0, 0.5), (_SPREADING, 1.0, 0.8)] if fresh else []
    phases = phases or [(_FOLLOWING, 1.0, 0.8)]
    total, done = sum(count for count, _, _ in phases), 0
    for count, exaggeration, momentum in phases:
        for _ in range(count // EVERY):
            points = points.optimize(EVERY, exaggeration=exaggeration, momentum=momentum)
            done += EVERY
            _report(np.asarray(points, np.float32), made, done, total)


def _report(points: NDArray[np.float32], made: Path, done: int, total: int) -> None:
    with replacing(made) as draft:
        np.save(draft, points)
    sys.stdout.write(json.dumps({"done": done, "total": total}) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    # Not through sys.stdin, whose lock would be in the way when this process ends.
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
