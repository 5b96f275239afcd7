from __future__ import annotations

import pytest
import torch

from model.folded import FoldedDecoder
from model.network import ConvAutoencoder


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_a_folded_decoder_decodes_as_the_network_does(count: int) -> None:
    torch.manual_seed(0)
    network = ConvAutoencoder(24)
    network(torch.rand(32, 3, 48, 48))  # gives the batch norms statistics of their own
    network.eval()
    latents = torch.randn(count, 24)
    with torch.inference_mode():
        expected = network.decode(latents)
    torch.testing.assert_close(FoldedDecoder(network)(latents), expected, atol=1e-5, rtol=1e-4)
