"""Reads checkpoints that any program wrote with ``torch.save``: weights by name, without code.

The pickle is followed by an unpickler that knows no names but those of tensors and of plain
numbers; everything else that it names, classes of other programs too, is stood in for by an object
that does nothing and keeps what it was given. Tensors are read only when they are asked for.
"""

from __future__ import annotations

import errno
import io
import math
import pickle
import pickletools
import re
import struct
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import torch
from torch import Tensor

from model.io import torch_file
from model.io.files import check_ordinary
from model.io.torch_file import TorchFileError

MAX_PICKLE_BYTES = 64_000_000
"""Limit of the description; histories in it may be long."""
MAX_STEPS = 1_000_000
"""Limit of the operations of a pickle, each of which makes at most one small object."""
_MAX_CLASSES = 10_000
_MAX_DEPTH = 32
_MAX_NAME = 500
"""Limit of a tensor's name with all keys that lead to it."""

_DAMAGED = "is damaged, isn't a model file, or contains more than numbers; nothing was run."
_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # of files of PyTorch before 1.6
_KINDS = {
    "Float": torch.float32,
    "Double": torch.float64,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
    "ComplexFloat": torch.complex64,
    "ComplexDouble": torch.complex128,
    "QInt8": torch.int8,
    "QUInt8": torch.uint8,
    "QInt32": torch.int32,
    "Untyped": torch.uint8,
}
_HARMFUL = re.compile(
    r"(?:os|posix|nt|subprocess|sys|shutil|importlib|runpy|pty|socket|ctypes|webbrowser|commands)\b.*"
    r"|(?:builtins|__builtin__)\.(?:eval|exec|execfile|compile|open|__import__|breakpoint|input)"
)
"""Names that only a malicious file asks for. Names that aren't listed aren't run either."""
_NUMBERS = {f"{kind}{size}": f"<{code}" for kind, sizes in {"f": "2e4f8d", "i": "1b2h4i8q",
            "u": "1B2H4I8Q", "b": "1?"}.items() for size, code in zip(sizes[::2], sizes[1::2],
            strict=True)}  # fmt: skip
_OF_MODULES = frozenset({"_modules", "_parameters", "_buffers"})


class Kind(NamedTuple):
    """The type of the numbers of a storage, as a file names it."""

    dtype: torch.dtype


class Storage(NamedTuple):
    """A row of numbers somewhere in the file; ``start`` is where a part of it begins."""

    dtype: torch.dtype
    key: str
    length: int
    start: int = 0


