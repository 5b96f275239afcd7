from __future__ import annotations

import errno
import io
import json
import os
import pickle
import random
import shutil
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from model import checkpoint
from model.checkpoint import FaceModel, ModelFileError, load_face_model, load_model, save_model
from model.config import TrainConfig
from model.io import torch_file
from model.latent_statistics import LatentStatistics
from model.network import ConvAutoencoder
from tests.properties import quickly

LATENT = 16


@pytest.fixture(scope="module")
def model() -> FaceModel:
    torch.manual_seed(0)
    latents = np.random.default_rng(0).normal(size=(40, LATENT)).astype(np.float32)
    config = TrainConfig(latent_dim=LATENT, epochs=7)
    network = ConvAutoencoder(LATENT).eval()
    return FaceModel(network, LatentStatistics.fit(latents), 3, 0.0125, config)


@pytest.fixture(scope="module")
def saved_once(model: FaceModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "face.safetensors"
    save_model(path, model)
    return path


@pytest.fixture
def saved(saved_once: Path, tmp_path: Path) -> Path:
    """A healthy file of our own that a test may damage."""
    return Path(shutil.copy(saved_once, tmp_path / "face.safetensors"))


def published(model: FaceModel, **changes: Any) -> dict[str, Any]:
    """What the published notebook saves."""
    optimizer = torch.optim.Adam(model.network.parameters(), lr=0.003)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5, 0.9)
    return {
        "epoch": 399,
        "model_state_dict": model.network.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "scheduler_state_dict": scheduler.state_dict(),
        "loss": np.float64(0.00156),
        **changes,
    }


def same_weights(one: ConvAutoencoder, other: ConvAutoencoder, tolerance: float = 0) -> None:
    states = one.state_dict(), other.state_dict()
    assert states[0].keys() == states[1].keys()
    for name, value in states[0].items():
        torch.testing.assert_close(value, states[1][name], rtol=tolerance, atol=tolerance)


def rewritten(path: Path, change: Callable[[dict[str, Tensor]], None]) -> Path:
    """Write a file of our own format again with other tensors."""
    with safetensors.safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    tensors = safetensors.torch.load(path.read_bytes())
    change(tensors)
    path.write_bytes(safetensors.torch.save(tensors, metadata))
    return path


def with_about(path: Path, about: str) -> Path:
    tensors = safetensors.torch.load(path.read_bytes())
    path.write_bytes(safetensors.torch.save(tensors, {"about": about}))
    return path


