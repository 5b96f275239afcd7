"""Models, runs and sessions that were damaged, or made to do harm, for ``hostile.py``."""

from __future__ import annotations

import io
import json
import pickle
import random
import shutil
import struct
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from benchmarks.hostile_damage import Made, Trick, damage, patches, unusual
from model.checkpoint import FaceModel, save_model
from model.config import TrainConfig
from model.documents.session_file import ExploreSession, SavedFace, save_session
from model.face_set import FaceSet
from model.latent_statistics import LatentStatistics
from model.latents.custom_directions import DirectionFaces, save_directions
from model.latents.directions import Direction
from model.latents.presets import Preset
from model.morph.key_frames import KeyFrame
from model.morph.key_frames import Path as MorphPath
from model.network import ConvAutoencoder
from model.runs.epoch_rows import EpochRow
from model.runs.runs import Run
from model.training.training import train

LATENT = 4
Change = Callable[[dict[str, Tensor], dict[str, Any]], None]


class Harmful:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._trace,)


class Calls:
    """Calls something with arguments when it is unpickled."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self._call


def pickles(trace: Path) -> dict[str, Any]:
    """Return what must not be unpickled: code, and calls that take all memory."""
    shell = f"import pathlib; pathlib.Path({str(trace)!r}).touch()"
    return {
        "code": Harmful(trace),
        "exec": Calls(exec, shell),
        "eval": Calls(eval, f"__import__('os').mkdir({str(trace)!r})"),
        "bytearray": Calls(bytearray, 20 << 30),
        "float tensor": Calls(torch.FloatTensor, 5 << 30),
        "void": Calls(np.zeros(1, "V8").dtype.type, 20 << 30),
        "numpy scalar": Calls(np.float64(0).__reduce__()[0], np.dtype("V2000000000")),
        "array": np.zeros(1000),
        "stretched": torch.zeros(1).expand(1 << 20, 1 << 20),
        "sparse": torch.sparse_coo_tensor([[0], [0]], [1.0], (1 << 30,) * 2, check_invariants=True),
        "deep": _deep(5000),
        "network": ConvAutoencoder(LATENT),
    }


_NESTED = b"\x80\x02" + b"]" * 5000 + b"a" * 4999 + b"."
"""A pickle of lists within lists."""


def _deep(depth: int) -> Any:
    nested: Any = []
    for _ in range(depth):
        nested = (nested,)
    return nested


def saved(content: Any, **options: Any) -> bytes:
    """Return what ``torch.save`` writes; depth is no problem for its reader."""
    stream = io.BytesIO()
    torch.save(content, stream, **options)
    return stream.getvalue()


def with_bomb(content: bytes, size: int) -> bytes:
    """Add a member to an archive that unpacks to very much."""
    stream = io.BytesIO(content)
    with (
        zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open(f"{_root(archive)}/data/999", "w", force_zip64=True) as member,
    ):
        for _ in range(size >> 20):
            member.write(bytes(1 << 20))
    return stream.getvalue()


def with_pickle(content: bytes, body: bytes) -> bytes:
    """Put another pickle into an archive that ``torch.save`` wrote, packed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for entry in old.infolist():
            is_pickle = entry.filename.endswith("/data.pkl")
            kind = zipfile.ZIP_DEFLATED if is_pickle else zipfile.ZIP_STORED
            new.writestr(entry.filename, body if is_pickle else old.read(entry), kind)
    return stream.getvalue()


def _root(archive: zipfile.ZipFile) -> str:
    return archive.namelist()[0].split("/")[0]


LONG_PICKLES: dict[str, Callable[[], bytes]] = {
    "many operations": lambda: b"\x80\x02" + b"N0" * 50_000_000 + b"N.",
    "many lists": lambda: b"\x80\x02(" + b"]" * 50_000_000 + b"l.",
    "long text": lambda: b"\x80\x02X" + struct.pack("<I", 500 << 20) + bytes(500 << 20) + b".",
    "doubled": lambda: b"\x80\x02]q\x00" + b"2\x86" * 1000 + b".",
}