class StoredTensor(NamedTuple):
    """A tensor in a file, not yet read."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    rows: Rows

    @property
    def dtype(self) -> torch.dtype:
        """The kind of its numbers."""
        return self.storage.dtype

    def read(self) -> Tensor:
        """Read its numbers.

        Raises:
            TorchFileError: they aren't there.
            OSError: the file can't be opened.
        """
        with _explained():
            offset = self.offset + self.storage.start
            last = offset + sum(
                (size - 1) * step for size, step in zip(self.shape, self.stride, strict=True)
            )
            if math.prod(self.shape) and not 0 <= last < self.storage.length:
                raise ValueError("a tensor reaches beyond its storage")
            return self.rows.read(self.storage).as_strided(self.shape, self.stride, offset)


class LeftOut(dict[Any, Any]):
    """Stands for what a file names and this program doesn't make; ``origin`` is its name.

    It takes whatever an unpickler hands to an object, keeps it, and does nothing.
    """

    origin = "something"
    parts: list[Any]
    __hash__ = object.__hash__  # type: ignore[assignment]

    def __new__(cls, *arguments: Any, **_: Any) -> LeftOut:
        """Keep what it is made of."""
        made = super().__new__(cls)
        made.parts = [arguments]
        return made

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __setstate__(self, state: Any) -> None:
        """Keep what belongs to it."""
        self.parts.append(state)

    def __call__(self, *_: Any, **__: Any) -> LeftOut:
        """Stand for what it would return, too."""
        return type(self)()

    def append(self, item: Any) -> None:
        """Take an item of a list, a queue or a set."""
        self.parts.append(item)

    add = append

    def extend(self, items: Sequence[Any]) -> None:
        """Take several of them."""
        self.parts.append(items)


def read_checkpoint(path: Path) -> Any:
    """Return what ``torch.save`` wrote: plain values, ``StoredTensor`` and ``LeftOut``.

    Raises:
        TorchFileError: it is damaged, too large, another kind of file, or malicious.
        OSError: it can't be opened.
    """
    check_ordinary(path, torch_file.MAX_BYTES)
    with _explained():
        if zipfile.is_zipfile(path):
            return _from_archive(path)
        return _from_legacy(path)


def named_tensors(content: Any) -> Iterator[tuple[str, StoredTensor | LeftOut]]:
    """Yield all tensors with the keys that lead to them, joined by dots, from the outside in.

    Also yields what was left out in the place of one. Whole networks are looked into: their tensors
    have the names of their state dictionaries.
    """
    seen: set[int] = set()
    start: tuple[str, ...] = ()
    waiting = deque([(start, content)] if _is_container(content) else [])
    while waiting:
        names, item = waiting.popleft()
        if id(item) in seen or len(names) > _MAX_DEPTH:
            continue
        seen.add(id(item))
        for key, value in _children(item):
            below = names if key is None else (*names, key)
            if sum(map(len, below)) > _MAX_NAME:
                continue
            if isinstance(value, (StoredTensor, LeftOut)) and below:
                yield ".".join(below), value
            if _is_container(value):
                waiting.append((below, value))


def _is_container(value: Any) -> bool:
    return isinstance(value, (dict, list, tuple)) and not isinstance(value, StoredTensor)


def _children(item: Any) -> Iterator[tuple[str | None, Any]]:
    if isinstance(item, LeftOut):
        yield from ((None, part) for part in item.parts)
    if isinstance(item, dict):
        for key, value in item.items():
            if isinstance(key, (str, int)) and len(name := str(key)) <= _MAX_NAME:
                yield (None if name in _OF_MODULES else name), value
    elif isinstance(item, (list, tuple)):
        yield from ((str(number), value) for number, value in enumerate(item))


@contextmanager
def _explained() -> Iterator[None]:
    """Turn any exception about a foreign file into a ``TorchFileError``."""
    try:
        yield
    except TorchFileError:
        raise
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place in the file that can't be
            raise
        raise TorchFileError(_DAMAGED) from error
    except MemoryError as error:
        raise TorchFileError("needs more memory than there is.") from error
    except Exception as error:  # a foreign pickle can fail in any way; all mean the same here
        raise TorchFileError(_DAMAGED) from error


class Rows:
    """The storages of a file; each is read once."""

    def __init__(self, read: Callable[[Storage], bytes]) -> None:
        self._read = read
        self._known: dict[tuple[str, torch.dtype], Tensor] = {}

    def read(self, storage: Storage) -> Tensor:
        """Return its numbers in a row."""
        known = self._known.get((storage.key, storage.dtype))
        if known is None:
            if storage.length * storage.dtype.itemsize > torch_file.MAX_BYTES:
                raise ValueError("a storage is larger than a file may be")
            content = bytearray(self._read(storage))
            known = torch.frombuffer(content, dtype=storage.dtype, count=storage.length)
            self._known[storage.key, storage.dtype] = known
        if len(known) != storage.length:
            raise ValueError("a storage has two sizes")
        return known


def _from_archive(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > torch_file.MAX_BYTES:
            raise TorchFileError("unpacks to far more than a model of this network.")
        names = {entry.filename: entry.file_size for entry in entries}
        _check_kind(names)
        description = min((name for name in names if name.endswith("data.pkl")), key=len)
        root = description.removesuffix("data.pkl")
        order = f"{root}byteorder"
        if order in names and archive.read(order) != b"little":
            raise TorchFileError("was written by a computer with another order of bytes.")
        with archive.open(description) as file:
            body = file.read(MAX_PICKLE_BYTES + 1)

    def read(storage: Storage) -> bytes:
        with zipfile.ZipFile(path) as archive, archive.open(f"{root}data/{storage.key}") as file:
            return file.read(storage.length * storage.dtype.itemsize)

    return _unpickled(_checked(io.BytesIO(body)), Rows(read))


def _check_kind(names: Mapping[str, int]) -> None:
    """Name archives of PyTorch that hold programs and not weights alone."""
    inside = {name.partition("/")[2] for name in names}
    if "constants.pkl" in inside or any(name.startswith("code/") for name in inside):
        raise TorchFileError(f"is a TorchScript model, which can't be opened. {WHAT_OPENS}")
    if any("exported_program" in name or "archive_format" in name for name in names):
        raise TorchFileError(f"is an exported program, which can't be opened. {WHAT_OPENS}")


WHAT_OPENS = (
    "CAE Studio opens .safetensors and .pth files: weights of this network, as PyTorch saves them "
    "(.pt, .ckpt and .bin, too)."
)


def _from_legacy(path: Path) -> Any:
    places: dict[str, int] = {}

    def read(storage: Storage) -> bytes:
        with path.open("rb") as file:
            file.seek(places[storage.key])
            if struct.unpack("<q", file.read(8)) != (storage.length,):
                raise ValueError("a storage has two sizes")
            return file.read(storage.length * storage.dtype.itemsize)

    rows = Rows(read)
    with path.open("rb") as file:
        magic, protocol, system = (_unpickled(_checked(file), rows) for _ in range(3))
        if (magic, protocol) != (_MAGIC, _PROTOCOL):
            raise ValueError("not written by torch.save")
        if not system["little_endian"]:
            raise TorchFileError("was written by a computer with another order of bytes.")
        storages: dict[str, Storage] = {}
        content = _unpickled(_checked(file), rows, storages)
        keys = _unpickled(_checked(file), rows)
        for key in keys:
            places[key], found = file.tell(), storages[key]
            file.seek(8 + found.length * found.dtype.itemsize, io.SEEK_CUR)
    return content


def _checked(file: IO[bytes]) -> bytes:
    """Return the next pickle after following it without making anything.

    Raises:
        ValueError: it is damaged or too long, or would ask for far more memory than it has bytes.
    """
    start = file.tell()
    limited: Any = torch_file.Limited(file, MAX_PICKLE_BYTES)
    for number, (opcode, argument, _) in enumerate(pickletools.genops(limited)):
        # The unpickler makes room for as many memories as the largest number that it is told.
        too_far = "PUT" in opcode.name and isinstance(argument, int) and argument > MAX_STEPS
        if number > MAX_STEPS or too_far:
            raise ValueError("the pickle has too many steps")
    end = file.tell()
    file.seek(start)
    return file.read(end - start)


def _unpickled(body: bytes, rows: Rows, storages: dict[str, Storage] | None = None) -> Any:
    return _Unpickler(body, rows, storages if storages is not None else {}).load()


class _Unpickler(pickle.Unpickler):
    """Makes plain values, ``StoredTensor`` and ``LeftOut`` of a checked pickle, nothing else."""

    def __init__(self, body: bytes, rows: Rows, storages: dict[str, Storage]) -> None:
        super().__init__(io.BytesIO(body), encoding="latin1")
        self._rows = rows
        self._storages = storages
        self._classes: dict[str, Any] = {}

    def find_class(self, module: str, name: str, /) -> Any:
        """Return what stands for a name; nothing is imported."""
        full = f"{module}.{name}"
        if full not in self._classes:
            if len(self._classes) >= _MAX_CLASSES:
                raise ValueError("the pickle has too many names")
            self._classes[full] = self._known(full)
        return self._classes[full]

    def persistent_load(self, pid: Any, /) -> Any:
        """Return the storage that a file refers to, or the class, which had its source beside."""
        if pid[0] == "module":
            return pid[1]
        word, kind, key, _, count, *view = pid
        start = view[0][1] if view and view[0] is not None else 0
        if word != "storage" or not isinstance(kind, Kind) or not _are_sizes((count, start)):
            return Storage(torch.uint8, "", 0)  # of a kind that no weight of this network has
        storage = Storage(kind.dtype, str(key), count, start)
        self._storages[storage.key] = storage
        return storage

    def _known(self, full: str) -> Any:
        if _HARMFUL.fullmatch(full):
            name = full.encode("ascii", "replace").decode()[:80]
            raise TorchFileError(
                f"asks for “{name}” and so contains more than numbers; nothing was run."
            )
        kind = full.removeprefix("torch.").removeprefix("storage.").removesuffix("Storage")
        if full.startswith("torch.") and kind in _KINDS:
            return Kind(_KINDS[kind])
        match full.split("."):
            case ["torch", "_utils", "_rebuild_tensor" | "_rebuild_tensor_v2"]:
                return _Call(self._tensor)
            case ["torch", "_utils", "_rebuild_parameter" | "_rebuild_parameter_with_state"]:
                return _Call(_first)
            case ["torch", "_tensor", "_rebuild_from_type_v2"]:
                return _Call(_rebuilt)
            case ["torch", "Size"]:
                return _Call(_first)
            case ["numpy", "core" | "_core", "multiarray", "scalar"]:
                return _Call(_number)
            case ["numpy", "dtype"]:
                return NumberType
            case ["_codecs", "encode"]:
                return _Call(_encoded)
        return type("LeftOut", (LeftOut,), {"origin": full[:200]})

    def _tensor(self, storage: Any, offset: Any, shape: Any, stride: Any, *_: Any) -> Any:
        sizes = isinstance(shape, tuple) and isinstance(stride, tuple) and len(shape) == len(stride)
        if (
            not isinstance(storage, Storage)
            or not sizes
            or not _are_sizes((offset, *shape, *stride))
        ):
            return LeftOut()
        return StoredTensor(storage, offset, shape, stride, self._rows)


class _Call:
    """Calls a function of this module; a pickle can't change it."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise ValueError("a function can't be changed")


