"""``evaluate``, ``reconstruct``, ``morph`` and ``export``: what a trained model is used for."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.cli.arguments import (
    CommandError,
    Commands,
    ExitCode,
    add_faces,
    add_model,
    add_setting_flags,
    command,
    open_faces,
    open_model,
    open_pictures,
)
from model.cli.terminal import Console, progress_text
from model.config import TrainConfig

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model.checkpoint import FaceModel
    from model.face_set import FaceSet
    from model.inference import Reconstruction

    Rows = NDArray[np.int64]


_SPLIT = ("test_percent", "seed")
_FIGURES = (".pdf", ".png", ".svg")
_FILMS = (".gif", ".png")
_MAX_FRAMES = 1000
_MAX_STEPS = 1000
_FORMATS = ("onnx", "torch-export")


def add_to(commands: Commands[Any]) -> None:
    """Declare the four commands."""
    _add_evaluate(commands)
    _add_pictures(commands)
    _add_export(commands)


def _add_evaluate(commands: Commands[Any]) -> None:
    epilog = "Not given, the share of test faces and the seed are those of the model's training."
    text = "measure a model on test faces, as one line of JSON"
    parser = command(commands, "evaluate", run_evaluate, text, epilog)
    add_model(parser)
    add_faces(parser)
    text = "measure a principal component analysis of the same latent size and faces as well"
    parser.add_argument("--pca", action="store_true", help=text)
    _add_refine(parser, "measure as well how well the faces are met after N steps of refinement")
    for name in ("best", "worst"):
        text = f"name as well the N test faces that are reconstructed {name}"
        parser.add_argument(f"--{name}", metavar="N", type=int, default=0, help=text)
    text = "the histogram of the test faces' MSE: .png, .svg or .pdf"
    parser.add_argument("--histogram", type=Path, metavar="FILE", help=text)
    text = "a table of the test faces with the MSE of each"
    parser.add_argument("--csv", type=Path, metavar="FILE", help=text)
    add_setting_flags(parser, _SPLIT)


def _add_refine(parser: ArgumentParser, help: str) -> None:
    parser.add_argument("--refine", metavar="N", type=int, default=0, help=help)


def _check_refine(steps: int) -> None:
    if not 0 <= steps <= _MAX_STEPS:
        message = f"--refine must be between 0 and {_MAX_STEPS}, not {steps}."
        raise CommandError(ExitCode.USAGE, message)


def run_evaluate(arguments: Namespace) -> int:
    """Measure and print."""
    given = {name: value for name, value in vars(arguments).items() if name in _SPLIT}
    replace(TrainConfig(), **given)  # says what is wrong before anything is read
    _check_refine(arguments.refine)
    _check_errors(arguments)
    from model.evaluation import evaluate

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
    if arguments.best or arguments.worst or arguments.csv or arguments.histogram:
        line |= _errors(arguments, model, faces, test, console)
    if arguments.refine:
        from model.latents.refinement import refined_errors

        start = time.perf_counter()
        errors = _last(refined_errors(model, faces.images, test, arguments.refine), console)
        line["refined_mse"] = _rounded(errors[-1].mean(dtype=float))
        milliseconds = (time.perf_counter() - start) * 1000
        line["refine_ms_per_face"] = float(f"{milliseconds / len(test):.3g}")
    if arguments.pca:
        from model.evaluation import pca_mse

        line["pca_mse"] = _rounded(_last(pca_mse(faces.images, train, test, size), console))
        line["pca_components"] = min(size, len(train) - 1)
    print(json.dumps(line))
    return ExitCode.DONE


def _check_errors(arguments: Namespace) -> None:
    for flag, count in (("--best", arguments.best), ("--worst", arguments.worst)):
        if count < 0:
            raise CommandError(ExitCode.USAGE, f"{flag} must be at least 0, not {count}.")
    if arguments.histogram is not None:
        _check_suffix(arguments.histogram, _FIGURES, "--histogram")


def _errors(
    arguments: Namespace, model: FaceModel, faces: FaceSet, rows: Rows, console: Console
) -> dict[str, Any]:
    """Measure each test face, write what is asked for, and return the best and the worst."""
    import numpy as np

    from model.evaluation import face_errors, write_errors

    found = np.empty(0, np.float32)
    for step in face_errors(model, faces.images, rows):
        found = step.mse
        console.status(progress_text("Measuring each face", len(found), step.total))
    console.status("")
    if arguments.csv is not None:
        write_errors(arguments.csv, faces, rows, [("mse", found)])
    if arguments.histogram is not None:
        from model.plots.figures import errors_figure

        errors_figure([(Path(arguments.model).name, found)], arguments.histogram)
    order = np.argsort(found, kind="stable")
    ends = {"best": order[: arguments.best], "worst": order[::-1][: arguments.worst]}
    return {
        name: [
            {"row": int(rows[at]), "name": faces.names[rows[at]], "mse": _rounded(found[at])}
            for at in places
        ]
        for name, places in ends.items()
        if len(places)
    }


def _rounded(value: float) -> float:
    """Round to five significant digits, which is what results are compared in."""
    return float(f"{value:.5g}")


def _last(events: Iterable[Any], console: Console) -> Any:
    """Show the progress of a measurement and return its result."""
    event = None
    for event in events:
        if hasattr(event, "done"):
            console.status(progress_text(event.text, event.done, event.total))
    console.status("")
    return event


def _add_pictures(commands: Commands[Any]) -> None:
    epilog = "The face found in each picture is taken, or else its middle square."
    parser = command(commands, "reconstruct", run_reconstruct, "encode and decode pictures", epilog)
    add_model(parser)
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="a picture of a face")
    text = "a figure with all of them (.png, .svg, .pdf), or a folder for single pictures"
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help=text)
    _add_refine(parser, "fit each face's latent to its picture in N steps")
    _add_morph(commands, epilog)


def _add_morph(commands: Commands[Any], epilog: str) -> None:
    parser = command(commands, "morph", run_morph, "turn one face into another", epilog)
    add_model(parser)
    parser.add_argument("first", metavar="A", help="the picture to start from")
    parser.add_argument("second", metavar="B", help="the picture to end at")
    text = "a film there and back (.gif) or the frames side by side (.png)"
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help=text)
    parser.add_argument(
        "--frames", type=int, default=24, help=f"faces on the way, 2 to {_MAX_FRAMES} (default: 24)"
    )
    parser.add_argument(
        "--seconds", type=float, default=2.0, help="from A to B, in a film (default: 2)"
    )
    text = "go along the arc around the origin instead of the straight line"
    parser.add_argument("--spherical", action="store_true", help=text)
    text = "have the picture change by the same amount from face to face"
    parser.add_argument("--even-pace", action="store_true", help=text)


def run_reconstruct(arguments: Namespace) -> int:
    """Write the figure or the pictures and print how close each is."""
    output: Path = arguments.output
    as_figure = bool(output.suffix) and not output.is_dir()
    if as_figure:
        _check_suffix(output, _FIGURES)
    else:
        _check_names(arguments.images)
    _check_refine(arguments.refine)
    from model.inference import reconstruct

    model = open_model(arguments.model)
    result = reconstruct(model, open_pictures(arguments.images))
    if arguments.refine:
        from model.latents.refinement import refine

        *_, last = refine(model, result.originals, result.latents, arguments.refine)
        result = replace(result, latents=last.latents, images=last.images)
    if as_figure:
        from model.plots.figures import rows_figure

        rows_figure(result.originals, result.images, output)
    else:
        _write_pictures(result, arguments.images, output)
    _print_quality(result, arguments.images)
    return ExitCode.DONE


def run_morph(arguments: Namespace) -> int:
    """Write the film or the strip."""
    output: Path = arguments.output
    _check_suffix(output, _FILMS)
    if not 2 <= arguments.frames <= _MAX_FRAMES:
        message = f"--frames must be between 2 and {_MAX_FRAMES}, not {arguments.frames}."
        raise CommandError(ExitCode.USAGE, message)
    if not 0 < arguments.seconds <= 3600:
        message = f"--seconds must be above 0 and at most 3600, not {arguments.seconds:g}."
        raise CommandError(ExitCode.USAGE, message)
    import numpy as np

    from model.inference import decode, encode, even_pace
    from model.morph.film import FilmSettings, write_film
    from model.morph.key_frames import KeyFrame, there_and_back
    from model.morph.key_frames import Path as MorphPath

    model = open_model(arguments.model)
    start, end = encode(model, open_pictures([arguments.first, arguments.second]))
    path = MorphPath((KeyFrame(start, spherical=arguments.spherical), KeyFrame(end)))
    share = np.linspace(0, 1, arguments.frames)
    if arguments.even_pace:
        frames = decode(model, even_pace(model, path).at(share))
    else:
        frames = decode(model, path.along(share))
    names = [Path(name).name for name in (arguments.model, arguments.first, arguments.second)]
    about = {"model": names[0], "faces": names[1:], "even pace": arguments.even_pace}
    rate = arguments.frames / arguments.seconds
    if output.suffix.lower() == ".gif":
        frames_shown = there_and_back(frames)
        settings = FilmSettings("GIF", frames_per_second=rate, about=about)
    else:
        frames_shown, settings = frames, FilmSettings("PNG strip", about=about)
    for _ in write_film(frames_shown, output, settings):
        pass
    print(f"“{output}” has {len(frames)} faces.")
    return ExitCode.DONE


def _check_suffix(output: Path, allowed: tuple[str, ...], flag: str = "-o") -> None:
    if output.suffix.lower() not in allowed:
        message = f"{flag} “{output.name}” must end in {' or '.join(allowed)}."
        raise CommandError(ExitCode.USAGE, message)


def _check_names(images: list[str]) -> None:
    """Refuse pictures of the same name: one would overwrite the other's reconstruction."""
    stems = [Path(image).stem for image in images]
    if twice := next((stem for stem in stems if stems.count(stem) > 1), None):
        message = f"Two pictures are named “{twice}”; write a figure or one folder for each."
        raise CommandError(ExitCode.USAGE, message)


