"""The convolutional autoencoder and its layer table."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.face_set import FACE_SIZE

CHANNELS = 3


class DownBlock(nn.Sequential):
    """3x3 convolution, batch norm, 2x2 max pooling, ELU: (N, C, H, W) -> (N, C', H/2, W/2)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, 3, padding=1),
            nn.BatchNorm2d(channels_out),
            nn.MaxPool2d(2),
            nn.ELU(inplace=True),
        )


class UpBlock(nn.Sequential):
    """Nearest upsampling x2, 3x3 transposed convolution, batch norm, ELU: doubles H and W."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            nn.Upsample(scale_factor=2, mode="nearest"),
            nn.ConvTranspose2d(channels_in, channels_out, 3, padding=1),
            nn.BatchNorm2d(channels_out),
            nn.ELU(inplace=True),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Apply the four layers; the first two as one transposed convolution.

        Nearest upsampling is itself a transposed convolution (2x2 ones, stride 2), so the pair
        equals one 4x4 kernel of stride 2: the sum of the 3x3 kernel at its four shifts. It saves
        the large intermediate image: 14 % more images/s in training, the same result to 5e-7.
        """
        bias = cast(nn.ConvTranspose2d, self[1]).bias
        kernel = self.merged_kernel()
        features = functional.conv_transpose2d(features, kernel, bias, stride=2, padding=1)
        return cast(Tensor, self[3](self[2](features)))

    def merged_kernel(self) -> Tensor:
        """Return the kernel (C, C', 4, 4) of upsampling and convolution together."""
        kernel = cast(nn.ConvTranspose2d, self[1]).weight
        return (
            functional.pad(kernel, (0, 1, 0, 1))
            + functional.pad(kernel, (1, 0, 0, 1))
            + functional.pad(kernel, (0, 1, 1, 0))
            + functional.pad(kernel, (1, 0, 1, 0))
        )


class ToVector(nn.Conv2d):
    """3x3 convolution of 3x3 images without padding: (N, C, 3, 3) -> (N, C', 1, 1).

    Kernel and image are of one size, so it is a matrix product. As a convolution its backward
    pass alone took 30 of the 350 ms of a training step with 64 images.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, 3)

    def forward(self, features: Tensor) -> Tensor:
        """Multiply; the order of the axes makes both views free in channels-last layout."""
        rows = features.permute(0, 2, 3, 1).flatten(1)
        kernel = self.weight.permute(0, 2, 3, 1).flatten(1)
        return functional.linear(rows, kernel, self.bias)[:, :, None, None]


class FromVector(nn.ConvTranspose2d):
    """3x3 transposed convolution of 1x1 images: (N, C, 1, 1) -> (N, C', 3, 3), as a product."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, 3)

    def forward(self, features: Tensor, output_size: Any = None) -> Tensor:  # noqa: ARG002
        """Multiply as ``ToVector`` does; the output is 3x3 for any ``output_size``."""
        kernel = self.weight.permute(0, 2, 3, 1).flatten(1)
        rows = functional.linear(features.flatten(1), kernel.T)
        images = rows.view(-1, 3, 3, self.out_channels).permute(0, 3, 1, 2)
        assert self.bias is not None
        return images + self.bias.to(images.dtype)[:, None, None]


class ConvAutoencoder(nn.Module):
    """Autoencoder of 48x48 RGB images with a latent vector of ``latent_dim`` numbers.

    Forty layers; 3,082,749 parameters at the default latent size of 500. The names in its state
    dictionary are those of the published network, so that its checkpoints load.

    Raises:
        ValueError: ``latent_dim`` is not positive or ``dropout`` is outside [0, 1).
    """

    def __init__(self, latent_dim: int = 500, *, dropout: float = 0.2) -> None:
        super().__init__()
        if latent_dim < 1:
            raise ValueError(f"latent_dim must be at least 1, not {latent_dim}")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, not {dropout}")
        self.latent_dim = latent_dim
        self.encoder = nn.Sequential(
            DownBlock(CHANNELS, 32),
            DownBlock(32, 64),
            nn.Dropout2d(dropout),
            DownBlock(64, 128),
            DownBlock(128, 256),
            ToVector(256, latent_dim),
            nn.ELU(inplace=True),
            nn.Flatten(),
        )
        self.decoder = nn.Sequential(
            nn.Unflatten(1, (latent_dim, 1, 1)),
            FromVector(latent_dim, 256),
            nn.ELU(inplace=True),
            UpBlock(256, 128),
            UpBlock(128, 64),
            nn.Dropout2d(dropout),
            UpBlock(64, 32),
            UpBlock(32, CHANNELS),
        )

    def encode(self, images: Tensor) -> Tensor:
        """Map images (N, 3, 48, 48) in [0, 1] to latents (N, latent_dim), each above -1."""
        return cast(Tensor, self.encoder(images))

    def decode(self, latents: Tensor) -> Tensor:
        """Map latents (N, latent_dim) to images (N, 3, 48, 48), about in [0, 1], not clipped."""
        return cast(Tensor, self.decoder(latents))

    def forward(self, images: Tensor) -> Tensor:
        """Reconstruct images (N, 3, 48, 48): ``decode(encode(images))``."""
        return self.decode(self.encode(images))

    def start_output_at(self, mean: Tensor, std: Tensor) -> None:
        """Let the untrained output have the data's own mean and spread, each (3,) per channel.

        By default the last batch norm starts at mean 0 and spread 1, and training spends its
        first epochs on moving it.
        """
        norm = cast(nn.BatchNorm2d, cast(UpBlock, self.decoder[-1])[2])
        with torch.no_grad():
            norm.bias.copy_(mean)
            norm.weight.copy_(std)


def on_device(network: ConvAutoencoder, device: torch.device | str) -> ConvAutoencoder:
    """Move a network to a device, weights channels-last: the layout convolutions are fastest in."""
    return network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


class LayerRow(NamedTuple):
    """One row of the layer table."""

    number: int
    layer: str
    output_shape: tuple[int, ...]
    parameters: int


def layer_table(network: ConvAutoencoder) -> list[LayerRow]:
    """List every layer in order with its output shape for one image and its parameter count."""
    leaves = [module for module in network.modules() if not list(module.children())]
    device = next(network.parameters()).device
    features = torch.zeros(1, CHANNELS, FACE_SIZE, FACE_SIZE, device=device)
    rows = []
    with torch.inference_mode():
        for number, layer in enumerate(leaves, start=1):
            # In training mode batch norm would change its statistics and dropout its input.
            training = layer.training
            features = layer.eval()(features)
            layer.train(training)
            count = sum(parameter.numel() for parameter in layer.parameters())
            rows.append(LayerRow(number, _describe(layer), tuple(features.shape[1:]), count))
    return rows


def _describe(layer: nn.Module) -> str:
    name = type(layer).__name__
    match layer:
        case ToVector():
            return "Conv2d 3x3, no padding"
        case FromVector():
            return "ConvTranspose2d 3x3, no padding"
        case nn.Conv2d() | nn.ConvTranspose2d():
            return f"{name} 3x3, padding 1"
        case nn.MaxPool2d():
            return f"{name} {layer.kernel_size}"
        case nn.Upsample():
            return f"{name} x2, nearest"
        case nn.Dropout2d():
            return f"{name} p={layer.p:g}"
        case _:
            return name