class ModelFiles:
    """Model files of both formats."""

    def __init__(self, folder: Path, trace: Path) -> None:
        folder.mkdir()
        torch.manual_seed(0)
        network = ConvAutoencoder(LATENT).eval()
        latents = np.random.default_rng(0).normal(size=(9, LATENT)).astype(np.float32)
        model = FaceModel(network, LatentStatistics.fit(latents), 3, 0.1, TrainConfig(epochs=7))
        save_model(folder / "model.safetensors", model)
        self._own = (folder / "model.safetensors").read_bytes()
        self._content = {"model_state_dict": network.state_dict(), "epoch": 3}
        self._content |= {"loss": np.float64(0.1)}
        self._published = saved(self._content)
        self._legacy = saved(self._content, _use_new_zipfile_serialization=False)
        self.tricks: list[Trick] = [
            *unusual("model.safetensors"),
            *unusual("model.pth"),
            *(partial(self._changed, name, change) for name, change in _CHANGES.items()),
            *(partial(self._pickled, name, value) for name, value in pickles(trace).items()),
            *(partial(_written, name, header) for name, header in _HEADERS.items()),
            *(partial(self._repacked, name, body) for name, body in LONG_PICKLES.items()),
            *(partial(_written, f"plain {name}", body) for name, body in LONG_PICKLES.items()),
            partial(self._bomb, 3 << 30),
            partial(self._bomb, 700 << 20),
        ]

    def damaged(self, place: Path, dice: random.Random) -> Made:
        """Damage a file, mostly where its header is."""
        name = dice.choice(("_own", "_own", "_published", "_legacy"))
        content = getattr(self, name)
        if dice.random() < 0.6:
            how, start = damage(content[:6000], dice)
            content = start + content[6000:]
        else:
            how, content = damage(content, dice)
        path = place / ("model.safetensors" if name == "_own" else "model.pth")
        path.write_bytes(content)
        return f"{name[1:]} {how}", path

    def _changed(self, name: str, change: Change, place: Path, _: random.Random) -> Made:
        tensors = safetensors.torch.load(self._own)
        about = {"epoch": 3, "test_mse": 0.1, "config": TrainConfig().to_dict()}
        change(tensors, about)
        metadata = {"format": "cae-studio-1", "about": json.dumps(about)}
        (place / "model.safetensors").write_bytes(safetensors.torch.save(tensors, metadata))
        return name, place / "model.safetensors"

    def _pickled(self, name: str, value: Any, place: Path, dice: random.Random) -> Made:
        content = self._content | {dice.choice(("loss", "epoch", "more")): value}
        legacy = dice.random() < 0.4
        path = place / dice.choice(("model.pth", "model.safetensors"))
        try:
            path.write_bytes(saved(content, _use_new_zipfile_serialization=not legacy))
        except (RecursionError, RuntimeError, pickle.PicklingError):
            path.write_bytes(_NESTED)  # torch.save itself can't write it
        return f"pickled {name}", path

    def _repacked(
        self, name: str, body: Callable[[], bytes], place: Path, _: random.Random
    ) -> Made:
        path = place / "model.pth"
        path.write_bytes(with_pickle(self._published, body()))
        return f"packed {name}", path

    def _bomb(self, size: int, place: Path, _: random.Random) -> Made:
        path = place / "model.pth"
        path.write_bytes(with_bomb(self._published, size))
        return f"zip bomb of {size >> 20} MiB", path


def _written(name: str, content: Callable[[], bytes], place: Path, _: random.Random) -> Made:
    path = place / "model.safetensors"
    path.write_bytes(content())
    return name, path


def _swap(tensors: dict[str, Tensor], _: dict[str, Any]) -> None:
    names = sorted(tensors)
    for one, other in zip(names[::2], names[1::2], strict=False):
        tensors[one], tensors[other] = tensors[other], tensors[one]


def _fill(value: float) -> Change:
    def change(tensors: dict[str, Tensor], _: dict[str, Any]) -> None:
        tensors["encoder.0.0.weight"].view(-1)[0] = value

    return change


def _set(name: str, tensor: Tensor) -> Change:
    return lambda tensors, _: tensors.update({name: tensor})


def _tell(**values: Any) -> Change:
    return lambda _, about: about.update(values)


