"""Random changes of training faces."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from model.config import TrainConfig
from model.data.datasets import FaceSet
from model.training.batches import Augmentation, BatchSource

ROWS = np.array([3, 4, 9, 20, 21, 40], np.int64)
CPU, FAKE_GPU = torch.device("cpu"), torch.device("meta")


def test_images_come_in_the_order_asked_for(few_faces: FaceSet) -> None:
    source = BatchSource(few_faces.images, ROWS, CPU)

    images = source[torch.tensor([5, 0])]

    assert len(source) == 6
    assert images.dtype == torch.uint8
    assert np.array_equal(images.permute(0, 2, 3, 1), few_faces.images[[40, 3]])
    assert np.array_equal(source[1:3].permute(0, 2, 3, 1), few_faces.images[[4, 9]])


def test_blocks_are_all_images_in_order(few_faces: FaceSet) -> None:
    blocks = list(BatchSource(few_faces.images, ROWS, CPU).blocks(4))

    assert [len(block) for block in blocks] == [4, 2]
    assert np.array_equal(torch.cat(blocks).permute(0, 2, 3, 1), few_faces.images[ROWS])


def test_processes_get_as_many_blocks_each_and_every_image_once(few_faces: FaceSet) -> None:
    source = BatchSource(few_faces.images, ROWS, CPU)

    parts = [list(source.blocks(2, part, 2)) for part in range(2)]

    assert [[len(block) for block in blocks] for blocks in parts] == [[2, 2], [2, 0]]
    assert torch.equal(torch.cat([parts[0][0], parts[1][0], parts[0][1]]), source[:])


@pytest.mark.parametrize(("free_faces", "fits"), [(12, True), (11, False)])
def test_a_gpu_holds_what_fits_in_half_of_its_free_memory(
    free_faces: int, fits: bool, few_faces: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.training.batches.free_memory", lambda _: free_faces * 48 * 48 * 3)

    source = BatchSource(few_faces.images, ROWS, FAKE_GPU)

    assert source.index_device == (FAKE_GPU if fits else CPU)
    images = source[torch.tensor([5, 0]).to(source.index_device)]
    assert images.device == FAKE_GPU
    assert images.shape == (2, 3, 48, 48)


def draw(count: int = 64, seed: int = 0, **settings: object) -> Augmentation:
    config = TrainConfig(**{"flip": False, **settings})  # type: ignore[arg-type]
    return Augmentation.draw(config, count, torch.Generator().manual_seed(seed))


def faces(count: int = 64) -> torch.Tensor:
    pixels = torch.randint(0, 256, (count, 48, 48, 3), generator=torch.Generator().manual_seed(1))
    return pixels.byte().permute(0, 3, 1, 2)


def test_without_settings_the_faces_stay_as_they_are() -> None:
    images = faces()
    assert torch.equal(draw().applied(images), images.float() / 255)


def test_half_of_the_faces_are_mirrored() -> None:
    images = faces(400)
    changed = draw(400, flip=True).applied(images)
    plain = images.float() / 255
    mirrored = torch.tensor(
        [torch.equal(a, b.flip(2)) for a, b in zip(changed, plain, strict=True)]
    )
    same = torch.tensor([torch.equal(a, b) for a, b in zip(changed, plain, strict=True)])
    assert torch.equal(mirrored, ~same)
    assert 160 < int(mirrored.sum()) < 240


def test_faces_move_within_the_reach_and_repeat_their_border() -> None:
    images = faces()
    changes = draw(shift=2)
    changed = changes.applied(images)
    assert set(changes.moves.flatten().tolist()) == {-2, -1, 0, 1, 2}
    for face, (down, right), plain in zip(changed, changes.moves, images, strict=True):
        for row, column in ((0, 0), (20, 30), (47, 47), (0, 47)):
            source = plain[:, (row - down).clamp(0, 47), (column - right).clamp(0, 47)]
            assert torch.equal(face[:, row, column], source.float() / 255)


def test_colours_vary_by_the_share_at_most_and_stay_colours() -> None:
    images = torch.full((64, 3, 48, 48), 153, dtype=torch.uint8)  # 0.6
    changed = draw(color_jitter=0.1).applied(images)
    assert 0.6 - 0.06 - 1e-6 <= float(changed.min()) < 0.59
    assert 0.61 < float(changed.max()) <= 0.6 + 0.06 + 1e-6
    extreme = draw(color_jitter=0.5).applied(faces())
    assert float(extreme.min()) == 0.0
    assert float(extreme.max()) == 1.0


def test_a_part_of_the_faces_is_changed_as_in_the_whole() -> None:
    images = faces()
    changes = draw(flip=True, shift=3, color_jitter=0.2)
    part = slice(10, 30)
    assert torch.equal(changes.of(part).applied(images[part]), changes.applied(images)[part])


def test_the_result_is_in_the_layout_that_convolutions_are_fastest_in() -> None:
    changed = draw(shift=1).applied(faces())
    assert changed.is_contiguous(memory_format=torch.channels_last)
