from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from model.network import ConvAutoencoder, UpBlock, layer_table, on_device

REFERENCE = """
 1 | Conv2d 3x3, padding 1             | 32, 48, 48  | 896
 2 | BatchNorm2d                       | 32, 48, 48  | 64
 3 | MaxPool2d 2                       | 32, 24, 24  | 0
 4 | ELU                               | 32, 24, 24  | 0
 5 | Conv2d 3x3, padding 1             | 64, 24, 24  | 18496
 6 | BatchNorm2d                       | 64, 24, 24  | 128
 7 | MaxPool2d 2                       | 64, 12, 12  | 0
 8 | ELU                               | 64, 12, 12  | 0
 9 | Dropout2d p=0.2                   | 64, 12, 12  | 0
10 | Conv2d 3x3, padding 1             | 128, 12, 12 | 73856
11 | BatchNorm2d                       | 128, 12, 12 | 256
12 | MaxPool2d 2                       | 128, 6, 6   | 0
13 | ELU                               | 128, 6, 6   | 0
14 | Conv2d 3x3, padding 1             | 256, 6, 6   | 295168
15 | BatchNorm2d                       | 256, 6, 6   | 512
16 | MaxPool2d 2                       | 256, 3, 3   | 0
17 | ELU                               | 256, 3, 3   | 0
18 | Conv2d 3x3, no padding            | 500, 1, 1   | 1152500
19 | ELU                               | 500, 1, 1   | 0
20 | Flatten                           | 500         | 0
21 | Unflatten                         | 500, 1, 1   | 0
22 | ConvTranspose2d 3x3, no padding   | 256, 3, 3   | 1152256
23 | ELU                               | 256, 3, 3   | 0
24 | Upsample x2, nearest              | 256, 6, 6   | 0
25 | ConvTranspose2d 3x3, padding 1    | 128, 6, 6   | 295040
26 | BatchNorm2d                       | 128, 6, 6   | 256
27 | ELU                               | 128, 6, 6   | 0
28 | Upsample x2, nearest              | 128, 12, 12 | 0
29 | ConvTranspose2d 3x3, padding 1    | 64, 12, 12  | 73792
30 | BatchNorm2d                       | 64, 12, 12  | 128
31 | ELU                               | 64, 12, 12  | 0
32 | Dropout2d p=0.2                   | 64, 12, 12  | 0
33 | Upsample x2, nearest              | 64, 24, 24  | 0
34 | ConvTranspose2d 3x3, padding 1    | 32, 24, 24  | 18464
35 | BatchNorm2d                       | 32, 24, 24  | 64
36 | ELU                               | 32, 24, 24  | 0
37 | Upsample x2, nearest              | 32, 48, 48  | 0
38 | ConvTranspose2d 3x3, padding 1    | 3, 48, 48   | 867
39 | BatchNorm2d                       | 3, 48, 48   | 6
40 | ELU                               | 3, 48, 48   | 0
"""


def reference_rows() -> list[tuple[int, str, tuple[int, ...], int]]:
    rows = []
    for line in REFERENCE.strip().splitlines():
        number, layer, shape, count = (part.strip() for part in line.split("|"))
        rows.append((int(number), layer, tuple(map(int, shape.split(","))), int(count)))
    return rows


def reference_names() -> set[str]:
    """Names in the published checkpoint, from what is known of its nesting."""

    def of(module: str, *parts: str) -> set[str]:
        return {f"{module}.{part}" for part in parts}

    convolution = ("weight", "bias")
    norm = (*convolution, "running_mean", "running_var", "num_batches_tracked")
    names = of("encoder.5", *convolution) | of("decoder.1", *convolution)
    for block in (0, 1, 3, 4):
        names |= of(f"encoder.{block}.0", *convolution) | of(f"encoder.{block}.1", *norm)
    for block in (3, 4, 6, 7):
        names |= of(f"decoder.{block}.1", *convolution) | of(f"decoder.{block}.2", *norm)
    return names


def images(count: int = 3) -> Tensor:
    return torch.rand(count, 3, 48, 48, generator=torch.Generator().manual_seed(count))


def leaves(module: nn.Module) -> list[nn.Module]:
    return [layer for layer in module.modules() if not list(layer.children())]


def test_the_layers_are_those_of_the_reference() -> None:
    assert layer_table(ConvAutoencoder()) == reference_rows()


def test_the_reference_size_has_3_082_749_parameters_all_trainable() -> None:
    parameters = list(ConvAutoencoder().parameters())
    assert sum(parameter.numel() for parameter in parameters) == 3_082_749
    assert all(parameter.requires_grad for parameter in parameters)


