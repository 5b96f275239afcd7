"""What is installed here, and where: for a person who reports that something is wrong."""

from __future__ import annotations

import platform

import torch

from model import __version__
from model.device import device_name, pick_device, processor_name, use_threads
from model.io.places import cache_folder, data_folder, log_folder, shipped


def about() -> dict[str, str]:
    """Return versions, device and folders by their names."""
    use_threads(None)
    instructions = torch.backends.cpu.get_cpu_capability()
    return {
        "CAE Studio": __version__,
        "Python": platform.python_version(),
        "PyTorch": torch.__version__,
        "System": platform.platform(),
        "Device": device_name(pick_device()),
        "Processor": f"{processor_name()}, {instructions}",
        "Runs and photos": str(data_folder()),
        "Prepared faces": str(cache_folder()),
        "Log files": str(log_folder()),
        "Program": str(shipped("").parent),
    }
