from __future__ import annotations

import torch

from model.folded import FoldedDecoder
from model.network import ConvAutoencoder


def test_a_folded_decoder_decodes_as_the_network_does() -> None:
    torch.manual_seed(0)
    network = ConvAutoencoder(24)
    network(torch.rand(32, 3, 48, 48))  # gives the batch norms statistics of their own
    network.eval()
    latents = torch.randn(5, 24)
    with torch.inference_mode():
        expected = network.decode(latents)
    torch.testing.assert_close(FoldedDecoder(network)(latents), expected, atol=1e-5, rtol=1e-4)
