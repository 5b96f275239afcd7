from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from model.checkpoint import pretrained_model
from model.data.datasets import load_faces
from model.inference import decode_exactly, encode
from model.morph.key_frames import KeyFrame, Path
from model.morph.pace import EvenPace, even_times, measure_pace, picture_steps
from model.progress import WorkProgress

Floats = NDArray[np.float32]
CHANGES: dict[str, Callable[[Floats], Floats]] = {
    "slow start": lambda place: place**3,
    "slow in the middle": lambda place: (place - 0.5) ** 3,
    "sudden": lambda place: np.tanh(20 * (place - 0.7)),
    "steady": lambda place: place,
}
"""How far a picture has changed where its latent is 0 to 1."""


def shaded(change: Callable[[Floats], Floats], latents: Floats) -> Floats:
    """Decode latents (T, 1) into pictures (T, 4, 4, 3) of one gray."""
    return np.repeat(change(latents)[:, :, None, None], 48, axis=1).reshape(-1, 4, 4, 3)


def line(places: NDArray[np.float64]) -> Floats:
    return np.asarray(places[:, None], np.float32)


def bent(latents: Floats) -> Floats:
    """Decode latents (T, 1) into pictures on a quarter of a circle, faster and faster."""
    angle = np.pi / 2 * latents**2
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def measured(path: Path, decode: Callable[[Floats], Floats]) -> EvenPace:
    *_, pace = measure_pace(path.along, decode, segments=path.segments)
    assert isinstance(pace, EvenPace)
    return pace


@pytest.mark.parametrize("change", CHANGES)
def test_the_pictures_change_by_the_same_amount(change: str) -> None:
    decode = partial(shaded, CHANGES[change])
    uneven = picture_steps(decode(line(np.linspace(0, 1, 50))))
    times = even_times(line, decode, 50)
    steps = picture_steps(decode(line(times)))
    assert times.shape == (50,)
    assert (times[0], times[-1]) == (0, 1)
    assert (np.diff(times) > 0).all()
    assert steps.max() / steps.min() < 1.05
    assert uneven.max() > 4 * uneven.min() or change == "steady"


def test_a_way_of_pictures_that_bends() -> None:
    steps = picture_steps(bent(line(even_times(line, bent, 40))))
    assert steps.max() / steps.min() < 1.05


@pytest.mark.parametrize("loop", [False, True])
def test_through_several_key_frames_at_the_pace_of_the_whole(loop: bool) -> None:
    """The second segment changes three times as much, so it takes three times as long."""
    frames = [KeyFrame(np.array([value], np.float32), seconds=2.0) for value in (0, 1, 4)]
    path = Path(tuple(frames), loop)
    paced = replace(path, pace=measured(path, partial(shaded, lambda latents: latents)))
    assert paced.seconds == pytest.approx(path.seconds)
    shares = np.array([1, 4, 8] if loop else [1, 4]) / (8 if loop else 4)
    np.testing.assert_allclose(paced.ends, shares * path.seconds, rtol=0.01)
    np.testing.assert_allclose(paced.at(paced.ends[:2])[:, 0], [1, 4], atol=1e-4)
    steps = np.abs(np.diff(paced.at(np.linspace(0, path.seconds, 33))[:, 0]))
    assert steps.max() / steps.min() < 1.05
    still = picture_steps(path.film(10))
    assert still.max() / still.min() > 10  # the eases stand still at each key frame


def test_back_it_goes_as_evenly() -> None:
    frames = tuple(KeyFrame(np.array([value], np.float32)) for value in (0, 1))
    path = Path(frames, back=True)
    paced = replace(path, pace=measured(path, partial(shaded, CHANGES["slow start"])))
    film = paced.film(20)
    np.testing.assert_allclose(film[1:20], film[:20:-1], atol=1e-5)
    steps = picture_steps(shaded(CHANGES["slow start"], film))
    assert steps.max() / steps.min() < 1.05


def test_pictures_that_stay_the_same_are_walked_steadily() -> None:
    times = even_times(line, partial(shaded, np.zeros_like), 5)
    np.testing.assert_allclose(times, [0, 0.25, 0.5, 0.75, 1])


def test_a_part_without_change_takes_hardly_any_time() -> None:
    frames = tuple(KeyFrame(np.array([value], np.float32)) for value in (0, 0, 1))
    pace = measured(Path(frames), partial(shaded, lambda latents: latents))
    assert 0 < pace.shares_at(np.array([1.0]))[0] < 0.01


def test_it_tells_how_far_it_is_and_decodes_a_few_at_a_time() -> None:
    asked: list[int] = []

    def decode(latents: Floats) -> Floats:
        asked.append(len(latents))
        return shaded(CHANGES["sudden"], latents)

    *progress, pace = measure_pace(line, decode)
    assert all(isinstance(event, WorkProgress) for event in progress)
    assert isinstance(pace, EvenPace)
    assert len(progress) == len(asked)
    assert max(asked) <= 16
    assert 65 < sum(asked) == len(pace.places) <= 4 * 65  # more where it is sudden


def test_a_pace_of_another_path_is_refused() -> None:
    frames = tuple(KeyFrame(np.array([value], np.float32)) for value in (0, 1, 4))
    pace = measured(Path(frames[:2]), partial(shaded, lambda latents: latents))
    with pytest.raises(ValueError, match="another path"):
        Path(frames, pace=pace)
    with pytest.raises(ValueError, match="increase"):
        EvenPace(np.array([0.0, 1, 1]), np.array([0.0, 0.5, 1]))


def test_moved_to_another_face_the_pace_is_to_be_measured_again() -> None:
    frames = tuple(KeyFrame(np.array([value], np.float32)) for value in (0, 1))
    path = Path(frames)
    paced = replace(path, pace=measured(path, partial(shaded, CHANGES["slow start"])))
    assert paced.moved_to(np.array([3], np.float32)).pace is None


def test_on_the_shipped_model() -> None:
    """Eased steps differ thirtyfold, those evenly spaced in the latent space by a sixth or more."""
    model, faces = pretrained_model(), load_faces("demo")
    first, second = encode(model, faces.images[[6, 41]])
    decode = partial(decode_exactly, model)
    path = Path((KeyFrame(first, spherical=True, seconds=2.0), KeyFrame(second)))
    steps = picture_steps(decode(path.film(25)))
    plain = picture_steps(decode(path.along(np.linspace(0, 1, 51))))
    even = picture_steps(decode(replace(path, pace=measured(path, decode)).film(25)))
    assert steps.max() / steps.min() > 20
    assert even.max() / even.min() < 1.02 < plain.max() / plain.min()
