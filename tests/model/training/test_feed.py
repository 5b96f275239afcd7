from __future__ import annotations

import numpy as np
import pytest
import torch

from model.data.datasets import FaceSet
from model.training.feed import BatchSource

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
    monkeypatch.setattr("model.training.feed.free_memory", lambda _: free_faces * 48 * 48 * 3)

    source = BatchSource(few_faces.images, ROWS, FAKE_GPU)

    assert source.index_device == (FAKE_GPU if fits else CPU)
    images = source[torch.tensor([5, 0]).to(source.index_device)]
    assert images.device == FAKE_GPU
    assert images.shape == (2, 3, 48, 48)