_CHANGES: dict[str, Change] = {
    "swapped": _swap,
    "nan": _fill(float("nan")),
    "infinite": _fill(float("inf")),
    "beyond reason": _fill(1e38),
    "another latent": _set("encoder.5.weight", torch.zeros(5000, 1, 1, 1)),
    "no latent": _set("encoder.5.weight", torch.zeros(0, 256, 3, 3)),
    "wrong shape": _set("encoder.0.0.weight", torch.zeros(3)),
    "whole numbers": _set("encoder.0.0.bias", torch.zeros(64, dtype=torch.int64)),
    "eight bits": _set("encoder.0.0.bias", torch.zeros(64, dtype=torch.float8_e4m3fn)),
    "latent nan": _set("latent.mean", torch.full((LATENT,), float("nan"))),
    "latent shape": _set("latent.sigma", torch.zeros(())),
    "latent more": _set("latent.more", torch.zeros(2)),
    "hundred thousand tensors": lambda tensors, _: tensors.update(
        {f"more.{number}": torch.zeros(0) for number in range(100_000)}
    ),
    "epoch": _tell(epoch=10**300),
    "epoch below 0": _tell(epoch=-5),
    "mse": _tell(test_mse=float("nan")),
    "config": _tell(config=[1]),
    "config epochs": _tell(config={"epochs": 1e300}),
    "config text": _tell(config={"optimizer": "\ud800" * 1000}),
}


def _header(text: str, body: bytes = b"") -> bytes:
    content = text.encode()
    return struct.pack("<Q", len(content)) + content + body


def _tensor_header(shape: list[int], end: int) -> bytes:
    entry = {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}
    return _header(json.dumps({"encoder.5.weight": entry}), bytes(16))


def _short_header(length: int) -> bytes:
    return struct.pack("<Q", length) + b'{"a":1}' + bytes(500)


def _many_tensors() -> bytes:
    empty = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}'
    return _header("{" + ",".join(f'"{number:x}":{empty}' for number in range(10**6)) + "}")


def _long_description() -> bytes:
    about = {"format": "cae-studio-1", "about": "[{}," * (16 << 20)}
    return _header(json.dumps({"__metadata__": about}))


_LENGTHS = (0, 1, 7, 2**20, 2**27, 2**31, 2**32, 2**40, 2**63, 2**64 - 1)
_HEADERS: dict[str, Callable[[], bytes]] = {
    **{f"header of {length}": partial(_short_header, length) for length in _LENGTHS},
    "a million tensors": _many_tensors,
    "deep header": lambda: _header('{"a":' * 100_000),
    "overflow": lambda: _tensor_header([2**62, 4], 16),
    "empty and huge": lambda: _tensor_header([2**62, 0], 0),
    "more than there is": lambda: _tensor_header([10**6], 10**6),
    "64 MB of description": _long_description,
}


class RunFiles:
    """The folder of a short training with one of its files damaged."""

    def __init__(self, folder: Path, trace: Path) -> None:
        config = TrainConfig(epochs=3, batch_size=8, latent_dim=LATENT)
        run = Run.create(config, "Patches", folder)
        for epoch, _ in enumerate(train(config, FaceSet("Patches", patches()), run=run)):
            if len(run.rows()) == 2 or epoch > 1000:
                break
        self._folder = run.folder
        (run.folder / "best.safetensors").unlink(missing_ok=True)
        (run.folder / "last.safetensors").unlink(missing_ok=True)
        state = run.state()
        assert state is not None
        self._state = state
        files = ("run.json", "metrics.jsonl", "state.pt", "running.json")
        previews = (
            "previews/originals.webp",
            "previews/epoch-00001.webp",
            "previews/epoch-٠٠٠٠٣.webp",
        )
        long = {f"state {name}": body for name, body in LONG_PICKLES.items()}
        self.tricks: list[Trick] = [
            *(partial(self._with, trick) for file in files + previews for trick in unusual(file)),
            *(partial(self._restated, name, value) for name, value in _STATES.items()),
            *(partial(self._pickled, name, value) for name, value in pickles(trace).items()),
            *(partial(self._written, "state.pt", name, body) for name, body in long.items()),
            partial(
                self._written, "state.pt", "state bomb", lambda: with_bomb(saved(state), 3 << 30)
            ),
            *(
                partial(self._written, name, f"{name} {body[:20]!r}", partial(bytes, body))
                for name, bodies in _TEXTS.items()
                for body in bodies
            ),
        ]

    def damaged(self, place: Path, dice: random.Random) -> Made:
        """Damage one of the files, the small ones more often."""
        folder = self._copy(place)
        names = ["run.json", "metrics.jsonl", "state.pt", "previews/epoch-00001.webp"]
        path = folder / dice.choice(names)
        how, content = damage(path.read_bytes(), dice)
        path.write_bytes(content)
        return f"{path.name} {how}", folder

    def _copy(self, place: Path) -> Path:
        return Path(shutil.copytree(self._folder, place / "run"))

    def _with(self, trick: Trick, place: Path, dice: random.Random) -> Made:
        folder = self._copy(place)
        return trick(folder, dice)[0], folder

    def _written(
        self, file: str, what: str, body: Callable[[], bytes], place: Path, _: random.Random
    ) -> Made:
        folder = self._copy(place)
        (folder / file).write_bytes(body())
        return what, folder

    def _restated(
        self, name: str, change: Callable[[dict[str, Any]], None], place: Path, _: random.Random
    ) -> Made:
        folder = self._copy(place)
        state = torch.load(folder / "state.pt", weights_only=True)
        change(state)
        torch.save(state, folder / "state.pt")
        return f"state {name}", folder

    def _pickled(self, name: str, value: Any, place: Path, _: random.Random) -> Made:
        folder = self._copy(place)
        try:
            (folder / "state.pt").write_bytes(saved(self._state | {"random": value}))
        except (RecursionError, RuntimeError, pickle.PicklingError):
            (folder / "state.pt").write_bytes(_NESTED)
        return f"state pickled {name}", folder


