"""Any exception as a sentence for the person, with details to copy."""

from __future__ import annotations

import errno
import logging
import traceback
from typing import NamedTuple

from model.face_set import DataError


class Problem(NamedTuple):
    """What went wrong, in a sentence; ``details`` is for a bug report."""

    text: str
    details: str


def explain(error: BaseException) -> Problem:
    """Turn an exception into a sentence that says what happened and what to do; log the details."""
    details = "".join(traceback.format_exception(error))
    if isinstance(error, DataError) and error.details:
        details = f"{error.details}\n\n{details}"
    sentence = _sentence(error)
    logging.getLogger(__name__).error("%s\n%s", sentence, details)
    return Problem(sentence, details)


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError):
        return _system_sentence(error)
    if isinstance(error, MemoryError):
        return "There isn't enough memory for this. Close other programs or use fewer faces."
    # The engine's own errors are sentences already.
    if isinstance(error, DataError | ValueError | RuntimeError) and str(error).endswith("."):
        return str(error)
    return (
        f"Something unexpected went wrong ({type(error).__name__}: {error}). "
        "Your work is kept; the details can be copied for a report."
    )


def _system_sentence(error: OSError) -> str:
    name = f"“{error.filename}”" if error.filename else "The file"
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "The disk is full. Free some space and try again; nothing was lost."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{name} can't be written or read: no permission. Choose another place."
        case errno.ENOENT:
            return f"{name} doesn't exist any more."
        case _:
            return f"{name} can't be used: {error.strerror or error}."