class TestOwnFormat:
    def test_a_model_comes_back_exactly(self, model: FaceModel, saved: Path) -> None:
        read = load_face_model(saved)

        same_weights(read.network, model.network)
        assert (read.epoch, read.test_mse, read.config) == (3, 0.0125, model.config)
        assert read.statistics is not None
        for name in LatentStatistics.__dataclass_fields__:
            np.testing.assert_array_equal(
                getattr(read.statistics, name), getattr(model.statistics, name)
            )

    def test_it_is_ready_for_use(self, saved: Path) -> None:
        network = load_face_model(saved).network
        assert not any(module.training for module in network.modules())
        assert not any(parameter.requires_grad for parameter in network.parameters())
        kernel = network.state_dict()["encoder.1.0.weight"]
        assert kernel.is_contiguous(memory_format=torch.channels_last)

    def test_half_precision_is_half_the_size_and_gives_the_same_pictures(
        self, model: FaceModel, saved: Path, tmp_path: Path
    ) -> None:
        half = tmp_path / "half.safetensors"
        save_model(half, model, half=True)
        read = load_face_model(half)

        assert half.stat().st_size < 0.55 * saved.stat().st_size
        same_weights(read.network, model.network, tolerance=1e-3)
        images = torch.rand(4, 3, 48, 48)
        with torch.no_grad():
            pictures = model.network(images), read.network(images)
        torch.testing.assert_close(*pictures, rtol=0, atol=2e-3)

    def test_half_precision_keeps_what_half_precision_cannot_hold(
        self, model: FaceModel, tmp_path: Path
    ) -> None:
        network = ConvAutoencoder(LATENT).eval()
        network.get_buffer("encoder.0.1.running_var").fill_(1e6)
        latents = np.random.default_rng(0).normal(0, 1e-9, (40, LATENT)).astype(np.float32)
        latents[:, 0] *= 1e3
        path = tmp_path / "half.safetensors"

        save_model(path, FaceModel(network, LatentStatistics.fit(latents)), half=True)
        read = load_face_model(path)

        assert read.network.get_buffer("encoder.0.1.running_var")[0] == 1e6
        assert read.statistics is not None
        assert read.statistics.sigma.min() > 0

    def test_the_curvature_comes_back_and_older_files_have_none(
        self, model: FaceModel, saved: Path, tmp_path: Path
    ) -> None:
        assert load_face_model(saved).curvature is None
        curvature = np.diag(np.arange(LATENT, dtype=np.float32))
        path = tmp_path / "curved.safetensors"
        save_model(path, replace(model, curvature=curvature))
        np.testing.assert_array_equal(load_face_model(path).curvature, curvature)

    @pytest.mark.parametrize(
        "damaged",
        [
            torch.zeros(LATENT),
            torch.zeros(LATENT, LATENT + 1),
            torch.zeros(LATENT, LATENT, dtype=torch.int32),
            torch.full((LATENT, LATENT), torch.nan),
        ],
    )
    def test_a_damaged_curvature_is_told(self, damaged: Tensor, saved: Path) -> None:
        path = rewritten(saved, lambda tensors: tensors.update(curvature=damaged))
        with pytest.raises(ModelFileError, match="curvature"):
            load_face_model(path)

    def test_what_is_not_known_stays_unknown(self, model: FaceModel, tmp_path: Path) -> None:
        path = tmp_path / "bare.safetensors"
        save_model(path, FaceModel(model.network))
        read = load_face_model(path)
        assert (read.statistics, read.epoch, read.test_mse, read.config) == (None, 0, None, None)

    @pytest.mark.parametrize("low", [b"\x80", b"PK"])
    def test_a_header_whose_length_begins_as_other_formats_do_is_no_obstacle(
        self, low: bytes, saved: Path
    ) -> None:
        content = saved.read_bytes()
        length = int.from_bytes(content[:8], "little")
        header, body = content[8 : 8 + length], content[8 + length :]
        wanted = (length >> 8 * len(low) << 8 * len(low)) + int.from_bytes(low, "little")
        wanted += 0 if wanted >= length else 1 << 8 * len(low)
        padded = wanted.to_bytes(8, "little") + header.ljust(wanted) + body
        assert padded.startswith(low)
        saved.write_bytes(padded)
        assert load_face_model(saved).network.latent_dim > 0

    def test_a_file_without_description_will_do(self, saved: Path) -> None:
        tensors = safetensors.torch.load(saved.read_bytes())
        saved.write_bytes(safetensors.torch.save(tensors))
        assert load_face_model(saved).epoch == 0

    def test_other_programs_can_read_it(self, model: FaceModel, saved: Path) -> None:
        tensors = safetensors.torch.load(saved.read_bytes())
        assert torch.equal(
            tensors["encoder.1.0.weight"], model.network.state_dict()["encoder.1.0.weight"]
        )

    def test_a_loaded_model_does_not_depend_on_its_file(self, saved: Path) -> None:
        read = load_face_model(saved)
        assert read.statistics is not None
        before = read.statistics.mean.copy()
        with saved.open("r+b") as file:
            file.write(bytes(saved.stat().st_size))
        np.testing.assert_array_equal(read.statistics.mean, before)

    def test_a_network_can_be_loaded_by_name(self, model: FaceModel, saved: Path) -> None:
        same_weights(load_model(str(saved)), model.network)