def _put(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda state: state.update({key: value})


def _stretch(state: dict[str, Any]) -> None:
    for moments in state["optimizers"][0]["state"].values():
        for name, value in moments.items():
            if isinstance(value, Tensor) and value.ndim:
                moments[name] = torch.zeros(1).expand(1 << 20, 1 << 20)


def _poison(part: str) -> Callable[[dict[str, Any]], None]:
    def change(state: dict[str, Any]) -> None:
        weights = state[part]
        name = next(iter(weights))
        weights[name] = torch.full_like(weights[name], float("nan"))

    return change


_STATES: dict[str, Callable[[dict[str, Any]], None]] = {
    "no batch": _put("batch_size", 0),
    "large batch": _put("batch_size", 10**12),
    "batch below 0": _put("batch_size", -8),
    "epoch below 0": _put("epoch", -1),
    "late epoch": _put("epoch", 10**15),
    "late step": _put("step", 10**15),
    "text for a number": _put("epoch", "one"),
    "total": _put("total", "x"),
    "no weights": _put("network", {}),
    "no best weights": _put("best_weights", {}),
    "other best weights": _put("best_weights", {"a": torch.zeros(1)}),
    "no optimizers": _put("optimizers", []),
    "odd optimizers": _put("optimizers", [{}, {}]),
    "odd random": _put("random", torch.zeros(3)),
    "no dropout": _put("dropout_random", None),
    "stretched moments": _stretch,
    "nan": _poison("network"),
    "nan in best": _poison("best_weights"),
    "nothing": lambda state: state.clear(),
}
_ROW = EpochRow(1, 0.1, 0.1, 0.1, 1.0)._asdict()
_TEXTS: dict[str, list[bytes]] = {
    "run.json": [b"", b"3", b"[]", b"{}", b'{"config": {}, "faces": "\\ud800"}', b"\xff\xfe",
                 b'{"config": {"epochs": 1e999}, "faces": ""}',
                 b'{"config": {}, "faces": ' + b"1" * 9999,
                 b'{"config": {"batch_size": 4096}, "faces": "x", "started": 7}'],
    "metrics.jsonl": [b"\xff\n" * 9, b"{}\n" * 100_000, b"1\n" * 1_000_000, b"[" * 1000,
                      json.dumps(_ROW | {"epoch": 10**7}).encode(), b"{}\n" * 6_000_000,
                      json.dumps(_ROW | {"test_mse": float("nan")}).encode()],
    "running.json": [b"", b"[]", b'{"host": "x", "process": 1, "time": 1e999}', b"[" * 9999,
                     b'{"host": "x", "process": 1, "time": NaN}'],
}  # fmt: skip


class SessionFiles:
    """Sessions, and own directions, which are the same kind of file."""

    def __init__(self, folder: Path, _: Path) -> None:
        folder.mkdir()
        latent, faces = np.ones(LATENT, np.float32), patches()
        face = SavedFace("Ann", faces[0], latent, latent)
        own = DirectionFaces("Smile", faces[:3], faces[3:6])
        direction = Direction("Smile", "own", latent / 2, 1.0, 0.9, "by hand")
        path = MorphPath((KeyFrame(latent, "Ann"), KeyFrame(-latent, "Bob")))
        parts = ((face,), (face,), (direction,), (own,), path, faces[:2])
        session = ExploreSession("digest", "Title", *parts)
        save_session(folder / "a.cae-session", session)
        preset = Preset("Older", latent, "digest", (("Smile", 1.0),))
        save_directions(folder / "a.directions", [own, preset])
        self._files = {path.suffix: path.read_bytes() for path in sorted(folder.iterdir())}
        self.tricks: list[Trick] = [
            *(trick for suffix in self._files for trick in unusual(f"x{suffix}")),
            *(
                partial(self._rewritten, suffix, name, change)
                for suffix in self._files
                for name, change in _SESSION_CHANGES.items()
            ),
            *(
                partial(self._written, suffix, name, body)
                for suffix in self._files
                for name, body in _HEADERS.items()
            ),
        ]

    def damaged(self, place: Path, dice: random.Random) -> Made:
        """Damage a file, mostly its header."""
        suffix = dice.choice(sorted(self._files))
        content = self._files[suffix]
        end = 8 + struct.unpack_from("<Q", content)[0] if dice.random() < 0.8 else len(content)
        how, start = damage(content[:end], dice)
        (place / f"x{suffix}").write_bytes(start + content[end:])
        return f"{suffix} {how}", place / f"x{suffix}"

    def _written(
        self, suffix: str, name: str, body: Callable[[], bytes], place: Path, _: random.Random
    ) -> Made:
        (place / f"x{suffix}").write_bytes(body())
        return f"{suffix} {name}", place / f"x{suffix}"

    def _rewritten(
        self, suffix: str, name: str, change: Change, place: Path, _: random.Random
    ) -> Made:
        content = self._files[suffix]
        length = struct.unpack_from("<Q", content)[0]
        metadata = json.loads(content[8 : 8 + length])["__metadata__"]
        tensors, about = safetensors.torch.load(content), json.loads(metadata["about"])
        change(tensors, about)
        metadata["about"] = json.dumps(about)
        (place / f"x{suffix}").write_bytes(safetensors.torch.save(tensors, metadata))
        return f"{suffix} {name}", place / f"x{suffix}"


def _every(change: Callable[[Tensor], Tensor]) -> Change:
    return lambda tensors, _: tensors.update({name: change(one) for name, one in tensors.items()})


def _first_item(**values: Any) -> Change:
    def change(_: dict[str, Tensor], about: dict[str, Any]) -> None:
        for item in [*about.get("directions", []), *about.get("path", {}).get("frames", [])]:
            item.update(values)

    return change


_SESSION_CHANGES: dict[str, Change] = {
    "swapped": _swap,
    "no tensors": lambda tensors, _: tensors.clear(),
    "nan": _every(lambda one: one * float("nan") if one.is_floating_point() else one),
    "float16": _every(lambda one: one.half()),
    "bfloat16": _every(lambda one: one.to(torch.bfloat16)),
    "float8": _every(lambda one: one.to(torch.float8_e5m2)),
    "flat": _every(lambda one: one.flatten()),
    "empty": _every(lambda one: one[:0].contiguous()),
    "no about": lambda _, about: about.clear(),
    "names are numbers": _tell(faces=[1], names=[1], own=[2]),
    "names are odd": _tell(faces=["\ud800"], names=["\ud800"], own=["\0"], title="\udfff"),
    "many names": _tell(faces=["a"] * 10**6, names=["a"] * 10**6, own=["a"] * 10**6),
    "sigma": _first_item(sigma=float("nan"), seconds=float("nan")),
    "sigma below 0": _first_item(sigma=-1e300, auc="x", seconds=1e300),
    "kind": _first_item(kind=[], ease={}),
    "path": _tell(path={"frames": 3}),
    "path of nothing": _tell(path={"frames": [], "loop": 1, "back": 0}),
    "other texts": _tell(model=3, title=None),
}
