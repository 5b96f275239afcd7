"""``reconstruct`` and ``morph``: apply a model to pictures."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.cli.parsing import CommandError, Commands, ExitCode, add_model, command
from model.cli.sources import open_model, open_pictures

if TYPE_CHECKING:
    from model.inference import Reconstruction

_FIGURES = (".pdf", ".png", ".svg")
_FILMS = (".gif", ".png")
_MAX_FRAMES = 1000


def add_to(commands: Commands[Any]) -> None:
    """Declare the two commands."""
    epilog = "The face found in each picture is taken, or else its middle square."
    parser = command(commands, "reconstruct", run, "encode and decode pictures", epilog)
    add_model(parser)
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="a picture of a face")
    text = "a figure with all of them (.png, .svg, .pdf), or a folder for single pictures"
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help=text)
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


def run(arguments: Namespace) -> int:
    """Write the figure or the pictures and print how close each is."""
    output: Path = arguments.output
    as_figure = bool(output.suffix) and not output.is_dir()
    if as_figure:
        _check_suffix(output, _FIGURES)
    else:
        _check_names(arguments.images)
    from model.inference import reconstruct

    result = reconstruct(open_model(arguments.model), open_pictures(arguments.images))
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

    from model.inference import decode, encode
    from model.morph.film import FilmSettings, write_film
    from model.morph.key_frames import linear, spherical, there_and_back

    model = open_model(arguments.model)
    start, end = encode(model, open_pictures([arguments.first, arguments.second]))
    share = np.linspace(0, 1, arguments.frames, dtype=np.float32)
    path = spherical if arguments.spherical else linear
    frames = decode(model, path(start, end, share))
    names = [Path(name).name for name in (arguments.model, arguments.first, arguments.second)]
    about = {"model": names[0], "faces": names[1:]}
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


def _check_suffix(output: Path, allowed: tuple[str, ...]) -> None:
    if output.suffix.lower() not in allowed:
        message = f"-o “{output.name}” must end in {' or '.join(allowed)}."
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
    from model.evaluation.metrics import quality

    for name, original, image in zip(images, result.originals, result.images, strict=True):
        found = quality(original, image)
        print(f"{name}: MSE {found.mse:.5f}  PSNR {found.psnr:.1f} dB  SSIM {found.ssim:.3f}")
