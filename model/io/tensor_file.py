"""Small files of named arrays from untrusted sources: safetensors, checked before reading.

Nothing in such a file can run code. Its header is compared with the file's true size before an
array is made, so that a file never takes more memory than it has bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from model.io.files import check_ordinary, readable, write_bytes

_KIND = "format"
_ABOUT = "about"
_MAX_HEADER_BYTES = 16_000_000
_DAMAGED = (TypeError, ValueError, AttributeError, RecursionError, OverflowError, MemoryError)
"""What NumPy raises for types and shapes that it doesn't have."""


class TensorFileError(ValueError):
    """A file that can't be used; the message names it and says why in a sentence."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(readable(f"“{path.name}” {reason}"))
        self.path = path


@dataclass(frozen=True, slots=True, eq=False)
class TensorFile:
    """What a file holds: arrays by name, and a description that JSON can express."""

    path: Path
    tensors: Mapping[str, NDArray[Any]]
    about: Mapping[str, Any]

    def array(self, name: str, kind: type[np.generic], *shape: int | None) -> NDArray[Any]:
        """Return an array after checking its type and shape; None stands for any length.

        Raises:
            TensorFileError: it is missing, another kind, another shape, or not all finite.
        """
        found = self.tensors.get(name)
        if found is None or found.dtype != kind or not _fits(found.shape, shape):
            raise TensorFileError(self.path, f"is damaged (“{name}” is missing or doesn't fit).")
        if found.dtype.kind == "f" and not np.isfinite(found).all():
            raise TensorFileError(self.path, f"is damaged (“{name}” isn't all numbers).")
        return found


def write_tensors(
    path: Path, format: str, tensors: Mapping[str, NDArray[Any]], about: Mapping[str, Any]
) -> None:
    """Replace a file in one step.

    Raises:
        OSError: the file can't be written; an older one of that name is kept.
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    metadata = {_KIND: format, _ABOUT: json.dumps(about)}
    write_bytes(path, safetensors.numpy.save(arrays, metadata))


def read_tensors(path: Path, format: str | tuple[str, ...], max_bytes: int) -> TensorFile:
    """Read a file of one format, or of one of several; formats end in the number of a version.

    Raises:
        TensorFileError: it is too large, damaged, or of another format.
        OSError: it can't be opened.
    """
    if path.stat().st_size > max_bytes:
        raise TensorFileError(path, f"is too large: at most {max_bytes >> 20} MB can be opened.")
    check_ordinary(path, max_bytes)
    try:
        _check_header(path)
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            formats = (format,) if isinstance(format, str) else format
            if (found := metadata.get(_KIND, "")) not in formats:
                raise TensorFileError(path, _reason(found, formats))
            names = list(file.keys())
            # Copied: what safetensors returns may lie in the mapped file, which may be replaced.
            tensors = {name: np.array(file.get_tensor(name)) for name in names}
        about = json.loads(metadata.get(_ABOUT, "{}"))
    except json.JSONDecodeError as error:
        raise TensorFileError(path, "has a damaged description.") from error
    except TensorFileError:
        raise
    except (safetensors.SafetensorError, *_DAMAGED) as error:
        raise TensorFileError(path, f"is damaged ({error}).") from error
    if not isinstance(about, dict):
        raise TensorFileError(path, "has a damaged description.")
    return TensorFile(path, tensors, about)


def _reason(found: str, formats: Collection[str]) -> str:
    kind, _, version = found.rpartition("-")
    known = [each.rpartition("-")[2] for each in formats if each.rpartition("-")[0] == kind]
    if known and _numbers(version) > max(map(_numbers, known)):
        return "was made by a newer version of CAE Studio. Open it with that one."
    return "is a file of another kind, or of another version."


def _numbers(version: str) -> list[int]:
    parts = version[:20].split(".")
    return [int(part) for part in parts] if all(map(str.isdecimal, parts)) else []


def _check_header(path: Path) -> None:
    """Refuse a header that takes far more memory than the arrays that it describes."""
    with path.open("rb") as file:
        start = file.read(8)
    if len(start) == 8 and struct.unpack("<Q", start)[0] > _MAX_HEADER_BYTES:
        raise TensorFileError(path, "is damaged (its header is too long).")


def _fits(found: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(found) == len(wanted) and all(
        length is None or length == actual for actual, length in zip(found, wanted, strict=True)
    )
