"""The process that opens the files of ``hostile.py``, with two gibibytes of memory.

Each line of its standard input is a kind of file and a path; each line of its standard output is
what came of it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.hostile_damage import patches

LIMIT = 2 << 30
SENTENCES = {
    "ConfigError",
    "DataError",
    "ModelFileError",
    "PhotoError",
    "RunError",
    "TensorFileError",
    "TrainingError",
}
"""What the readers announce; so they do ``OSError`` for files that can't be opened at all."""

# Each opener imports what it needs: a child for pictures needn't wait for torch.


def open_face(path: Path) -> None:
    """Read a picture as a training face."""
    from model.photos.faces import read_face

    read_face(path)


def open_photo(path: Path) -> None:
    """Read a picture as a photo of one's own."""
    from model.photos.photos import read_photo

    read_photo(path, path.name)


def open_shelf(path: Path) -> None:
    """Open the folder of photos as at the start of the window, and every photo in it."""
    from model.photos.photos import PhotoLibrary

    shelf = PhotoLibrary(path)
    faces, keys = shelf.keyed_faces()
    json.dumps(list(faces.names), ensure_ascii=False).encode()
    for key in keys:
        placement = shelf.placement(key) if key else None
        if placement:
            shelf.place(key, placement, shelf.picture(key))


def open_model(path: Path) -> None:
    """Open a model and use it."""
    from model.checkpoint import load_face_model
    from model.inference import reconstruct

    model = load_face_model(path)
    reconstruct(model, patches()[:2])


def open_run(path: Path) -> None:
    """Do with a run what the window does: list, follow, look at the previews, go on with it."""
    from model.events import Started
    from model.face_set import FaceSet
    from model.runs.following import follow
    from model.runs.runs import Run
    from model.training.training import train

    run = Run.open(path)
    run.summary()
    with closing(follow(path)) as looks:
        next(looks)
    for epoch in run.preview_epochs():
        run.preview(epoch)
    run.originals()
    faces = FaceSet("Patches", patches())
    with closing(cast(Generator[object, None, None], train(run.config, faces, run=run))) as events:
        next(event for event in events if not isinstance(event, Started))


def open_folder(path: Path) -> None:
    """Prepare a folder of pictures, beside which its cache lies."""
    from model.data.datasets import load_faces

    load_faces(path / "pictures", cache_folder=path / "cache")


def open_session(path: Path) -> None:
    """Read a session or, by its ending, own directions."""
    from model.documents.session_file import load_session
    from model.latents.custom_directions import load_directions

    if path.suffix == ".directions":
        load_directions(path)
    else:
        load_session(path)


Opener = Callable[[Path], None]
OPENERS: dict[str, tuple[Opener, ...]] = {
    "picture": (open_face, open_photo),
    "shelf": (open_shelf,),
    "model": (open_model,),
    "run": (open_run,),
    "folder": (open_folder,),
    "session": (open_session,),
}


def outcome(kind: str, path: Path) -> dict[str, str]:
    """Open a file in every way that its kind has and tell what came of it, failures first."""
    # One after the other: an error would keep the picture that it came from, through its traceback.
    ends = [_end(opener, path) for opener in OPENERS[kind]]
    return next((end for end in ends if end["outcome"] != "opened"), ends[0])


def _end(opener: Opener, path: Path) -> dict[str, str]:
    try:
        opener(path)
    except Exception as error:
        name, text = type(error).__name__, str(error)
        if name not in SENTENCES and not isinstance(error, OSError):
            raise
        if _ran_out(error):
            return {"outcome": "out of memory", "text": text}
        if name in SENTENCES:
            text.encode()  # it can be shown, logged and printed
        return {"outcome": name if name in SENTENCES else "OSError", "text": text}
    return {"outcome": "opened"}


def _ran_out(error: BaseException | None) -> bool:
    while error:
        if isinstance(error, MemoryError) or "alloc" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def peak_mb() -> float:
    """Return the highest resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Open files until the standard input ends."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT, LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What a library may print mustn't come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    print(json.dumps({"outcome": "ready"}), file=answers, flush=True)
    for line in sys.stdin:
        kind, name = json.loads(line)
        start = time.process_time()
        try:
            found = outcome(kind, Path(os.fsdecode(bytes.fromhex(name))))
        except Exception:
            found = {"outcome": "crash", "text": traceback.format_exc()}
        facts = {"seconds": time.process_time() - start, "peak_mb": peak_mb()}
        print(json.dumps(found | facts), file=answers, flush=True)


if __name__ == "__main__":
    main()