def test_the_state_dictionary_has_the_names_of_the_published_checkpoint() -> None:
    state = ConvAutoencoder(16).state_dict()
    assert set(state) == reference_names()
    assert state["encoder.5.weight"].shape == (16, 256, 3, 3)
    assert state["decoder.1.weight"].shape == (16, 256, 3, 3)
    assert state["decoder.7.1.weight"].shape == (32, 3, 3, 3)


@pytest.mark.parametrize("latent_dim", [1, 2, 16, 512])
def test_other_latent_sizes(latent_dim: int) -> None:
    network = ConvAutoencoder(latent_dim).eval()
    latents = network.encode(images())

    assert network.latent_dim == latent_dim
    assert latents.shape == (3, latent_dim)
    assert network.decode(latents).shape == (3, 3, 48, 48)
    table = layer_table(network)
    assert len(table) == 40
    assert table[17].parameters == 256 * 9 * latent_dim + latent_dim
    assert table[19].output_shape == (latent_dim,)


@pytest.mark.parametrize("latent_dim", [0, -1])
def test_a_latent_size_below_one_is_refused(latent_dim: int) -> None:
    with pytest.raises(ValueError, match="latent_dim"):
        ConvAutoencoder(latent_dim)


@pytest.mark.parametrize("dropout", [-0.1, 1.0, float("nan")])
def test_an_unusable_dropout_is_refused(dropout: float) -> None:
    with pytest.raises(ValueError, match="dropout"):
        ConvAutoencoder(16, dropout=dropout)


def test_the_table_changes_nothing() -> None:
    network = ConvAutoencoder(16).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}

    layer_table(network)

    assert all(module.training for module in network.modules())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


@pytest.mark.parametrize("training", [True, False])
def test_merged_upsampling_equals_the_plain_layers(training: bool) -> None:
    torch.manual_seed(0)
    block = UpBlock(5, 4).double().train(training)
    norm = block[2]
    assert isinstance(norm, nn.BatchNorm2d)
    with torch.no_grad():
        for values in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
            assert values is not None
            values.uniform_(0.5, 1.5)
    plain = nn.Sequential(*UpBlock(5, 4)).double().train(training)
    plain.load_state_dict(block.state_dict())
    inputs = [torch.randn(2, 5, 6, 6, dtype=torch.float64) for _ in range(2)]
    inputs[1] = inputs[0].clone()

    outputs = [
        module(values.requires_grad_())
        for module, values in zip((block, plain), inputs, strict=True)
    ]
    weight = torch.randn_like(outputs[0])
    for output in outputs:
        (output * weight).sum().backward()

    torch.testing.assert_close(outputs[0], outputs[1])
    torch.testing.assert_close(inputs[0].grad, inputs[1].grad)
    for one, other in zip(block.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad)
    for name, values in block.named_buffers():
        torch.testing.assert_close(values, plain.get_buffer(name))


@pytest.mark.parametrize("training", [True, False])
def test_the_network_equals_its_forty_layers_run_one_by_one(training: bool) -> None:
    torch.manual_seed(0)
    network = ConvAutoencoder(16, dropout=0.0).train(training)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    merged = network(images())
    network.load_state_dict(state)

    plain = images()
    for layer in leaves(network):
        plain = layer(plain)

    torch.testing.assert_close(merged, plain, rtol=1e-4, atol=1e-5)


def test_channels_last_changes_the_layout_only() -> None:
    network = ConvAutoencoder(16).eval()
    before = network(images())
    network = on_device(network, "cpu")
    kernel = network.state_dict()["encoder.1.0.weight"]

    assert kernel.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(network(images()), before, rtol=1e-4, atol=1e-5)


def test_encoding_and_decoding_is_what_the_network_does() -> None:
    network = ConvAutoencoder(16).eval()
    latents = network.encode(images())

    assert torch.equal(network.decode(latents), network(images()))
    assert latents.min() > -1


def test_dropout_acts_in_training_only() -> None:
    network = ConvAutoencoder(16, dropout=0.5)
    assert not torch.equal(network.train()(images()), network(images()))
    assert torch.equal(network.eval()(images()), network(images()))


def test_the_untrained_output_starts_at_the_given_mean_and_spread() -> None:
    torch.manual_seed(0)
    network = ConvAutoencoder(16, dropout=0.0).train()
    mean, std = torch.tensor([0.6, 0.5, 0.7]), torch.tensor([0.1, 0.05, 0.15])

    network.start_output_at(mean, std)
    with torch.no_grad():
        output = network(images(16))

    torch.testing.assert_close(output.mean((0, 2, 3)), mean, rtol=0, atol=0.01)
    torch.testing.assert_close(output.std((0, 2, 3)), std, rtol=0.1, atol=0)
    assert all(parameter.requires_grad for parameter in network.parameters())
