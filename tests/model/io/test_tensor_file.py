from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.io.tensor_file import TensorFileError, read_tensors, write_tensors

MAX = 1 << 20


def written(folder: Path) -> Path:
    path = folder / "file.x"
    tensors = {"a": np.arange(6, dtype=np.float32).reshape(2, 3)}
    write_tensors(path, "kind-1", tensors, {"name": "Ä"})
    return path


def test_arrays_and_description_come_back(tmp_path: Path) -> None:
    file = read_tensors(written(tmp_path), "kind-1", MAX)
    assert file.about == {"name": "Ä"}
    np.testing.assert_array_equal(file.array("a", np.float32, 2, None), [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    ("name", "kind", "shape"),
    [("b", np.float32, (2, 3)), ("a", np.uint8, (2, 3)), ("a", np.float32, (3, 2)),
     ("a", np.float32, (6,))],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    name: str, kind: type[np.generic], shape: tuple[int, ...], tmp_path: Path
) -> None:
    file = read_tensors(written(tmp_path), "kind-1", MAX)
    with pytest.raises(TensorFileError, match="“file.x” is damaged"):
        file.array(name, kind, *shape)


def test_values_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "nan.x"
    write_tensors(path, "kind-1", {"a": np.full(3, np.nan, np.float32)}, {})
    with pytest.raises(TensorFileError, match="isn't all numbers"):
        read_tensors(path, "kind-1", MAX).array("a", np.float32, 3)


def test_another_kind_and_too_large_a_file_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    with pytest.raises(TensorFileError, match="another kind"):
        read_tensors(path, "kind-2", MAX)
    with pytest.raises(TensorFileError, match="too large"):
        read_tensors(path, "kind-1", 10)


def test_a_header_that_promises_more_than_the_file_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.x"
    header = b'{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(TensorFileError, match="is damaged"):
        read_tensors(path, "kind-1", MAX)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_damage_is_a_plain_error(data: st.DataObject, tmp_path: Path) -> None:
    content = bytearray(written(tmp_path).read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.x"
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    try:
        read_tensors(path, "kind-1", MAX).array("a", np.float32, 2, 3)
    except TensorFileError as error:
        assert "damaged.x" in str(error)


def test_a_header_that_takes_more_memory_than_the_arrays_is_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path)
    monkeypatch.setattr("model.io.tensor_file._MAX_HEADER_BYTES", 20)
    with pytest.raises(TensorFileError, match="its header is too long"):
        read_tensors(path, "kind-1", MAX)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name here")
def test_a_pipe_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.x")
    with pytest.raises(OSError, match="not an ordinary file"):
        read_tensors(tmp_path / "pipe.x", "kind-1", MAX)
