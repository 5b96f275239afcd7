from __future__ import annotations

import argparse
import datetime
import enum
import io
import os
import pickle
import struct
import uuid
import zipfile
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from model.checkpoint import ModelFileError, load_face_model
from model.io import checkpoint_file, torch_file
from model.io.checkpoint_file import (
    LeftOut,
    StoredTensor,
    named_tensors,
    read_checkpoint,
)
from model.io.torch_file import TorchFileError
from model.network import ConvAutoencoder
from tests.properties import quickly

State = dict[str, Tensor]
LATENT = 4


@pytest.fixture(scope="module")
def state() -> State:
    """Weights of which no two tensors are the same, and counters that have counted."""
    torch.manual_seed(1)
    network = ConvAutoencoder(LATENT)
    entries = dict(network.state_dict())
    for number, (name, tensor) in enumerate(entries.items()):
        counts = name.endswith("num_batches_tracked")
        entries[name] = torch.tensor(number) if counts else torch.rand(tensor.shape) + 0.1
    return entries


def opened(path: Path, content: Any, **how: Any) -> State:
    torch.save(content, path, **how)
    return load_face_model(path).network.state_dict()


def check_same(found: State, wanted: State) -> None:
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def under(state: State, prefix: str) -> State:
    return {prefix + name: tensor for name, tensor in state.items()}


def halves(state: State) -> tuple[State, State]:
    encoder, decoder = (
        {name.removeprefix(part): tensor for name, tensor in state.items() if name.startswith(part)}
        for part in ("encoder.", "decoder.")
    )
    return encoder, decoder


def wrapped_encoder(state: State, wrapper: str) -> State:
    return {name.replace("encoder.", f"encoder.{wrapper}."): value for name, value in state.items()}


def in_blocks(state: State, wrapper: str) -> State:
    """Wrap each block, as checkpointing of activations does."""
    return {
        ".".join([*name.split(".")[:2], wrapper, *name.split(".")[2:]]): value
        for name, value in state.items()
    }


LAYOUTS: dict[str, Callable[[State], Any]] = {
    "bare": lambda state: state,
    "ordered": OrderedDict,
    "under model_state_dict": lambda state: {"model_state_dict": state},
    "under state_dict": lambda state: {"state_dict": state},
    "under model": lambda state: {"model": state},
    "under net": lambda state: {"net": state, "optimizer": {"state": {}}},
    "under weights": lambda state: {"weights": state},
    "under a word of another language": lambda state: {"Gewichte 脸": state},
    "under a number": lambda state: {0: state},
    "two below another": lambda state: {"checkpoint": {"model": state}},
    "four below another": lambda state: {"a": {"b": {"c": {"d.e": state}}}},
    "in a list": lambda state: [{"epoch": 1}, state],
    "in a tuple": lambda state: (3, {"state_dict": state}),
    "parts apart": lambda state: dict(zip(("encoder", "decoder"), halves(state), strict=True)),
    "parts under own keys": lambda state: dict(
        zip(("encoder_state_dict", "decoder_state_dict"), halves(state), strict=True)
    ),
    "parts with what they are of": lambda state: dict(
        zip(("model_encoder", "model_decoder"), halves(state), strict=True)
    ),
    "prefix module": lambda state: under(state, "module."),
    "prefix _orig_mod": lambda state: under(state, "_orig_mod."),
    "prefix model": lambda state: {"state_dict": under(state, "model.")},
    "prefix autoencoder": lambda state: under(state, "autoencoder."),
    "prefix of FSDP": lambda state: under(state, "_fsdp_wrapped_module."),
    "prefix of Lightning": lambda state: {"state_dict": under(state, "lightning_module.net.")},
    "several prefixes": lambda state: under(state, "module._orig_mod.model."),
    "prefix encoder": lambda state: under(state, "encoder."),
    "encoder compiled": lambda state: wrapped_encoder(state, "_orig_mod"),
    "encoder in parallel": lambda state: wrapped_encoder(state, "module"),
    "blocks checkpointed": lambda state: in_blocks(state, "_checkpoint_wrapped_module"),
    "average": lambda state: {"n_averaged": torch.tensor(3), **under(state, "module.")},
    "parameters": lambda state: {
        name: nn.Parameter(value) if value.is_floating_point() else value
        for name, value in state.items()
    },
    "loss beside": lambda state: {
        **under(state, "model."),
        "loss.weight": torch.ones(3),
        "encoder.9.weight": torch.ones(2),
    },
    "double": lambda state: {name: value.double() for name, value in state.items()},
    "in one row": lambda state: {
        name: torch.cat([torch.zeros(5).to(value.dtype), value.reshape(-1)])[5:].view(value.shape)
        for name, value in state.items()
    },
    "strided": lambda state: {
        name: value.contiguous(memory_format=torch.channels_last) if value.ndim == 4 else value
        for name, value in state.items()
    },
}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_opens_with_the_same_weights(
    layout: str, legacy: bool, state: State, tmp_path: Path
) -> None:
    content = LAYOUTS[layout](state)
    how = {"_use_new_zipfile_serialization": not legacy}
    check_same(opened(tmp_path / "model.pth", content, **how), state)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("legacy", [False, True])
