from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.io import torch_file
from model.io.torch_file import TorchFileError, read_torch_file
from tests.properties import quickly

NUMBERS = {"weights": torch.arange(6.0).reshape(2, 3), "epoch": 3, "name": "Ann"}


class Calls:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self._call

    def __repr__(self) -> str:
        function, arguments = self._call
        return f"{function.__name__}{arguments}"


def written(path: Path, content: Any, *, legacy: bool = False) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


@pytest.mark.parametrize("legacy", [False, True])
def test_numbers_come_back(legacy: bool, tmp_path: Path) -> None:
    read = read_torch_file(written(tmp_path / "a.pt", NUMBERS, legacy=legacy))
    assert torch.equal(read.pop("weights"), NUMBERS["weights"])
    assert read == {"epoch": 3, "name": "Ann"}


@pytest.mark.parametrize("value", [np.float64(0.25), np.float32(0.25)])
def test_numbers_of_numpy_come_as_pythons(value: Any, tmp_path: Path) -> None:
    read = read_torch_file(written(tmp_path / "a.pt", {"loss": value}))
    assert type(read["loss"]) is float
    assert read["loss"] == 0.25


@pytest.mark.parametrize("module", ["numpy.core.multiarray", "numpy._core.multiarray"])
def test_numbers_of_numpy_1_and_2_are_known(module: str, tmp_path: Path) -> None:
    content = pickle.dumps(np.float64(0.5), 2)
    for known in (b"numpy._core.multiarray", b"numpy.core.multiarray"):
        content = content.replace(known, module.encode())
    read = read_torch_file(with_pickle(tmp_path / "a.pt", content))
    assert read == 0.5


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    "call",
    [
        Calls(os.mkdir, "ran"),
        Calls(exec, "import os; os.mkdir('ran')"),
        Calls(bytearray, 5),
        Calls(torch.FloatTensor, 5),
        Calls(np.dtype, "V8"),
        Calls(np.dtype, ">f8"),
        np.zeros(3),
        np.int64(3),
    ],
    ids=repr,
)
def test_what_is_more_than_a_number_is_refused(
    call: Any, legacy: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / "a.pt", {"a": call}, legacy=legacy)
    with pytest.raises(TorchFileError, match="contains more than numbers; nothing was run"):
        read_torch_file(path)
    assert not (tmp_path / "ran").exists()


def with_pickle(path: Path, body: bytes) -> Path:
    """Write an archive with another pickle, packed."""
    stream = io.BytesIO()
    torch.save(NUMBERS, stream)
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            is_pickle = entry.filename.endswith("data.pkl")
            new.writestr(entry.filename, body if is_pickle else old.read(entry))
    return path


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("step", [b"N0", b"]0"])
def test_a_pickle_of_very_many_steps_is_not_followed(
    step: bytes, packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_file, "MAX_PICKLE_BYTES", 10_000)
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("was read"))
    body, path = b"\x80\x02" + step * 10_000 + b"N.", tmp_path / "a.pt"
    if packed:
        with_pickle(path, body)
    else:
        path.write_bytes(body)
    with pytest.raises(TorchFileError, match="is damaged"):
        read_torch_file(path)


def test_an_archive_that_unpacks_to_far_more_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "bomb.pt", NUMBERS)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data/999", bytes(2 << 20))
    monkeypatch.setattr(torch_file, "MAX_BYTES", 1 << 20)
    with pytest.raises(TorchFileError, match="unpacks to far more"):
        read_torch_file(path)


def test_a_large_file_and_what_is_no_file_cannot_be_opened(tmp_path: Path) -> None:
    with (tmp_path / "large.pt").open("wb") as file:
        file.truncate(torch_file.MAX_BYTES + 1)
    for path in (tmp_path / "large.pt", tmp_path, tmp_path / "none.pt"):
        with pytest.raises(OSError, match=path.name):
            read_torch_file(path)


@quickly
@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=9),
    st.none() | st.integers(0, 2000),
)
def test_whatever_is_damaged_it_is_told(
    tmp_path: Path, legacy: bool, changes: list[tuple[int, int]], end: int | None
) -> None:
    path = written(tmp_path / "a.pt", NUMBERS, legacy=legacy)
    content = bytearray(path.read_bytes())
    for place, value in changes:
        content[place % len(content)] = value
    path.write_bytes(content[:end])
    try:
        read_torch_file(path)
    except TorchFileError as error:
        assert "damaged" in str(error) or "far more" in str(error)


@quickly
@given(st.binary(max_size=60), st.sampled_from([b"", b"\x80\x02", b"PK\3\4", struct.pack("<Q", 9)]))
def test_anything_else_is_told(tmp_path: Path, body: bytes, start: bytes) -> None:
    path = tmp_path / "a.pt"
    path.write_bytes(start + body)
    with pytest.raises(TorchFileError):
        read_torch_file(path)