def _write_pictures(result: Reconstruction, images: list[str], folder: Path) -> None:
    from PIL import Image

    from model.io.files import replacing

    folder.mkdir(parents=True, exist_ok=True)
    for name, pixels in zip(images, result.images, strict=True):
        with replacing(folder / f"{Path(name).stem}.png") as draft:
            Image.fromarray(pixels).save(draft, format="PNG")


def _print_quality(result: Reconstruction, images: list[str]) -> None:
    from model.evaluation import quality

    for name, original, image in zip(images, result.originals, result.images, strict=True):
        found = quality(original, image)
        print(f"{name}: MSE {found.mse:.5f}  PSNR {found.psnr:.1f} dB  SSIM {found.ssim:.3f}")


def _add_export(commands: Commands[Any]) -> None:
    parser = command(commands, "export", run_export, "write encoder and decoder for other programs")
    add_model(parser)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where the two files go")
    text = "onnx needs the extra packages of “.[onnx]” (default: onnx)"
    parser.add_argument("--format", choices=_FORMATS, default="onnx", help=text)


def run_export(arguments: Namespace) -> int:
    """Write both files and print how far each is from the network."""
    from model.export import ExportError, export

    model = open_model(arguments.model)
    try:
        for item in export(model, arguments.folder, arguments.format):
            print(
                f"{item.path}: {item.input} to {item.output}, "
                f"at most {item.difference:.1e} from the network"
            )
    except ExportError as error:
        raise CommandError(ExitCode.USAGE, str(error)) from error
    return ExitCode.DONE
