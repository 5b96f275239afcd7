"""Ways to damage any file."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Made = tuple[str, Path]
"""What was done, in a few words, and the file or folder to open."""
Trick = Callable[[Path, random.Random], Made]
"""Makes a file in an empty folder."""


def patches() -> NDArray[np.uint8]:
    """Return a few faces of coarse colours, uint8 (24, 48, 48, 3)."""
    coarse = np.random.default_rng(0).integers(0, 256, (24, 4, 4, 3), np.uint8)
    return coarse.repeat(12, axis=1).repeat(12, axis=2)


class Maker(Protocol):
    """Makes files of one kind: first its tricks, then any number with random damage."""

    @property
    def tricks(self) -> Sequence[Trick]: ...

    def damaged(self, place: Path, dice: random.Random) -> Made: ...


def damage(content: bytes, dice: random.Random) -> tuple[str, bytes]:
    """Damage the content of a file in a way drawn at random."""
    name, change = dice.choice(_CHANGES)
    return name, bytes(change(bytearray(content), dice))


def _truncated(content: bytearray, dice: random.Random) -> bytearray:
    return content[: dice.randrange(len(content) + 1)]


def _flipped(content: bytearray, dice: random.Random) -> bytearray:
    for _ in range(dice.choice((1, 3, 30))):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    return content


def _lying(content: bytearray, dice: random.Random) -> bytearray:
    """Put impossible numbers where a header has its sizes and offsets."""
    for _ in range(dice.choice((1, 2, 6))):
        at = dice.randrange(min(len(content), dice.choice((32, 128, 1024))))
        number = dice.choice((0, 1, 0x7F, 0xFFFF, 100_000, 2**31 - 1, 2**32 - 1, 2**63))
        order = dice.choice("<>")
        packed = struct.pack(f"{order}Q", number)
        width = dice.choice((1, 2, 4, 8))
        content[at : at + width] = packed[:width] if order == "<" else packed[-width:]
    return content


def _swapped(content: bytearray, dice: random.Random) -> bytearray:
    one, other = sorted(dice.randrange(len(content)) for _ in range(2))
    return content[:one] + content[other:] + content[one:other]


def _repeated(content: bytearray, dice: random.Random) -> bytearray:
    one, other = sorted(dice.randrange(len(content)) for _ in range(2))
    other = min(other, one + 10_000)
    return content[:other] + content[one:other] * dice.choice((1, 20)) + content[other:]


def _overwritten(content: bytearray, dice: random.Random) -> bytearray:
    start = dice.randrange(len(content))
    length = min(len(content) - start, dice.choice((4, 64, 4096)))
    filling = dice.choice((bytes(length), b"\xff" * length, dice.randbytes(length)))
    content[start : start + length] = filling
    return content


def _lengthened(content: bytearray, dice: random.Random) -> bytearray:
    return content + dice.randbytes(dice.choice((1, 1000, 100_000)))


_CHANGES: tuple[tuple[str, Callable[[bytearray, random.Random], bytearray]], ...] = (
    ("truncated", _truncated),
    ("bits flipped", _flipped),
    ("lying numbers", _lying),
    ("parts swapped", _swapped),
    ("a part repeated", _repeated),
    ("a part overwritten", _overwritten),
    ("more at the end", _lengthened),
)


def unusual(name: str) -> list[Trick]:
    """Return tricks that put something else in the place of a file of this name."""
    return [_placed(name, what, put) for what, put in _UNUSUAL.items()]


def _of_size(size: int) -> Callable[[Path], None]:
    """Return what makes a file of so many zeros, which takes no room on the disk."""

    def put(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(size)

    return put


_UNUSUAL: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a broken link": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "an endless device": lambda path: path.symlink_to("/dev/zero"),
    "empty": Path.touch,
    "20 GB": _of_size(20 << 30),
    "100 MB": _of_size(100_000_000),
    "deep": lambda path: path.write_text("[" * 200_000),
    "a letter": lambda path: path.write_text("Dear reader,\nthis is a letter.\n" * 100),
}


def _placed(name: str, what: str, put: Callable[[Path], object]) -> Trick:
    def trick(place: Path, _: random.Random) -> Made:
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        put(path)
        return f"{name} is {what}", path

    return trick
