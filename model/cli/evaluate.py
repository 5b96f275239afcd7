"""``evaluate``: the figures of a model on test faces, as one line of JSON."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from model.cli.parsing import Commands, ExitCode, add_faces, add_model, add_setting_flags, command
from model.cli.sources import open_faces, open_model
from model.cli.terminal import Console, progress_text
from model.config import TrainConfig

_SPLIT = ("test_percent", "seed")


def add_to(commands: Commands[Any]) -> None:
    """Declare the command."""
    epilog = "Not given, the share of test faces and the seed are those of the model's training."
    text = "measure a model on test faces, as one line of JSON"
    parser = command(commands, "evaluate", run, text, epilog)
    add_model(parser)
    add_faces(parser)
    text = "measure a principal component analysis of the same latent size and faces as well"
    parser.add_argument("--pca", action="store_true", help=text)
    add_setting_flags(parser, _SPLIT)


def run(arguments: Namespace) -> int:
    """Measure and print."""
    given = {name: value for name, value in vars(arguments).items() if name in _SPLIT}
    replace(TrainConfig(), **given)  # says what is wrong before anything is read
    from model.evaluation.evaluation import evaluate

    model = open_model(arguments.model)
    config = replace(model.config or TrainConfig(), **given)
    console = Console(sys.stderr)
    faces = open_faces(arguments.faces or "demo", console)
    assert faces is not None  # nothing here stops the preparation
    train, test = faces.split(config.test_percent, config.seed)
    size = model.network.latent_dim
    result = _last(evaluate(model, faces.images, test), console)
    line: dict[str, Any] = {"model": arguments.model, "data": faces.title}
    line |= {"test_percent": config.test_percent, "seed": config.seed, "latent_dim": size}
    line |= {"faces": result.faces, "mse": _rounded(result.mse)}
    line |= {"psnr": _rounded(result.psnr), "ssim": _rounded(result.ssim)}
    if arguments.pca:
        from model.evaluation.pca import pca_mse

        line["pca_mse"] = _rounded(_last(pca_mse(faces.images, train, test, size), console))
        line["pca_components"] = min(size, len(train) - 1)
    print(json.dumps(line))
    return ExitCode.DONE


def _rounded(value: float) -> float:
    """Keep the five digits that are worth comparing."""
    return float(f"{value:.5g}")


def _last(events: Iterable[Any], console: Console) -> Any:
    """Show the progress of a measurement and return its result."""
    event = None
    for event in events:
        if hasattr(event, "done"):
            console.status(progress_text(event.text, event.done, event.total))
    console.status("")
    return event