class NumberType:
    """Stands for the NumPy type of a number."""

    __slots__ = ("_format", "_order")

    def __init__(self, code: Any = "", *_: Any) -> None:
        self._format = _NUMBERS.get(code) if isinstance(code, str) else None
        self._order = "<"

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", "|", ">"):
            raise ValueError("no type of a number")
        self._order = ">" if state[1] == ">" else "<"

    def number(self, data: Any) -> float | int | bool | LeftOut:
        """Return the number that these bytes are."""
        if self._format is None or not isinstance(data, bytes):
            return LeftOut()
        (value,) = struct.unpack(self._order + self._format[1:], data)
        return value  # type: ignore[no-any-return]


def _are_sizes(values: Sequence[Any]) -> bool:
    return all(type(value) is int and 0 <= value < 2**62 for value in values)


def _first(value: Any = None, *_: Any) -> Any:
    return value


def _rebuilt(function: Any, _: Any, arguments: Any, *__: Any) -> Any:
    return function(*arguments) if isinstance(function, _Call) else LeftOut()


def _number(kind: Any, data: Any = None) -> Any:
    return kind.number(data) if isinstance(kind, NumberType) else LeftOut()


def _encoded(text: Any, encoding: Any = "") -> Any:
    usual = isinstance(text, str) and encoding == "latin1"
    return text.encode("latin1") if usual else LeftOut()