def test_every_protocol_opens(protocol: int, legacy: bool, state: State, tmp_path: Path) -> None:
    how = {"_use_new_zipfile_serialization": not legacy, "pickle_protocol": protocol}
    check_same(opened(tmp_path / "model.pth", {"model": state}, **how), state)


def test_a_whole_network_opens(state: State, tmp_path: Path) -> None:
    network = ConvAutoencoder(LATENT)
    network.load_state_dict(state)
    check_same(opened(tmp_path / "whole.pt", network), state)
    check_same(opened(tmp_path / "parallel.pt", {"net": nn.DataParallel(network)}), state)


class OwnClass:
    def __init__(self) -> None:
        self.history = [1, 2]


class OwnDict(dict[str, Any]):
    pass


class Colour(enum.Enum):
    RED = 1


Point = namedtuple("Point", "x y")


def beside() -> dict[str, Any]:
    linear = nn.Linear(2, 2)
    adam = torch.optim.Adam(linear.parameters())
    linear(torch.ones(1, 2)).sum().backward()
    adam.step()
    schedulers = torch.optim.lr_scheduler
    return {
        "optimizer": adam.state_dict(),
        "optimizer itself": adam,
        "steps": schedulers.MultiStepLR(adam, [2, 3]).state_dict(),
        "one cycle": schedulers.OneCycleLR(adam, 0.1, 10).state_dict(),
        "plateau": schedulers.ReduceLROnPlateau(adam).state_dict(),
        "scheduler itself": schedulers.StepLR(adam, 2),
        "array": np.arange(6.0).reshape(2, 3),
        "long array": np.zeros(300_000),
        "objects": np.array([{"a": 1}, None], dtype=object),
        "texts": np.array(["a", "脸"]),
        "structured": np.zeros(2, [("a", "f4"), ("b", "i8")]),
        "numbers": [np.int64(3), np.float32(1.5), np.float16(2), np.bool_(True), np.uint8(9)],
        "odd numbers": [np.complex128(1j), np.datetime64("2020-01-01"), np.float64(1).dtype],
        "random state": np.random.RandomState(0).get_state(),
        "generator": np.random.default_rng(0),
        "torch random": torch.get_rng_state(),
        "defaultdict": defaultdict(list, a=[1.0]),
        "counter": Counter("abca"),
        "deque": deque([1, 2], maxlen=3),
        "device": torch.device("cuda:0"),
        "dtype": [torch.float32, torch.bfloat16],
        "size": torch.Size([1, 2]),
        "set": {1, 2},
        "frozenset": frozenset({(1, 2)}),
        "path": Path("runs") / "one",
        "paths": {PurePosixPath("a"): 1},
        "namespace": argparse.Namespace(lr=0.1, folder=Path("x")),
        "own": OwnClass(),
        "own dict": OwnDict(a=1),
        "enum": Colour.RED,
        "point": Point(1, 2),
        "time": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
        "span": datetime.timedelta(3),
        "uuid": uuid.UUID(int=3),
        "decimal": Decimal("1.5"),
        "complex": 1 + 2j,
        "bytes": b"abc",
        "bytearray": bytearray(b"abc"),
        "slice": slice(1, 2),
        "function": torch.relu,
        "method": [].append,
        "sparse": torch.eye(3).to_sparse(),
        "float8": torch.ones(2).to(torch.float8_e4m3fn),
        "complex tensor": torch.ones(2, dtype=torch.complex64),
        "meta": torch.ones(2, device="meta"),
        "module": nn.Sequential(nn.Linear(2, 2), nn.ReLU()),
        "nothing": None,
        "long text": "x" * 3_000_000,
        "long history": [0.1] * 100_000,
        "large integer": 10**200,
    }


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("what", beside())
def test_whatever_lies_beside_the_weights_is_left_out(
    what: str, legacy: bool, state: State, tmp_path: Path
) -> None:
    thing = beside()[what]
    content = {"before": thing, "model_state_dict": state, "after": [thing], "epoch": 7}
    path = tmp_path / "model.pth"
    try:
        torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    except RuntimeError:
        pytest.skip("PyTorch itself can't write it so")
    model = load_face_model(path)
    check_same(model.network.state_dict(), state)
    assert model.epoch == 7


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8, np.int16])
def test_an_epoch_of_numpy_is_known(kind: Any, state: State, tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    torch.save({"state_dict": state, "epoch": kind(12)}, path)
    assert load_face_model(path).epoch == 12


def test_of_several_networks_that_under_the_usual_key_or_the_whole_one_is_taken(
    state: State, tmp_path: Path
) -> None:
    other = {name: value + 1 for name, value in state.items()}
    path = tmp_path / "model.pth"
    check_same(opened(path, {"best": other, "model_state_dict": state}), state)
    check_same(opened(path, {"model": state, "ema": other}), state)
    part = dict(list(other.items())[:20])
    check_same(opened(path, {"part": part, "state_dict": under(state, "x.")}), state)


COUNTERS: dict[str, Callable[[Tensor], Tensor | None]] = {
    "missing": lambda _: None,
    "half": lambda count: count.half(),
    "int32": lambda count: count.int(),
    "one number": lambda count: count.reshape(1),
    "text": lambda _: None,
}


@pytest.mark.parametrize("how", COUNTERS)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_counters_may_be_missing_or_of_another_kind(
    how: str, suffix: str, state: State, tmp_path: Path
) -> None:
    from safetensors.torch import save_file

    changed = {}
    for name, value in state.items():
        new = COUNTERS[how](value) if name.endswith("num_batches_tracked") else value
        if new is not None:
            changed[name] = new
    path = tmp_path / f"model{suffix}"
    if suffix == ".pth":
        torch.save(changed, path)
    else:
        save_file(changed, path)
    found = load_face_model(path).network.state_dict()
    counted = {name for name in state if name.endswith("num_batches_tracked")}
    if how in ("missing", "text"):
        assert all(found[name].dtype == torch.int64 and found[name] == 0 for name in counted)
        counted = set()
    for name in state.keys() - counted:
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(found[name], state[name])
    assert all(found[name] == state[name] for name in counted)


@pytest.mark.parametrize("layout", ["prefix model", "several prefixes", "encoder compiled"])
def test_safetensors_of_other_programs_open(layout: str, state: State, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    content = LAYOUTS[layout](state)
    path = tmp_path / "model.safetensors"
    save_file(content.get("state_dict", content), path, {"format": "pt", "about": "a face model"})
    check_same(load_face_model(path).network.state_dict(), state)


@pytest.mark.parametrize(
    "name", ["model.pth.tar", "last.ckpt", "pytorch_model.bin", "model.pt", "weights", "a.jpg"]
)
@pytest.mark.parametrize("own", [False, True])
def test_what_a_file_holds_counts_and_not_its_name(
    name: str, own: bool, state: State, tmp_path: Path
) -> None:
    from safetensors.torch import save_file

    path = tmp_path / name
    if own:
        save_file(state, path)
    else:
        torch.save({"state_dict": state}, path)
    check_same(load_face_model(path).network.state_dict(), state)


def test_other_kinds_of_models_are_named_with_what_opens(tmp_path: Path) -> None:
    script, onnx = tmp_path / "script.pt", tmp_path / "encoder.onnx"
    with zipfile.ZipFile(script, "w") as archive:
        archive.writestr("script/data.pkl", pickle.dumps(3))
        archive.writestr("script/code/__torch__.py", "class A: pass")
    for name in (onnx, onnx.with_suffix(".bin")):
        name.write_bytes(b"\x08\x0a\x12\x07pytorch" + bytes(64))
        with pytest.raises(ModelFileError, match=r"is an ONNX model.*opens \.safetensors and"):
            load_face_model(name)
    with pytest.raises(ModelFileError, match=r"TorchScript model.*opens \.safetensors and"):
        load_face_model(script)
    torch.export.save(
        torch.export.export(nn.Linear(2, 2), (torch.ones(1, 2),)), tmp_path / "exported.pt2"
    )
    with pytest.raises(ModelFileError, match=r"exported program.*opens \.safetensors and"):
        load_face_model(tmp_path / "exported.pt2")


DIFFERENCES: dict[str, tuple[Callable[[State], Any], str]] = {
    "shape": (
        lambda state: state | {"encoder.0.0.weight": torch.ones(16, 3, 3, 3)},
        "“encoder.0.0.weight” doesn't fit: it has 16×3×3×3 numbers instead of 32×3×3×3",
    ),
    "kind": (
        lambda state: state | {"decoder.1.bias": torch.ones(256, dtype=torch.int64)},
        "“decoder.1.bias” doesn't fit: its numbers are int64",
    ),
    "missing": (
        lambda state: {name: state[name] for name in state if name != "decoder.7.1.bias"},
        "it has no “decoder.7.1.bias”",
    ),
    "another network": (
        lambda _: {"conv1.weight": torch.ones(3), "fc.bias": torch.ones(2)},
        "it has no “encoder.5.weight”; it has “conv1.weight”",
    ),
    "arrays of NumPy": (
        lambda state: {name: value.numpy() for name, value in state.items()},
        "“encoder.5.weight” (numpy",
    ),
    "nothing": (lambda _: {"epoch": 3}, "holds no “model_state_dict”"),
}


@pytest.mark.parametrize("what", DIFFERENCES)
def test_what_differs_is_said(what: str, state: State, tmp_path: Path) -> None:
    change, sentence = DIFFERENCES[what]
    path = tmp_path / "model.pth"
    torch.save({"state_dict": under(change(state), "module.")}, path)
    if what in ("another network", "nothing"):
        torch.save(change(state), path)
    with pytest.raises(ModelFileError) as caught:
        load_face_model(path)
    assert sentence in str(caught.value)


# What follows is about files that mean harm.


def archive(path: Path, body: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as new:
        new.writestr("archive/data.pkl", body)
        new.writestr("archive/data/0", bytes(16))
    return path


class Traced:
    """Leaves a trace when it is made, changed or called."""

    trace: Path

    def __init__(self, *_: Any) -> None:
        self.trace.touch()

    def __setstate__(self, state: Any) -> None:
        self.trace.touch()

    def __reduce__(self) -> Any:
        return type(self), (1,), {"a": 1}


def test_classes_in_a_file_are_neither_imported_nor_run(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Traced.trace = tmp_path / "ran"
    thing = Traced.__new__(Traced)
    path = tmp_path / "model.pth"
    torch.save({"model": state, "thing": thing}, path)
    (tmp_path / "never_there_before.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.syspath_prepend(tmp_path)
    check_same(load_face_model(path).network.state_dict(), state)
    body = b"\x80\x02cnever_there_before\nClass\n(tR}X\x01\x00\x00\x00aK\x01sb."
    assert isinstance(read_checkpoint(archive(path, body)), LeftOut)
    assert not Traced.trace.exists()
    pickle.loads(pickle.dumps(thing))  # what it would have done
    assert Traced.trace.exists()


@pytest.mark.parametrize(
    "name",
    ["os system", "posix system", "nt system", "builtins eval", "__builtin__ exec",
     "subprocess Popen", "builtins __import__", "runpy run_path", "sys exit", "os.path join"],
)  # fmt: skip
def test_a_file_that_asks_for_harm_is_refused(name: str, tmp_path: Path) -> None:
    module, function = name.split()
    body = f"\x80\x02c{module}\n{function}\nX\x01\0\0\0x\x85R.".encode("latin1")
    with pytest.raises(TorchFileError, match="more than numbers; nothing was run"):
        read_checkpoint(archive(tmp_path / "a.pt", body))


@pytest.mark.parametrize(
    "body",
    [
        b"\x80\x02Nr\xff\xff\xff\xff.",  # room for four billion memories
        b"\x80\x02Np99999999999\n.",
        b"\x80\x02" + b"N0" * 600_000 + b"N.",
        b"\x80\x04\x95" + struct.pack("<Q", 2**40) + b"N.",  # a frame of a terabyte
        b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b".",  # as many bytes
        b"\x80\x02X" + struct.pack("<I", 2**31) + b"x.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x01\0\0\0aK\x01sb.",  # change a function
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nN}X\x08\0\0\0__code__K\x01s\x86b.",
        b"\x80\x02ca\nb\n}X\x01\0\0\0aK\x01sb.",  # change a class
        b"\x80\x02\x82\x01.",  # a registered extension
    ],
)
def test_pickles_that_want_memory_or_change_the_reader_are_refused(
    body: bytes, tmp_path: Path
) -> None:
    with pytest.raises(TorchFileError, match="is damaged"):
        read_checkpoint(archive(tmp_path / "a.pt", body))


def test_a_pickle_that_is_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_file, "MAX_PICKLE_BYTES", 1000)
    torch.save({"text": "x" * 2000}, tmp_path / "a.pt")
    with pytest.raises(TorchFileError, match="is damaged"):
        read_checkpoint(tmp_path / "a.pt")


@pytest.mark.parametrize(
    ("count", "offset", "shape", "stride"),
    [(4, 0, (5,), (1,)), (4, 3, (2,), (1,)), (4, 0, (2, 2), (3, 1)), (2**60, 0, (4,), (1,)),
     (5, 0, (4,), (1,))],
)  # fmt: skip
def test_a_tensor_beyond_its_numbers_is_refused(
    count: int, offset: int, shape: Any, stride: Any, tmp_path: Path
) -> None:
    path = archive(tmp_path / "a.pt", pickle.dumps(None))

    def read(_storage: object) -> bytes:
        with zipfile.ZipFile(path) as opened:
            return opened.read("archive/data/0")

    storage = checkpoint_file.Storage(torch.float32, "0", count)
    tensor = StoredTensor(storage, offset, shape, stride, checkpoint_file.Rows(read))
    with pytest.raises(TorchFileError, match="is damaged"):
        tensor.read()


def test_an_archive_that_unpacks_to_far_more_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path / "bomb.pt", pickle.dumps(None))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("archive/data/9", bytes(2 << 20))
    monkeypatch.setattr(torch_file, "MAX_BYTES", 1 << 20)
    with pytest.raises(TorchFileError, match="unpacks to far more"):
        read_checkpoint(path)


def test_circles_depths_and_long_names_end(tmp_path: Path) -> None:
    circle: dict[str, Any] = {"x" * 400: {}}
    circle["again"] = circle
    circle["x" * 400]["y" * 400] = {"weight": torch.ones(1)}
    deep: Any = {"weight": torch.ones(1)}
    for _ in range(100):
        deep = {"a": deep}
    circle["deep"] = deep
    path = tmp_path / "a.pt"
    torch.save(circle, path)
    assert list(named_tensors(read_checkpoint(path))) == []


@quickly
@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=9),
    st.none() | st.integers(0, 2000),
)
def test_whatever_is_damaged_it_is_told(
    tmp_path: Path, legacy: bool, changes: list[tuple[int, int]], end: int | None
) -> None:
    content = {"encoder.5.weight": torch.ones(2, 3), "path": Path("a"), "n": np.arange(3)}
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=not legacy)
    body = bytearray(stream.getvalue())
    for place, value in changes:
        body[place % len(body)] = value
    path = tmp_path / "a.pt"
    path.write_bytes(body[:end])
    try:
        for _, item in named_tensors(read_checkpoint(path)):
            if isinstance(item, StoredTensor):
                item.read()
    except TorchFileError:
        pass


def test_a_large_file_and_what_is_no_file_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.pt"):
        with pytest.raises(OSError, match=path.name):
            read_checkpoint(path)
    os.truncate(os.open(tmp_path / "large.pt", os.O_CREAT | os.O_RDWR), torch_file.MAX_BYTES + 1)
    with pytest.raises(OSError, match="large"):
        read_checkpoint(tmp_path / "large.pt")
