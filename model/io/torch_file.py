"""Reads untrusted files of ``torch.save``: numbers are read, no code is run.

PyTorch's restricted unpickler runs no code, but some of what it may call takes as much memory as
the file asks for (``bytearray``, the constructors of tensors). So the names in the pickle are
compared with those of tensors, and sizes with limits, before it is unpickled.
"""

from __future__ import annotations

import pickletools
import struct
import zipfile
from pathlib import Path
from typing import IO, Any

import torch

from model.io.files import check_ordinary

MAX_BYTES = 2**30
"""The largest file that is read, packed and unpacked."""
MAX_PICKLE_BYTES = 1_000_000
"""Limit of the description of the numbers; the state of a training has 25 kB."""

_LEGACY_PICKLES = 5
"""Number of pickles in a file of PyTorch before 1.6: magic, version, system, content, storages."""
_KINDS = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
_NAMES = frozenset(
    {
        "collections OrderedDict",
        "torch._utils _rebuild_tensor_v2",
        "torch._utils _rebuild_parameter",
        "torch Size",
        *(f"torch {kind}Storage" for kind in _KINDS),
        # A number of NumPy, which the published notebook saved as its loss.
        "numpy.core.multiarray scalar",
        "numpy._core.multiarray scalar",
        "numpy dtype",
        "_codecs encode",
    }
)


_NAMING = frozenset({"GLOBAL", "INST", "STACK_GLOBAL"})


class TorchFileError(ValueError):
    """A file that can't be used; the message completes a sentence that begins with its name."""


def read_torch_file(path: Path) -> Any:
    """Return what ``torch.save`` wrote, on the CPU; NumPy's numbers come as Python's.

    Raises:
        TorchFileError: it is damaged, too large, or holds more than numbers.
        OSError: it can't be opened.
    """
    check_ordinary(path, MAX_BYTES)
    try:
        _check(path)
        with torch.serialization.safe_globals(_number_globals()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except (TorchFileError, OSError):
        raise
    except MemoryError as error:
        raise TorchFileError("needs more memory than there is.") from error
    except Exception as error:  # a foreign pickle can fail in any way; all mean the same here
        raise TorchFileError(
            "is damaged, isn't a model file, or contains more than numbers; nothing was run."
        ) from error


def _check(path: Path) -> None:
    """Look at sizes and names without unpickling anything."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            for _ in range(_LEGACY_PICKLES):
                _check_names(file)
        return
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > MAX_BYTES:
            raise TorchFileError("unpacks to far more than a model of this network.")
        for entry in entries:
            if entry.filename.endswith(".pkl"):
                with archive.open(entry) as file:
                    _check_names(file)


def _check_names(file: IO[bytes]) -> None:
    """Read one pickle; ValueError where it names something else than what numbers consist of."""
    for opcode, argument, _ in pickletools.genops(Limited(file, MAX_PICKLE_BYTES)):  # type: ignore[arg-type]
        if opcode.name in _NAMING and argument not in _NAMES:
            raise ValueError(f"the pickle names {argument}")


class Limited:
    """The next bytes of a stream, up to a limit."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file = file
        self._end = file.tell() + most

    def tell(self) -> int:
        """Return the place in the stream."""
        return self._file.tell()

    def read(self, count: int) -> bytes:
        """Return so many bytes, or fewer at the limit."""
        return self._file.read(min(count, self._end - self._file.tell()))

    def readline(self) -> bytes:
        """Return a line, or the start of one at the limit."""
        return self._file.readline(self._end - self._file.tell())


class _NumberType:
    """Stands for the NumPy type of a number; any other could ask for any amount of memory."""

    def __init__(self, code: str, *_: object) -> None:
        self.format = {"f4": "<f", "f8": "<d"}[code]

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] != "<":
            raise ValueError("a number in another order of bytes")


def _number(kind: _NumberType, data: bytes) -> float:
    (value,) = struct.unpack(kind.format, data)
    return float(value)


def _number_globals() -> list[Any]:
    """Name what stands for the parts of a pickled NumPy number, under NumPy 1 and 2."""
    return [
        (_number, "numpy.core.multiarray.scalar"),
        (_number, "numpy._core.multiarray.scalar"),
        (_NumberType, "numpy.dtype"),
    ]