class TestWriting:
    def test_an_older_file_is_kept_when_the_write_fails(
        self, model: FaceModel, saved: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = saved.read_bytes()

        def full(_handle: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            save_model(saved, FaceModel(model.network))

        assert saved.read_bytes() == before
        assert sorted(entry.name for entry in saved.parent.glob("*face*")) == [saved.name]

    def test_a_missing_folder_is_told(self, model: FaceModel, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            save_model(tmp_path / "none" / "face.safetensors", model)


class TestPublishedFormat:
    @pytest.mark.parametrize("loss", [np.float64(0.00156), np.float32(0.00156), 0.00156])
    @pytest.mark.parametrize("legacy", [False, True])
    def test_a_checkpoint_of_the_published_network_opens(
        self, loss: Any, legacy: bool, model: FaceModel, tmp_path: Path
    ) -> None:
        path = tmp_path / "model.pth"
        torch.save(published(model, loss=loss), path, _use_new_zipfile_serialization=not legacy)

        read = load_face_model(path)

        same_weights(read.network, model.network)
        assert read.epoch == 399
        assert read.test_mse == pytest.approx(0.00156)
        assert (read.statistics, read.config) == (None, None)
        assert not read.network.training

    def test_numbers_that_an_older_numpy_wrote_are_read(
        self, model: FaceModel, tmp_path: Path
    ) -> None:
        buffer, path = io.BytesIO(), tmp_path / "model.pth"
        torch.save(published(model), buffer)
        with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name.endswith("data.pkl"):
                    assert b"numpy._core.multiarray" in content
                    content = content.replace(b"numpy._core.multi", b"numpy.core.multi")
                new.writestr(name, content)

        assert load_face_model(path).test_mse == pytest.approx(0.00156)

    def test_missing_and_further_entries_do_no_harm(self, model: FaceModel, tmp_path: Path) -> None:
        path = tmp_path / "model.pth"
        state = {**model.network.state_dict(), "further.weight": torch.ones(2)}
        torch.save({"model_state_dict": state}, path)
        read = load_face_model(path)
        same_weights(read.network, model.network)
        assert (read.epoch, read.test_mse) == (0, None)

    @pytest.mark.parametrize("content", [{}, {"model_state_dict": 3}, [1, 2], torch.ones(3)])
    def test_another_kind_of_pth_is_refused(self, content: Any, tmp_path: Path) -> None:
        path = tmp_path / "other.pth"
        torch.save(content, path)
        with pytest.raises(ModelFileError, match="holds no “model_state_dict”"):
            load_face_model(path)

    @pytest.mark.parametrize("share", [0.0001, 0.5, 0.9, 0.9999])
    def test_a_truncated_one_is_refused(
        self, share: float, model: FaceModel, tmp_path: Path
    ) -> None:
        path = tmp_path / "cut.pth"
        torch.save(published(model), path)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(ModelFileError, match=r"“cut\.pth” is"):
            load_face_model(path)

    def test_a_damaged_directory_of_the_archive_is_told(
        self, model: FaceModel, tmp_path: Path
    ) -> None:
        path = tmp_path / "damaged.pth"
        torch.save(published(model), path)
        content = path.read_bytes()
        start = content.rindex(b"PK\x01\x02")
        path.write_bytes(content[:start] + b"XXXX" + content[start + 4 :])
        assert zipfile.is_zipfile(path)
        with pytest.raises(ModelFileError, match="damaged"):
            load_face_model(path)


class Harmful:
    """Unpickling it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


class TestHarmfulFiles:
    @pytest.mark.parametrize("kind", ["zip", "legacy", "pickle", "pickle in disguise"])
    def test_code_in_a_file_is_never_run(self, kind: str, model: FaceModel, tmp_path: Path) -> None:
        trace, path = tmp_path / "it ran", tmp_path / "model.pth"
        content = published(model, loss=Harmful(trace))
        if kind in {"zip", "legacy"}:
            torch.save(content, path, _use_new_zipfile_serialization=kind == "zip")
        else:
            path = path.with_suffix(".safetensors" if "disguise" in kind else ".pth")
            path.write_bytes(pickle.dumps(content, 2))

        with pytest.raises(ModelFileError, match="contains more than numbers; nothing was run"):
            load_face_model(path)

        assert not trace.exists()
        pickle.loads(pickle.dumps(Harmful(trace)))  # what it would have done
        assert trace.exists()

    def test_an_archive_that_unpacks_to_far_more_is_not_unpacked(
        self, model: FaceModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "bomb.pth"
        torch.save(published(model), path)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("archive/data/999", bytes(32 << 20))
        assert path.stat().st_size < 8 << 20
        monkeypatch.setattr(torch_file, "MAX_BYTES", 16 << 20)
        monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("was unpacked"))

        with pytest.raises(ModelFileError, match="unpacks to far more"):
            load_face_model(path)

    def test_a_file_of_impossible_size_is_not_read(self, tmp_path: Path) -> None:
        path = tmp_path / "large.safetensors"
        with path.open("wb") as file:
            file.truncate(checkpoint.MAX_FILE_BYTES + 1)
        with pytest.raises(ModelFileError, match="too large"):
            load_face_model(path)

    @pytest.mark.parametrize("length", [2**63, 2**40, 10_000_000, 1_000_001, 3, 2])
    def test_a_wrong_length_of_the_header_is_told(self, length: int, tmp_path: Path) -> None:
        path = tmp_path / "face.safetensors"
        path.write_bytes(struct.pack("<Q", length) + b'{"a":1}' + bytes(100))
        with pytest.raises(ModelFileError, match="damaged"):
            load_face_model(path)

    def test_a_latent_size_beyond_reason_is_refused(self, saved: Path) -> None:
        def change(tensors: dict[str, Tensor]) -> None:
            tensors["encoder.5.weight"] = torch.zeros(5000, 1, 1, 1)

        with pytest.raises(ModelFileError, match="unusable latent size of 5000"):
            load_face_model(rewritten(saved, change))


class TestDamagedFiles:
    @pytest.mark.parametrize("share", [0, 0.000001, 0.001, 0.5, 0.99999])
    def test_a_truncated_one_is_refused(self, share: float, saved: Path) -> None:
        content = saved.read_bytes()
        saved.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(ModelFileError, match="“face.safetensors” is"):
            load_face_model(saved)

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    @pytest.mark.parametrize("name", ["encoder.0.0.weight", "decoder.7.2.running_var"])
    def test_values_that_are_no_numbers_are_refused(
        self, name: str, value: float, saved: Path
    ) -> None:
        def change(tensors: dict[str, Tensor]) -> None:
            tensors[name].view(-1)[-1] = value

        with pytest.raises(ModelFileError, match=f"“{name}” contains values that aren't numbers"):
            load_face_model(rewritten(saved, change))

    def test_swapped_tensors_are_refused(self, saved: Path) -> None:
        def change(tensors: dict[str, Tensor]) -> None:
            first, second = "encoder.0.0.weight", "encoder.1.0.weight"
            tensors[first], tensors[second] = tensors[second], tensors[first]

        with pytest.raises(ModelFileError, match=r"“encoder\.0\.0\.weight” doesn't fit"):
            load_face_model(rewritten(saved, change))

    @pytest.mark.parametrize("name", ["encoder.5.weight", "decoder.7.2.bias"])
    def test_a_missing_tensor_is_told(self, name: str, saved: Path) -> None:
        with pytest.raises(ModelFileError, match=f"isn't a model of this network .*“{name}”"):
            load_face_model(rewritten(saved, lambda tensors: tensors.__delitem__(name)))

    @pytest.mark.parametrize("shape", [(LATENT, 256, 3), (LATENT, 255, 3, 3), (LATENT, 256, 9, 1)])
    def test_another_shape_is_refused(self, shape: tuple[int, ...], saved: Path) -> None:
        def change(tensors: dict[str, Tensor]) -> None:
            tensors["encoder.5.weight"] = torch.zeros(shape)

        with pytest.raises(ModelFileError, match=r"isn't a model of this network .*encoder\.5"):
            load_face_model(rewritten(saved, change))

    @pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.complex64, torch.int64])
    def test_another_kind_of_number_is_refused(self, dtype: torch.dtype, saved: Path) -> None:
        def change(tensors: dict[str, Tensor]) -> None:
            tensors["encoder.0.0.bias"] = tensors["encoder.0.0.bias"].to(dtype)

        with pytest.raises(ModelFileError, match=r"“encoder\.0\.0\.bias” doesn't fit"):
            load_face_model(rewritten(saved, change))

    @pytest.mark.parametrize("kind", ["sparse", "meta"])
    def test_a_tensor_that_is_no_plain_array_is_refused(
        self, kind: str, model: FaceModel, tmp_path: Path
    ) -> None:
        path = tmp_path / "model.pth"
        bias = model.network.state_dict()["encoder.0.0.bias"]
        odd = bias.to_sparse() if kind == "sparse" else bias.to("meta")
        state = {**model.network.state_dict(), "encoder.0.0.bias": odd}
        torch.save({"model_state_dict": state}, path)
        with pytest.raises(ModelFileError, match="more than numbers; nothing was run"):
            load_face_model(path)

    @pytest.mark.parametrize(
        "about",
        [
            "{",
            "[1]",
            "3",
            '{"epoch": "many"}',
            '{"epoch": 1e999}',
            '{"epoch": NaN}',
            '{"epoch": -1}',
            '{"epoch": 1000000001}',
            '{"test_mse": [1]}',
            '{"config": 3}',
            '{"config": {"epochs": -1}}',
            '{"config": {"epochs": "x"}}',
            json.dumps({"config": {"learning_rate": 10**400}}),
            "[" * 100_000,
        ],
    )
    def test_a_damaged_description_is_told(self, about: str, saved: Path) -> None:
        with pytest.raises(ModelFileError, match="damaged description"):
            load_face_model(with_about(saved, about))

    @pytest.mark.parametrize("where", ["header", "anywhere"])
    @pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
    def test_whatever_is_damaged_nothing_but_the_one_error_comes(
        self, suffix: str, where: str, model: FaceModel, saved: Path
    ) -> None:
        path = saved.with_suffix(suffix)
        if suffix == ".pth":
            torch.save({"model_state_dict": model.network.state_dict()}, path)
        content = path.read_bytes()
        dice = random.Random(0)
        for _ in range(8):
            damaged = bytearray(content)
            for _ in range(3):
                end = 6000 if where == "header" else len(content)
                damaged[dice.randrange(end)] = dice.randrange(256)
            path.write_bytes(damaged)
            try:
                load_face_model(path)
            except ModelFileError as error:
                assert path.name in str(error)


class TestStatistics:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("mean", torch.zeros(LATENT - 1)),
            ("mean", torch.full((LATENT,), float("nan"))),
            ("sigma", torch.zeros(LATENT)),
            ("sigma", torch.ones(LATENT + 1)),
            ("directions", torch.ones(LATENT)),
            ("directions", torch.tensor(1.0)),
            ("directions", torch.full((LATENT, LATENT), float("inf"))),
            ("unknown", torch.ones(LATENT)),
        ],
    )
    def test_damaged_ones_are_told(self, name: str, value: Tensor, saved: Path) -> None:
        def change(tensors: dict[str, Tensor]) -> None:
            tensors[f"latent.{name}"] = value

        with pytest.raises(ModelFileError, match="damaged latent statistics"):
            load_face_model(rewritten(saved, change))

    def test_missing_ones_are_told(self, saved: Path) -> None:
        with pytest.raises(ModelFileError, match="damaged latent statistics"):
            load_face_model(rewritten(saved, lambda tensors: tensors.__delitem__("latent.low")))

    def test_those_of_another_latent_size_are_told(self, saved: Path) -> None:
        size = LATENT + 1

        def change(tensors: dict[str, Tensor]) -> None:
            for name in ("mean", "low", "high", "sigma"):
                tensors[f"latent.{name}"] = torch.ones(size)
            tensors["latent.directions"] = torch.eye(size)

        with pytest.raises(ModelFileError, match="another latent size"):
            load_face_model(rewritten(saved, change))

    def test_statistics_without_any_direction_are_refused(self, saved: Path) -> None:
        def change(tensors: dict[str, Tensor]) -> None:
            tensors["latent.directions"] = torch.ones(0, LATENT)
            tensors["latent.sigma"] = torch.ones(0)

        with pytest.raises(ModelFileError, match="damaged latent statistics"):
            load_face_model(rewritten(saved, change))


small = st.integers(-1, 5) | st.sampled_from([2**31, 2**62, 2**64])
entry = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(["F32", "F16", "BF16", "F8_E4M3", "U8", "BOOL", "X"]),
        "shape": st.lists(small, max_size=4),
        "data_offsets": st.lists(small, min_size=1, max_size=3),
    },
)
tensor_names = st.sampled_from(["encoder.5.weight", "latent.mean", "__metadata__"])
entries = st.dictionaries(tensor_names, entry, max_size=3)
headers = entries.map(lambda value: json.dumps(value).encode())


class TestHeaders:
    @quickly
    @given(headers | st.binary(max_size=50), st.binary(max_size=40), st.integers(-2, 2))
    def test_any_header_is_told(self, tmp_path: Path, header: bytes, body: bytes, off: int) -> None:
        path = tmp_path / "face.safetensors"
        path.write_bytes(struct.pack("<Q", max(0, len(header) + off)) + header + body)
        with pytest.raises(ModelFileError, match="face.safetensors"):
            load_face_model(path)

    def test_a_very_long_one_is_not_parsed(
        self, saved: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checkpoint, "MAX_HEADER_BYTES", 1000)
        with pytest.raises(ModelFileError, match="its header is too long"):
            load_face_model(saved)


class TestOtherFiles:
    @pytest.mark.parametrize(
        "content", [b"", b"Hello", b"Dear reader,\nthis is a letter.\n", b"\x89PNG\r\n\x1a\n" * 20]
    )
    def test_another_kind_of_file_is_refused(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "letter.txt"
        path.write_bytes(content)
        with pytest.raises(ModelFileError, match=r"“letter\.txt” isn't a model file"):
            load_face_model(path)

    def test_another_kind_of_file_with_the_name_of_a_model_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "letter.safetensors"
        path.write_bytes(b"Dear reader,\nthis is a letter.\n")
        with pytest.raises(ModelFileError, match="isn't the model file that its name says"):
            load_face_model(path)

    def test_an_archive_of_something_else_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "letters.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("letter.txt", "Dear reader")
        with pytest.raises(ModelFileError, match="isn't a model file"):
            load_face_model(path)

    def test_a_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ModelFileError, match="isn't a file"):
            load_face_model(tmp_path)

    def test_a_missing_file_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(ModelFileError, match=r"“none\.pth” doesn't exist"):
            load_face_model(tmp_path / "none.pth")
